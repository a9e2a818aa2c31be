import { isRecord, ownProperty } from '../json'
import type { Properties } from '../json'
import type { Field } from './field'
import { parseJson } from './lists'
import { failureOf } from './condition'
import { isOperatorName, operators } from './operators'
import type { OperatorName, PropertyTest } from './operators'
import type { EventWithPerson } from '../posthog/person'
import { parsePlainFilters, plainOperator } from './plain-filters'

/** One of PostHog's property filters, ready to be applied. */
export interface PropertyFilter {
  readonly key: string
  /** Whether the filter looks at an event property or a person property. */
  readonly type: 'event' | 'person'
  /** A test for each value of the filter: it matches if any of them passes, or if none does and it is negated. */
  readonly tests: readonly PropertyTest[]
  readonly isNegated: boolean
  /** Describes a value that does not pass, for example `49.5, not > 100`. */
  readonly failureOf: (found: unknown) => string
}

/** A filter that does not match an event, and the reason. */
export interface UnmetFilter {
  readonly filter: PropertyFilter
  /** Its number among the filters, from 1. */
  readonly number: number
  /** False if the property is unknown: it is the person's, the event does not set it, and the person was not looked up. */
  readonly isKnown: boolean
  /** The properties of the event or of the person, among which the filter looks. */
  readonly properties: Properties
  /** The value of the property; `undefined` if it is missing or unknown. */
  readonly found: unknown
}

const EXAMPLE = '[{"key": "plan", "operator": "exact", "value": ["pro"], "type": "event"}]'

/**
 * Reads PostHog's filter JSON, a list of `{key, type, operator, value}`, or the plain notation, `plan = pro`. Filters that are
 * wrong are rejected and left out.
 */
export function parseFilters(field: Field): PropertyFilter[] {
  const shownOperator = isJsonOfFilters(field.text) ? (name: string): string => name : plainOperator
  return writtenFilters(field).flatMap((filter) => parseFilter(field, filter, shownOperator))
}

/** A placeholder before an operator is a mistake of the plain notation. */
function isJsonOfFilters(text: string): boolean {
  return /^[[{]/.test(text) && !/^\{+\s*(event|person)\./.test(text)
}

/** The filters of the setting as PostHog's JSON has them, unchecked; rejects a setting that is not a list of filters. */
export function writtenFilters(field: Field): readonly unknown[] {
  if (!isJsonOfFilters(field.text)) return parsePlainFilters(field)
  const json = parseJson(field, EXAMPLE)
  if (json === undefined) return []
  if (Array.isArray(json) || isGroup(json)) return filtersIn(field, json)
  field.reject(field.text, `is not a list of filters: write it like ${EXAMPLE}`)
  return []
}

/**
 * The filter that does not match the event and its person; `undefined` if all match. A filter that is known not to match
 * comes before one on an unknown property, which does not match whatever its operator.
 */
export function unmetFilter(filters: readonly PropertyFilter[], data: EventWithPerson): UnmetFilter | undefined {
  let unknown: UnmetFilter | undefined
  for (const [index, filter] of filters.entries()) {
    const properties = filter.type === 'event' ? data.properties : data.person
    const found = ownProperty(properties, filter.key)
    const isKnown = filter.type === 'event' || isPersonPropertyKnown(filter.key, data)
    const unmet = { filter, number: index + 1, isKnown, properties, found }
    if (!isKnown) unknown ??= unmet
    else if (!matches(filter, found)) return unmet
  }
  return unknown
}

function matches({ tests, isNegated }: PropertyFilter, found: unknown): boolean {
  const isThere = found !== undefined && found !== null
  return (isThere && tests.some((test) => test(found))) !== isNegated
}

/** Without the stored person, only what the event itself sets or removes is known. */
function isPersonPropertyKnown(key: string, { isPersonKnown, person, unset }: EventWithPerson): boolean {
  return isPersonKnown || ownProperty(person, key) !== undefined || unset.includes(key)
}

/** PostHog's groups, which its insights have around filters: all of the values must match, or any of them. */
function isGroup(json: unknown): json is Properties & { readonly values: readonly unknown[] } {
  return isRecord(json) && (json.type === 'AND' || json.type === 'OR') && Array.isArray(json.values)
}

/** PostHog's insights have three: deeper ones would run out of the stack. */
const MOST_LEVELS = 20

/** The filters of nested lists and groups. Rejects a group of which any filter may match. */
function filtersIn(field: Field, json: unknown, level = 0): unknown[] {
  if (level > MOST_LEVELS) return [json]
  if (Array.isArray(json)) return json.flatMap((one: unknown) => filtersIn(field, one, level + 1))
  if (!isGroup(json)) return [json]
  const { type, values } = json
  if (type === 'AND' || values.length < 2) return values.flatMap((one) => filtersIn(field, one, level + 1))
  const remedy = 'write one filter with several values, or filters that must all match'
  field.reject(json, `is an OR group, of which any filter may match: ${remedy}`)
  return []
}

/** The fields of a filter that the app reads, and `label`, with which PostHog shows it. */
const FILTER_FIELDS = ['key', 'type', 'operator', 'value', 'label']

/** The fields of the filter that say something: PostHog exports others as null or false. */
function statedFields(filter: unknown): Properties {
  const fields = Object.entries(isRecord(filter) ? filter : {})
  return Object.fromEntries(fields.filter(([name, value]) => value !== null && (value !== false || name === 'value')))
}

function parseFilter(field: Field, filter: unknown, shownOperator: (name: OperatorName) => string): PropertyFilter[] {
  const { key, type = 'event', operator: name = 'exact', value, ...others } = statedFields(filter)
  const unknown = Object.keys(others).find((other) => !FILTER_FIELDS.includes(other))
  if (typeof key !== 'string' || key === '') {
    field.reject(filter, 'has no "key": write the name of the property')
  } else if (type !== 'event' && type !== 'person') {
    field.reject(type, `is not a filter type (filter on "${key}"): write "event" or "person"`)
  } else if (unknown !== undefined) {
    field.reject(unknown, `is not a field of a filter (filter on "${key}"): write key, operator, value and type only`)
  } else if (!isOperatorName(name)) {
    field.reject(name, `is not an operator (filter on "${key}"): write one of ${Object.keys(operators).join(', ')}`)
  } else {
    const tests = testsOf(field, name, { filter, key, value, operator: shownOperator(name) })
    if (tests !== undefined) {
      const { isNegated = false } = operators[name]
      const values = tests.map((test, index) => [listOf(value)[index], test] as const)
      return [{ key, type, tests, isNegated, failureOf: failureOf(name, values) }]
    }
  }
  return []
}

interface WrittenParts {
  readonly filter: unknown
  readonly key: string
  readonly value: unknown
  /** As the user has written it. */
  readonly operator: string
}

/** The tests of a filter; `undefined` if a value is rejected, or if there is none where the operator needs one. */
function testsOf(
  field: Field,
  name: OperatorName,
  { filter, key, value, operator: shown }: WrittenParts,
): PropertyTest[] | undefined {
  const operator = operators[name]
  const compared = operator.takes === undefined ? [undefined] : listOf(value)
  if (compared.length === 0 || (operator.takes !== undefined && value === undefined)) {
    field.reject(filter, 'has no "value": write the value to compare with')
    return undefined
  }
  const tests = compared.flatMap((one) => operator.test(one) ?? [])
  if (tests.length === compared.length) return tests
  const problem = compared.map((one) => operator.problemOf?.(one)).find((one) => one !== undefined)
  const invalid = `is not valid for ${shown} (filter on "${key}"): write ${operator.takes ?? 'nothing'}`
  field.reject(value, problem === undefined ? invalid : `${problem} (filter on "${key}")`)
  return undefined
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}
