/**
 * The operators of property filters. They follow PostHog's action matcher (`action-matcher.ts` of its plugin server): it
 * casts values as ClickHouse does, and a filter with a list of values holds if any one passes, for `is_not` too.
 */
import { jsonText, own } from '../json'
import { compilePattern, matchesPattern } from '../re2/pattern'

export interface Operator {
  /** What to write as the filter's value, for messages; left out if the operator needs no value. */
  readonly takes?: string
  /** The types (of `typeof`) of a property that the operator tests; left out if it tests any. */
  readonly types?: readonly string[]
  /** Whether the filter holds if the property is missing or has another type. */
  readonly otherwise: boolean
  /** Makes a test from a value of the filter; `undefined` if the value is not valid for the operator. */
  readonly test: (written: unknown) => PropertyTest | undefined
}

/** True if the property of the event or person passes. */
export type PropertyTest = (found: unknown) => boolean

export type OperatorName =
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

export const operators: Readonly<Record<OperatorName, Operator>> = {
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
  is_date_exact: {
    ...DATE,
    otherwise: false,
    test: comparingDates((time, { from, to }) => time >= from && time <= to),
  },
  is_date_before: { ...DATE, otherwise: false, test: comparingDates((time, { from }) => time < from) },
  is_date_after: { ...DATE, otherwise: false, test: comparingDates((time, { to }) => time > to) },
}

export function isOperatorName(name: unknown): name is OperatorName {
  return typeof name === 'string' && own(operators, name) !== undefined
}

function comparing(holds: (found: Primitive, written: Primitive) => boolean) {
  return (written: unknown): PropertyTest => {
    const right = primitive(written)
    return (found) => {
      // For JavaScript two objects are never equal, even with equal contents.
      if (isObject(found) && isObject(written)) return holds(0, 1)
      const left = primitive(found)
      return holds(left, right) || (typeOf(found) !== typeOf(written) && holds(castNumber(left), castNumber(right)))
    }
  }
}

function comparingNumbers(holds: (found: number, written: number) => boolean) {
  return (written: unknown): PropertyTest | undefined => {
    const right = castNumber(primitive(written))
    return Number.isNaN(right) ? undefined : (found) => holds(castNumber(primitive(found)), right)
  }
}

type Primitive = string | number | boolean | undefined

/**
 * Converts a value as JavaScript's `==` does, but never calls a method of the value. The text "null" equals null, as in
 * PostHog (PostHog/posthog#12893).
 */
function primitive(value: unknown, depth = 0): Primitive {
  if (value === null) return 'null'
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value) && depth < 100) {
    return value.map((item) => (item === null ? '' : primitive(item, depth + 1))).join(',')
  }
  return value === undefined ? undefined : '[object Object]'
}

/** Casts to a number as PostHog does: its words for true and false first. */
function castNumber(value: Primitive): number {
  const word = String(value).toLowerCase()
  if (['y', 'yes', 't', 'true', 'on', '1'].includes(word)) return 1
  if (['n', 'no', 'f', 'false', 'off', '0'].includes(word)) return 0
  return Number(value)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** The type that decides about casting; null counts as the text "null". */
function typeOf(value: unknown): string {
  return value === null ? 'string' : typeof value
}

function containing(written: unknown): PropertyTest | undefined {
  const text = textOf(written)?.toLowerCase()
  return text === undefined ? undefined : (found) => typeof found === 'string' && found.toLowerCase().includes(text)
}

function matching(written: unknown): PropertyTest | undefined {
  const source = textOf(written)
  const pattern = source === undefined ? undefined : compilePattern(source)
  return pattern && ((found) => typeof found === 'string' && matchesPattern(pattern, found))
}

function negated(test: PropertyTest | undefined): PropertyTest | undefined {
  return test && ((found) => !test(found))
}

function textOf(written: unknown): string | undefined {
  return typeof written === 'string' ? written : jsonText(written)
}

/** A date without a time is the whole day, in UTC. */
function comparingDates(holds: (time: number, written: { readonly from: number; readonly to: number }) => boolean) {
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

/** Milliseconds since 1970 of an ISO 8601 date (UTC if it has no zone), or of Unix time in seconds or milliseconds. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value < 100_000_000_000 ? value * 1000 : value
  if (typeof value !== 'string') return undefined
  const [, day, time = '00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(value.trim()) ?? []
  const parsed = day === undefined ? NaN : Date.parse(`${day}T${time}${zone}`)
  return Number.isNaN(parsed) ? undefined : parsed
}
