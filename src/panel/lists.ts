/**
 * Lists and mappings as people write them in a setting: entries between commas, or JSON for names that contain commas or
 * colons. Every function rejects the setting if it cannot read it, shows the `example`, and returns the entries that it could read.
 */
import type { Field } from './field'
import { isRecord } from '../json'

/** The entries of a list, without empty ones and without blanks around them; JSON entries keep their blanks. */
export function parseList(field: Field, example: string): string[] {
  if (!isJson(field.text)) return splitList(field.text)
  const list = parseJson(field, example)
  if (list === undefined) return []
  if (Array.isArray(list) && list.every((entry): entry is string => typeof entry === 'string')) {
    return list.filter((entry) => entry !== '')
  }
  field.reject(field.text, `is not a JSON list of texts: write it like ${example}`)
  return []
}

/** The `name: value` entries of a mapping. The values are texts, or any JSON values if the setting is a JSON object. */
export function parseEntries(field: Field, example: string): [string, unknown][] {
  if (isJson(field.text)) {
    const json = parseJson(field, example)
    if (isRecord(json)) return Object.entries(json)
    if (json !== undefined) field.reject(field.text, `is not a JSON object: write it like ${example}`)
    return []
  }
  if (field.text.startsWith('{')) {
    field.reject(field.text, `is not valid JSON, which needs double quotes around names: write it like ${example}`)
    return []
  }
  const entries: [string, string][] = []
  for (const entry of splitList(field.text)) {
    const colon = entry.indexOf(':')
    const name = entry.slice(0, Math.max(colon, 0)).trim()
    if (name === '') {
      field.reject(
        entry,
        `is not "name: value": if a name or a text contains a comma or a colon, write JSON like ${example}`,
      )
    } else if (entries.some(([other]) => other === name)) {
      field.reject(entry, `gives "${name}" twice: keep one of the two`)
    } else {
      entries.push([name, entry.slice(colon + 1).trim()])
    }
  }
  return entries
}

/** The setting as JSON; `undefined` if it is not valid JSON. */
export function parseJson(field: Field, example: string): unknown {
  try {
    return JSON.parse(field.text)
  } catch {
    field.reject(field.text, `is not valid JSON: write it like ${example}`)
    return undefined
  }
}

/** True if the setting is meant as JSON: it starts with `[`, or with `{` followed by a quote or `}`. */
function isJson(text: string): boolean {
  return /^(\[|\{\s*["}])/.test(text)
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}
