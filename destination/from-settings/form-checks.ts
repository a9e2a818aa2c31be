/**
 * Finds the problems of the destination's form: what the app's form rejects is rejected here at the same field with the same
 * remedy, before PostHog saves it. PostHog itself checks only the types and the braces.
 */
import { onOneLine, quoted, withoutKey, withoutLikelyKeys } from '../../src/redact'
import { isRecord } from '../../src/json'
import { contactNameProblem, nameProblem } from '../../src/loops/property-names'
import { commonMistakeIn } from '../../src/settings/common-mistakes'
import { parseEventNames } from '../../src/settings/event-names'
import { problemOfPastedKey, settingFields } from '../../src/settings/field'
import { trueOrFalse } from '../../src/settings/mapping'
import { parseFilters } from '../../src/settings/filters'
import { readSettings } from '../../src/settings/settings'
import { nearestName } from '../../src/settings/similar-name'
import { builtDestination } from './body'
import type { ParseText } from './hog-text'
import type { DestinationSettings, FormProblem, InputSchema, MappingSettings } from './types'
import { checkEmail, checkUserId, checkValue, isInQuotes, isOnePlaceholder } from './value-checks'
import type { Reject } from './value-checks'

/** What every check of a form needs. */
interface Context {
  readonly parse: ParseText
  /** The key of Loops, which belongs in its own field only. */
  readonly apiKey: string
  /** Adds a problem of the field with the key. */
  readonly add: (key: string, sentence: string) => void
}

/**
 * Checks a form.
 *
 * @param parse PostHog's parser of texts.
 * @param apiKey the key of Loops, if it is not in the form; no problem shows it.
 */
export function problemsOfForm(form: DestinationSettings, parse: ParseText, apiKey = keyIn(form)): FormProblem[] {
  const problems: FormProblem[] = []
  const add = (key: string, sentence: string): void => {
    problems.push({ key, sentence: onOneLine(withoutLikelyKeys(withoutKey(sentence, apiKey))) })
  }
  const context = { parse, apiKey, add }
  checkTop(form.inputs, context)
  for (const [index, mapping] of form.mappings.entries()) {
    const prefixed = (key: string, sentence: string): void => {
      add(`${index}.${key}`, sentence)
    }
    checkMapping(mapping, { ...context, add: prefixed })
  }
  return problems
}

/** A problem as a line of its own, with the label of its field. */
export function lineOf({ key, sentence }: FormProblem, { mappings }: DestinationSettings): string {
  if (key === null) return sentence
  const [, index = '', field = ''] = /^(?:(\d+)\.)?(.*)$/s.exec(key) ?? []
  const label = labelOf(field)
  const mapping = index === '' ? undefined : mappings[Number(index)]
  return mapping === undefined ? `${label}: ${sentence}` : `${mapping.name}, ${label}: ${sentence}`
}

/** The label of an input. */
export function labelOf(key: string): string {
  return fieldOf(key)?.label ?? key
}

function keyIn({ inputs }: DestinationSettings): string {
  return typeof inputs.apiKey === 'string' ? inputs.apiKey : ''
}

const FIELDS: readonly InputSchema[] = [builtDestination, ...builtDestination.mappings].flatMap(
  ({ inputs_schema: schema }) => schema,
)

function fieldOf(key: string): InputSchema | undefined {
  if (key === 'events') return { key, type: 'events', label: 'Events' }
  if (key === 'filters') return { key, type: 'filters', label: 'Property filters' }
  return FIELDS.find((field) => field.key === key)
}

type Values = Readonly<Record<string, unknown>>

function checkTop(inputs: Values, context: Context): void {
  const right = checkedTypes(inputs, context)
  const { parse } = context
  for (const key of ['apiKey', 'excludedEmails', 'maxEventAge'] as const) checkAsApp(key, inputs[key], context)
  const [email, userId] = [right('email'), right('userId')]
  if (isEmpty(inputs.email) && isEmpty(inputs.userId)) {
    rejecting('email', context)(
      '',
      'does not say where the email is: write a placeholder like {person.properties.email}',
    )
  }
  if (typeof email === 'string' && email.trim() !== '') checkEmail(email.trim(), parse, rejecting('email', context))
  if (typeof userId === 'string' && userId.trim() !== '')
    checkUserId(userId.trim(), parse, rejecting('userId', context))
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

/** The settings that mean the same in both editions: the app's sentence without its label. */
function checkAsApp(key: 'apiKey' | 'excludedEmails' | 'maxEventAge', value: unknown, { add }: Context): void {
  const isHog = key !== 'apiKey' && typeof value === 'string' && /^\{\s*(\[|\d)/.test(value)
  if (isEmpty(value) || isHog) return
  const label = `${settingFields[key].label}: `
  const { problems = [] } = readSettings({ apiKey: 'the-key-of-the-destination', [key]: value })
  for (const line of problems) if (line.startsWith(label)) add(key, line.slice(label.length))
}

/** Checks the type of each value, and that no value contains the key. @returns a function that gives each valid value by its key. */
function checkedTypes(inputs: Values, context: Context): (key: string) => unknown {
  const wrong = new Set<string>()
  for (const [key, value] of Object.entries(inputs)) {
    const type = fieldOf(key)?.type ?? ''
    const [isRight, problem] = TYPES[type] ?? [() => true, '']
    if (key !== 'apiKey' && holdsPastedKey(key, value, context)) wrong.add(key)
    else if (!isEmpty(value) && !isRight(value)) {
      rejecting(key, context)(value, problem)
      wrong.add(key)
    }
  }
  return (key) => (wrong.has(key) ? undefined : inputs[key])
}

/** For each type of field: a check of a value, and the problem of a value of another type. */
const TYPES: Readonly<Record<string, readonly [(value: unknown) => boolean, problem: string]>> = {
  string: [(value) => typeof value === 'string', 'must be text'],
  boolean: [(value) => typeof value === 'boolean', 'must be true or false'],
  dictionary: [isRecord, 'must be a dictionary like {"plan": "{person.properties.plan}"}'],
  choice: [(value) => ['contact', 'event', 'both'].includes(String(value)), 'must be "contact", "event" or "both"'],
}

/** True, with a problem of the field, if its value has a key of Loops or PostHog somewhere. */
function holdsPastedKey(key: string, value: unknown, { apiKey, add }: Context): boolean {
  const problem = textsIn(value).flatMap((text) => problemOfPastedKey(text, apiKey) ?? [])[0]
  if (problem !== undefined) add(key, problem)
  return problem !== undefined
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return isRecord(value) ? [...Object.keys(value), ...Object.values(value).flatMap(textsIn)] : []
}

function checkMapping({ events, filters, inputs }: MappingSettings, context: Context): void {
  if (!holdsPastedKey('events', events, context)) checkEvents(events, context)
  if (!holdsPastedKey('filters', filters, context)) checkFilters(filters, context)
  const right = checkedTypes(inputs, context)
  for (const key of ['eventProperties', 'contactProperties'] as const) checkRows(key, right(key), context)
  checkLists(right('mailingLists'), context)
  for (const [name, loopsName] of rowsOf(right('eventNames'))) {
    const reject = rejecting('eventNames', context)
    if (isEmpty(loopsName)) reject(name, 'needs the event name for Loops as text: write it, or remove the row')
    else if (typeof loopsName === 'string') checkValue(loopsName, context.parse, reject)
  }
}

function checkFilters(filters: MappingSettings['filters'], context: Context): void {
  // PostHog has types of filters that the app does not know. The app rejects a misspelled one.
  const isKnown = ({ type }: { type?: unknown }): boolean =>
    nearestName(typeof type === 'string' ? type : 'event', ['event', 'person']) !== undefined
  const known = filters.filter(isKnown)
  const isOperand = ({ operator }: { operator: string }): boolean => !LATER_OPERATORS.test(operator)
  parseFilters({ text: JSON.stringify(known.filter(isOperand)), reject: rejecting('filters', context) })
}

/** Operators of PostHog that the app does not have. */
const LATER_OPERATORS =
  /^(?:is_date_|semver_|(?:not_)?(?:between|in|icontains_multi|starts_with|ends_with)$|(?:min|max|is_cleaned_path_exact)$)/

function checkEvents(events: MappingSettings['events'], context: Context): void {
  const reject = rejecting('events', context)
  for (const name of events) {
    if (name === null) continue
    if (name.trim() === '') reject(name, 'must be an event name: write one, or remove it')
    // A comma may belong to a name, as in the app's JSON.
    if (isInQuotes(name)) reject(name, commonMistakeIn(name) ?? '')
    const { wildcards } = parseEventNames({ text: JSON.stringify([name]), reject: () => undefined }, { renamed: false })
    if (wildcards.length > 0) {
      reject(name, "has a wildcard, and PostHog's filters take whole names: write each event that you want")
    }
  }
}

function checkRows(key: 'eventProperties' | 'contactProperties', rows: unknown, context: Context): void {
  const reject = rejecting(key, context)
  for (const [name, value] of rowsOf(rows)) {
    const problem = (key === 'contactProperties' ? contactNameProblem : nameProblem)(name.trim())
    if (problem !== undefined) reject(name, problem)
    if (typeof value === 'string') checkProperty(name, value, context.parse, reject)
    else if (typeof value !== 'number' && typeof value !== 'boolean') {
      reject(value, `cannot be the value of "${name}": write text, a number, true or false`)
    }
    if (key === 'contactProperties' && name.trim() === 'subscribed' && !isBooleanOrPlaceholder(value)) {
      reject('subscribed', 'must be true or false in Loops: write true, false or one placeholder')
    }
  }
}

function checkProperty(name: string, value: string, parse: ParseText, reject: Reject): void {
  if (value !== name) checkValue(value, parse, reject)
  else reject(`${name}: ${value}`, `would send the text "${name}" for everybody: write {person.properties.${name}}`)
}

function checkLists(rows: unknown, context: Context): void {
  const reject = rejecting('mailingLists', context)
  for (const [id, value] of rowsOf(rows)) {
    const problem = nameProblem(id.trim())
    if (problem !== undefined) reject(id, problem)
    if (!isBooleanOrPlaceholder(value)) {
      reject(value, `cannot be the value of list "${id}": write true, false or one placeholder`)
    } else if (typeof value === 'string') checkValue(value, context.parse, reject)
  }
}

function isBooleanOrPlaceholder(value: unknown): boolean {
  const isHog = typeof value === 'string' && isOnePlaceholder(value)
  return isHog || trueOrFalse(value) !== undefined || value === ''
}

function rowsOf(rows: unknown): [string, unknown][] {
  return isRecord(rows) ? Object.entries(rows) : []
}

function rejecting(key: string, { apiKey, add }: Context): Reject {
  return (value, problem) => {
    add(key, `${quoted(value, apiKey, withoutLikelyKeys)} ${problem}.`)
  }
}
