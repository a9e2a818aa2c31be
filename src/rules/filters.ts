import type { Field } from '../panel/field'
import { parseJson } from '../panel/lists'
import { isRecord, jsonText, own } from '../json'
import type { EventWithPerson } from './person'
import { compilePattern, matchesPattern } from './re2/pattern'

export interface PropertyFilter {
  readonly key: string
  readonly type: 'event' | 'person'
  readonly rule: OperatorRule
  /** One for each listed value; the filter holds if any one passes. */
  readonly tests: readonly PropertyTest[]
}

export function parseFilters(field: Field): PropertyFilter[] {
  const example = '[{"key": "plan", "operator": "exact", "value": ["pro"], "type": "event"}]'
  if (field.text === '') return []
  const list = parseJson(field, example)
  if (list === undefined) return []
  if (!Array.isArray(list)) {
    field.reject(field.text, `is not a list of filters: write it like ${example}`)
    return []
  }
  return list.flatMap((filter: unknown) => parseFilter(field, filter))
}

function parseFilter(field: Field, filter: unknown): PropertyFilter[] {
  const { key, type = 'event', operator: given, value } = isRecord(filter) ? filter : {}
  // PostHog's action matcher takes null for exact, too.
  const operator = given ?? 'exact'
  const values: unknown[] = Array.isArray(value) ? value : [value]
  if (typeof key !== 'string' || key === '') {
    field.reject(filter, 'has no "key": write the name of the property')
  } else if (type !== 'event' && type !== 'person') {
    field.reject(type, `cannot be the type of the filter on "${key}": write "event" or "person"`)
  } else if (!isOperator(operator)) {
    field.reject(operator, `is no operator (filter on "${key}"): write one of ${Object.keys(operators).join(', ')}`)
  } else if (operators[operator].takes !== undefined && (value === undefined || values.length === 0)) {
    field.reject(filter, 'has no "value": write the value to compare with')
  } else {
    const rule = operators[operator]
    const tests = values.flatMap((written) => rule.test(written) ?? [])
    if (tests.length === values.length) return [{ key, type, rule, tests }]
    field.reject(value, `does not go with ${operator} (filter on "${key}"): write ${rule.takes ?? 'nothing'}`)
  }
  return []
}

type PropertyTest = (found: unknown) => boolean

interface OperatorRule {
  /** What to write as the filter's value; left out where none is needed. */
  readonly takes?: string
  /** The types of a property that the operator looks at; any, if left out. */
  readonly types?: readonly string[]
  /** The answer for a property that is missing or has another type. */
  readonly otherwise: boolean
  /** Makes a test of the value that the filter gives; `undefined` refuses the value. */
  readonly test: (written: unknown) => PropertyTest | undefined
}

type Operator =
  | 'exact'
  | 'is_not'
  | 'icontains'
  | 'not_icontains'
  | 'regex'
  | 'not_regex'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'is_set'
  | 'is_not_set'
  | 'is_date_exact'
  | 'is_date_before'
  | 'is_date_after'

const TEXT = { takes: 'a text', types: ['string'] }

const PATTERN = {
  takes: 'a regular expression of RE2, at most 10,000 characters long with its repetitions written out',
  types: ['string'],
}

const NUMBER = { takes: 'a number', types: ['number', 'boolean'] }

const DATE = { takes: 'a date like "2024-05-01" or "2024-05-01T10:00:00Z"', types: ['string', 'number'] }

/**
 * PostHog's own operators with the semantics of its action matcher: values are cast as ClickHouse casts them, and a
 * filter with a list of values holds if any one of them passes, `is_not` included.
 */
const operators: Readonly<Record<Operator, OperatorRule>> = {
  exact: { takes: 'a value', otherwise: false, test: comparing((found, written) => found == written) },
  is_not: { takes: 'a value', otherwise: true, test: comparing((found, written) => found != written) },
  icontains: { ...TEXT, otherwise: false, test: containing },
  not_icontains: { ...TEXT, otherwise: true, test: (written) => negated(containing(written)) },
  regex: { ...PATTERN, otherwise: false, test: matching },
  not_regex: { ...PATTERN, otherwise: true, test: (written) => negated(matching(written)) },
  gt: { ...NUMBER, otherwise: false, test: comparingNumbers((found, written) => found > written) },
  gte: { ...NUMBER, otherwise: false, test: comparingNumbers((found, written) => found >= written) },
  lt: { ...NUMBER, otherwise: false, test: comparingNumbers((found, written) => found < written) },
  lte: { ...NUMBER, otherwise: false, test: comparingNumbers((found, written) => found <= written) },
  is_set: { otherwise: false, test: () => () => true },
  is_not_set: { otherwise: true, test: () => () => false },
  is_date_exact: { ...DATE, otherwise: false, test: dating((time, { from, to }) => time >= from && time <= to) },
  is_date_before: { ...DATE, otherwise: false, test: dating((time, { from }) => time < from) },
  is_date_after: { ...DATE, otherwise: false, test: dating((time, { to }) => time > to) },
}

function isOperator(name: unknown): name is Operator {
  return typeof name === 'string' && own(operators, name) !== undefined
}

export function filtersHold(filters: readonly PropertyFilter[], { properties, person }: EventWithPerson): boolean {
  return filters.every(({ key, type, rule, tests }) => {
    const found = own(type === 'event' ? properties : person, key)
    if (found === undefined || rule.types?.includes(typeof found) === false) return rule.otherwise
    return tests.some((test) => test(found))
  })
}

type Primitive = string | number | boolean | undefined

function comparing(holds: (found: Primitive, written: Primitive) => boolean) {
  return (written: unknown): PropertyTest => {
    const right = primitive(written)
    return (found) => {
      // JavaScript never takes two objects for the same, whatever is in them.
      if (isObject(found) && isObject(written)) return holds(0, 1)
      const left = primitive(found)
      return holds(left, right) || (typeOf(found) !== typeOf(written) && holds(castNumber(left), castNumber(right)))
    }
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function comparingNumbers(holds: (found: number, written: number) => boolean) {
  return (written: unknown): PropertyTest | undefined => {
    const right = castNumber(primitive(written))
    return Number.isNaN(right) ? undefined : (found) => holds(castNumber(primitive(found)), right)
  }
}

/**
 * What JavaScript's own comparison makes of a value, without ever calling a method that the value brings. The text "null"
 * equals null, as in PostHog (PostHog/posthog#12893).
 */
function primitive(value: unknown, depth = 0): Primitive {
  if (value === null) return 'null'
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value) && depth < 100) {
    return value.map((item) => (item === null ? '' : primitive(item, depth + 1))).join(',')
  }
  return value === undefined ? undefined : '[object Object]'
}

function typeOf(value: unknown): string {
  return value === null ? 'string' : typeof value
}

/** PostHog reads the usual words for true and false before it tries a number. */
function castNumber(value: Primitive): number {
  const word = String(value).toLowerCase()
  if (['y', 'yes', 't', 'true', 'on', '1'].includes(word)) return 1
  if (['n', 'no', 'f', 'false', 'off', '0'].includes(word)) return 0
  return Number(value)
}

function containing(written: unknown): PropertyTest | undefined {
  const text = patternText(written)?.toLowerCase()
  return text === undefined ? undefined : (found) => typeof found === 'string' && found.toLowerCase().includes(text)
}

function matching(written: unknown): PropertyTest | undefined {
  const pattern = patternText(written)
  const compiled = pattern === undefined ? undefined : compilePattern(pattern)
  return compiled && ((found) => typeof found === 'string' && matchesPattern(compiled, found))
}

function negated(test: PropertyTest | undefined): PropertyTest | undefined {
  return test && ((found) => !test(found))
}

function patternText(written: unknown): string | undefined {
  return typeof written === 'string' ? written : jsonText(written)
}

function dating(holds: (time: number, written: { readonly from: number; readonly to: number }) => boolean) {
  return (written: unknown): PropertyTest | undefined => {
    const from = timeOf(written)
    if (from === undefined) return undefined
    const isWholeDay = typeof written === 'string' && written.length === '2024-05-01'.length
    const span = { from, to: isWholeDay ? from + 86_399_999 : from }
    return (found) => {
      const time = timeOf(found)
      return time !== undefined && holds(time, span)
    }
  }
}

/** Milliseconds since 1970 of a date in ISO form, UTC where it names no zone, or of Unix seconds or milliseconds. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value < 100_000_000_000 ? value * 1000 : value
  if (typeof value !== 'string') return undefined
  const [, day, time = '00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(value.trim()) ?? []
  const parsed = day === undefined ? NaN : Date.parse(`${day}T${time}${zone}`)
  return Number.isNaN(parsed) ? undefined : parsed
}
