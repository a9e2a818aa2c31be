import { isRecord, own } from '../json'
import type { Field } from './field'
import { parseJson } from './lists'
import { failurePhrase } from './condition'
import { isOperatorName, operators } from './operators'
import type { Operator, PropertyTest } from './operators'
import type { EventWithPerson } from '../posthog/person'
import { parsePlainFilters } from './plain-filters'

/** One of PostHog's property filters, ready to be applied. */
export interface PropertyFilter {
  readonly key: string
  /** Whether the filter looks at an event property or a person property. */
  readonly type: 'event' | 'person'
  readonly operator: Operator
  /** A test for each value of the filter; the filter holds if any test passes. */
  readonly tests: readonly PropertyTest[]
  /** What a value that does not pass is, for example `not > 100`. */
  readonly failure: string
}

/**
 * Reads PostHog's filter JSON, a list of `{key, type, operator, value}`, or the plain notation, `plan = pro`. Filters that are
 * wrong are rejected and left out.
 */
export function parseFilters(field: Field): PropertyFilter[] {
  const example = '[{"key": "plan", "operator": "exact", "value": ["pro"], "type": "event"}]'
  if (!/^[[{]/.test(field.text)) {
    return parsePlainFilters(field, example).flatMap((filter) => parseFilter(field, filter))
  }
  const list = parseJson(field, example)
  if (list === undefined) return []
  if (!Array.isArray(list)) {
    field.reject(field.text, `is not a list of filters: write it like ${example}`)
    return []
  }
  return list.flatMap((filter: unknown) => parseFilter(field, filter))
}

/** The first filter that does not hold for the event and its person; `undefined` if all hold. */
export function unmetFilter(filters: readonly PropertyFilter[], data: EventWithPerson): PropertyFilter | undefined {
  return filters.find((filter) => {
    const { operator, tests } = filter
    const found = filteredValue(filter, data)
    if (found === undefined || operator.types?.includes(typeof found) === false) return !operator.otherwise
    return !tests.some((test) => test(found))
  })
}

/** The value that the filter looks at. */
export function filteredValue({ key, type }: PropertyFilter, { properties, person }: EventWithPerson): unknown {
  return own(type === 'event' ? properties : person, key)
}

/** What the app reads of a filter, and `label`, with which PostHog shows it. */
const FILTER_FIELDS = ['key', 'type', 'operator', 'value', 'label']

function parseFilter(field: Field, filter: unknown): PropertyFilter[] {
  const { key, type = 'event', operator: written, value } = isRecord(filter) ? filter : {}
  const unknown = Object.keys(isRecord(filter) ? filter : {}).find((name) => !FILTER_FIELDS.includes(name))
  // PostHog's action matcher reads a null operator as exact.
  const name = written ?? 'exact'
  const values: unknown[] = Array.isArray(value) ? value : [value]
  if (typeof key !== 'string' || key === '') {
    field.reject(filter, 'has no "key": write the name of the property')
  } else if (unknown !== undefined) {
    field.reject(unknown, `is not a field of a filter (filter on "${key}"): write key, operator, value and type only`)
  } else if (type !== 'event' && type !== 'person') {
    field.reject(type, `is not a filter type (filter on "${key}"): write "event" or "person"`)
  } else if (!isOperatorName(name)) {
    field.reject(name, `is not an operator (filter on "${key}"): write one of ${Object.keys(operators).join(', ')}`)
  } else if (operators[name].takes !== undefined && (value === undefined || values.length === 0)) {
    field.reject(filter, 'has no "value": write the value to compare with')
  } else {
    const operator = operators[name]
    const compared = operator.takes === undefined ? [undefined] : values
    const tests = compared.flatMap((one) => operator.test(one) ?? [])
    if (tests.length === compared.length) return [{ key, type, operator, tests, failure: failurePhrase(name, values) }]
    field.reject(value, `is not valid for ${name} (filter on "${key}"): write ${operator.takes ?? 'nothing'}`)
  }
  return []
}
