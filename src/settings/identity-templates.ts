/** The settings that say where the email and the user ID of a contact are found. */
import type { Field } from './field'
import { isJson, parseList } from './lists'
import { alternativesIn, MORE_THAN_A_NAME, parsePlainTemplate } from './plain-template'
import { parseTemplate } from './template'
import type { Template } from './template'

/** Reads where the email is looked for. Rejects an entry that never gives an email, or gives many people the same one. */
export function parseEmail(field: Field): Template[] {
  const remedy = 'write a placeholder like {person.properties.email}'
  const alternatives = isJson(field.text) ? undefined : alternativesIn(field.text)
  if (alternatives !== undefined) {
    const list = alternatives.join(', ') || 'names between commas, like {person.properties.email}, {event.distinct_id}'
    field.reject(field.text, `${MORE_THAN_A_NAME}: write ${list}`)
    return []
  }
  const entries = parseList(field, '["{person.properties.email}"]')
  if (entries?.length === 0) field.reject(field.text, `does not say where the email is: ${remedy}`)
  return (entries ?? []).map((entry) => {
    const template = parseEntry(field, entry)
    if (template === undefined) return []
    const shared = problemOfContact(template)
    if (shared !== undefined) field.reject(entry, `${shared}: ${remedy}`)
    else if (neverGivesAddress(template)) {
      field.reject(
        entry,
        'has a space or a character that no email has: write one placeholder, or several between commas',
      )
    }
    return template
  })
}

/** Reads the user ID; an empty template if none is sent. */
export function parseUserId(field: Field): Template {
  const remedy = 'write {event.distinct_id}, or leave it empty to send no user ID'
  const alternatives = isJson(field.text) ? undefined : alternativesIn(field.text)
  if (alternatives !== undefined) {
    const problem = alternatives.length > 1 ? SEVERAL_IDS : MORE_THAN_A_NAME
    field.reject(field.text, `${problem}: ${alternatives.length > 0 ? `write ${alternatives.join(' or ')}` : remedy}`)
    return []
  }
  const [entry, ...others] = parseList(field, '["{event.distinct_id}"]') ?? []
  if (entry === undefined) return []
  const template = parseEntry(field, entry)
  const isPlain = !isJson(field.text)
  if (others.length > 0 || (isPlain && /\}\s+\{/.test(entry))) {
    field.reject(field.text, `${SEVERAL_IDS}: ${remedy}`)
  } else if (isPlain && AROUND_ID.test(entry)) {
    field.reject(entry, `has text around the placeholder: ${remedy}`)
  } else if (template !== undefined) {
    const problem = problemOfContact(template)
    if (problem !== undefined) field.reject(entry, `${problem}: ${remedy}`)
  }
  return template ?? []
}

const SEVERAL_IDS = 'gives several user IDs, but a contact has one'

/** Text around a placeholder that is a sentence, a YAML or a query, not a part of an ID. */
export const AROUND_ID = /^[\w ]+(?::\s|=)|\}[.?!]$|^\(.*\)$|^\/.*\/$/

/** The template of a list's entry. */
function parseEntry(field: Field, entry: string): Template | undefined {
  return isJson(field.text) ? parseTemplate(field, entry) : parsePlainTemplate(field, entry)
}

/** Why the template does not give each person one contact; `undefined` if it does. */
export function problemOfContact(template: Template): string | undefined {
  const eventFields = template.map((part) => typeof part === 'object' && part.of === 'event' && part.field)
  const isOfPerson = template.some((part) => typeof part === 'object' && part.of !== 'event')
  const differsByPerson = isOfPerson || eventFields.includes('distinct_id')
  if (
    eventFields.includes('uuid') ||
    eventFields.includes('timestamp') ||
    (differsByPerson && eventFields.includes('event'))
  ) {
    return 'would give one person several contacts'
  }
  return differsByPerson ? undefined : 'would give everybody the same contact'
}

/** True if the template cannot give an email, whatever the values of its placeholders. */
export function neverGivesAddress(template: Template): boolean {
  const written = template.map((part) => (typeof part === 'string' ? part : '{}')).join('')
  const placeholders = template.filter((part) => typeof part === 'object').length
  return NOT_IN_ADDRESS.test(written) || (placeholders > 1 && !written.includes('@'))
}

/** Characters that no email has, a second `@`, `@` or a dot at an end, and the name of a field before a placeholder. */
const NOT_IN_ADDRESS = /[\s\p{Cc}"(),:;<>[\\\]]|@.*@|^[@.]|[@.]$|^\w+=\{\}/u
