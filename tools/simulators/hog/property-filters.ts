/**
 * PostHog's property filters, written from its page on them (https://posthog.com/docs/data/property-filters) and from what
 * its documentation says of values elsewhere. The tests run the same filters in PostHog's Hog VM, and name where the VM
 * differs from the page.
 */
import { RE2JS } from 're2js'
import { isRecord, UnknownFilter } from './filters'
import { isDay, momentOf } from './moments'

/** What filters look at. */
export interface FilteredEvent {
  /** The name of the event. */
  readonly name: string
  /** The properties of the event. */
  readonly event: Readonly<Record<string, unknown>>
  /** The properties of the person, as PostHog stores them once the event is in. */
  readonly person: Readonly<Record<string, unknown>>
}

/** A property filter that is ready to be applied. */
export interface PropertyFilter {
  readonly key: string
  readonly type: 'event' | 'person'
  /** Describes a value that does not pass, for example `49.5, not > 100`. */
  readonly failureOf: (found: unknown) => string
  readonly passes: (found: unknown) => boolean
}

type Test = (found: unknown, value: unknown) => boolean

const DAY = 86_400_000

const TESTS: Readonly<Record<string, Test>> = {
  exact: isEqual,
  icontains: (found, value) => textOf(found).toLowerCase().includes(textOf(value).toLowerCase()),
  regex: (found, value) => patternOf(textOf(value)).matcher(textOf(found)).find(),
  gt: (found, value) => numberOf(found) > numberOf(value),
  gte: (found, value) => numberOf(found) >= numberOf(value),
  lt: (found, value) => numberOf(found) < numberOf(value),
  lte: (found, value) => numberOf(found) <= numberOf(value),
  is_set: () => true,
  is_date_exact: (found, value) => momentOf(found) >= momentOf(value) && momentOf(found) <= endOf(value),
  is_date_before: (found, value) => momentOf(found) < momentOf(value),
  is_date_after: (found, value) => momentOf(found) > endOf(value),
}

/** "does not equal any value in the list": the opposite of the operator, whatever the property is. */
const DENIED: Readonly<Record<string, string>> = {
  is_not: 'exact',
  not_icontains: 'icontains',
  not_regex: 'regex',
  is_not_set: 'is_set',
}

const FAILURES: Readonly<Record<string, string>> = {
  exact: 'not = VALUE',
  is_not: 'not != VALUE',
  icontains: 'not containing VALUE',
  not_icontains: 'which contains VALUE',
  regex: 'not matching VALUE',
  not_regex: 'which matches VALUE',
  gt: 'not > VALUE',
  gte: 'not >= VALUE',
  lt: 'not < VALUE',
  lte: 'not <= VALUE',
  is_set: 'not set',
  is_not_set: 'not missing',
  is_date_exact: 'not on VALUE',
  is_date_before: 'not before VALUE',
  is_date_after: 'not after VALUE',
}

/** @throws UnknownFilter if the filter is of a kind that the simulator does not know, such as a cohort. */
export function propertyFilter(written: unknown): PropertyFilter {
  const { key, type = 'event', operator, value } = isRecord(written) ? written : {}
  const name = operator === undefined || operator === null ? 'exact' : operator
  const positive = typeof name === 'string' ? (DENIED[name] ?? name) : ''
  const test = TESTS[positive]
  if (typeof key !== 'string' || typeof name !== 'string' || (type !== 'event' && type !== 'person') || !test) {
    throw new UnknownFilter(written)
  }
  const values: readonly unknown[] = Array.isArray(value) && positive !== 'is_set' ? value : [value]
  const isMet = (found: unknown): boolean =>
    found !== undefined && found !== null && values.some((one) => test(found, one))
  return {
    ...{ key, type },
    // Of the values that a filter denies, those decide that fit.
    failureOf: (found) => failureOf(name, positive === name ? values : values.filter((one) => test(found, one)), found),
    passes: (found) => isMet(found) === (positive === name),
  }
}

/** The property that the filter looks at. */
export function propertyOf({ key, type }: PropertyFilter, data: Omit<FilteredEvent, 'name'>): unknown {
  return Object.hasOwn(data[type], key) ? data[type][key] : undefined
}

function isEqual(found: unknown, value: unknown): boolean {
  // Texts of many digits are IDs, and two that differ may give the same number.
  const areIds = typeof found === 'string' && typeof value === 'string' && (found.length > 15 || value.length > 15)
  const [left, right] = areIds ? [NaN, NaN] : [numberOf(found), numberOf(value)]
  if (!Number.isNaN(left + right)) return left === right
  const [one, other] = [found, value].map((each) => textOf(each).toLowerCase())
  const areBooleans = [one, other].every((text) => text === 'true' || text === 'false')
  return areBooleans ? one === other : textOf(found) === textOf(value)
}

/** The number in decimal notation; NaN for any other value, which compares with none. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  const isNumber = typeof value === 'string' && /^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(value.trim())
  return isNumber && Number.isFinite(Number(value)) ? Number(value) : NaN
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The end of a day that is given without a time; the moment itself otherwise. */
function endOf(value: unknown): number {
  return isDay(value) ? momentOf(value) + DAY - 1 : momentOf(value)
}

const patterns = new Map<string, RE2JS>()

function patternOf(source: string): RE2JS {
  const pattern = patterns.get(source) ?? RE2JS.compile(source)
  patterns.set(source, pattern)
  return pattern
}

function failureOf(operator: string, values: readonly unknown[], found: unknown): string {
  const [isOrder, isDate] = [/^[gl]te?$/.test(operator), operator.startsWith('is_date')]
  const isThere = found !== undefined && found !== null
  const said = found === undefined ? 'missing' : quoted(found)
  if (isThere && ((isOrder && Number.isNaN(numberOf(found))) || (isDate && Number.isNaN(momentOf(found))))) {
    return `${typeof found === 'string' ? 'the text ' : ''}${said}, not a ${isOrder ? 'number' : 'date'}`
  }
  const wanted = values.map((value) => quoted(isOrder ? numberOf(value) : value)).join(' or ')
  return `${said}, ${(FAILURES[operator] ?? '').replace('VALUE', () => wanted)}`
}

/** The value as JSON of at most 120 characters. */
export function quoted(value: unknown): string {
  const json = JSON.stringify(value ?? null)
  return json.length > 120 ? `${json.slice(0, 120)}…` : json
}
