/**
 * The operators of property filters, as PostHog's documentation describes them. Each operator that denies another matches
 * exactly when the other does not, because it is defined as its opposite.
 */
import { jsonText, ownProperty } from '../json'
import { compilePattern, matchesPattern } from '../re2/pattern'
import { isRelativeDate, spanIn, timeIn } from './dates'
import type { Span } from './dates'

export interface Operator {
  /** What to write as the filter's value, for messages; left out if the operator needs no value. */
  readonly takes?: string
  /** Makes a test from a value of the filter; `undefined` if the value is not valid for the operator. */
  readonly test: (written: unknown) => PropertyTest | undefined
  /** Whether the filter matches if no test passes, instead of if one does. */
  readonly isNegated?: true
  /** The problem of a value and the remedy, if `takes` does not explain it. */
  readonly problemOf?: (written: unknown) => string | undefined
}

/** True if the property of the event or person passes. The property is neither missing nor null. */
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

const EXACT: Operator = {
  takes: 'a value, or use the operator is_not_set for a property that is missing',
  test: equalTo,
}

const CONTAINS: Operator = { takes: 'a text', test: containing }

const MATCHES: Operator = {
  takes: 'a regular expression of RE2, at most 10,000 characters long with its repetitions written out',
  test: matching,
}

const IS_SET: Operator = { test: () => () => true }

const DATE_OPERATOR = {
  takes: 'a date like "2024-05-01" or "2024-05-01T10:00:00Z"',
  problemOf: (written: unknown): string | undefined =>
    isRelativeDate(written)
      ? 'is relative to now, which is not possible here: ' +
        'remove the filter, or write one on a property that your program sets, like is_trial = true'
      : undefined,
}

export const operators: Readonly<Record<OperatorName, Operator>> = {
  exact: EXACT,
  is_not: { ...EXACT, isNegated: true },
  icontains: CONTAINS,
  not_icontains: { ...CONTAINS, isNegated: true },
  regex: MATCHES,
  not_regex: { ...MATCHES, isNegated: true },
  gt: comparingNumbers((found, written) => found > written),
  gte: comparingNumbers((found, written) => found >= written),
  lt: comparingNumbers((found, written) => found < written),
  lte: comparingNumbers((found, written) => found <= written),
  is_set: IS_SET,
  is_not_set: { ...IS_SET, isNegated: true },
  is_date_exact: comparingDates((time, { from, to }) => time >= from && time <= to),
  is_date_before: comparingDates((time, { from }) => time < from),
  is_date_after: comparingDates((time, { to }) => time > to),
}

export function isOperatorName(name: unknown): name is OperatorName {
  return typeof name === 'string' && ownProperty(operators, name) !== undefined
}

/** Numbers and texts that are numbers compare as numbers, `true` and `false` in any case as booleans, all else as text. */
function equalTo(written: unknown): PropertyTest | undefined {
  const text = textOf(written)
  if (text === undefined) return undefined
  const [number, boolean] = [numberIn(written), booleanIn(written)]
  return (found) => {
    const foundNumber = number === undefined || areLongTexts(found, written) ? undefined : numberIn(found)
    if (foundNumber !== undefined) return foundNumber === number
    const foundBoolean = boolean === undefined ? undefined : booleanIn(found)
    return foundBoolean === undefined ? textOf(found) === text : foundBoolean === boolean
  }
}

/** Numbers have 15 exact digits: two longer texts, such as IDs, may differ although they give the same number. */
function areLongTexts(found: unknown, written: unknown): boolean {
  return typeof found === 'string' && typeof written === 'string' && Math.max(found.length, written.length) > 15
}

function booleanIn(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string' || !/^(true|false)$/i.test(value)) return undefined
  return value.toLowerCase() === 'true'
}

/** The number that the value is or, in decimal notation, says; `undefined` for any other value. */
export function numberIn(value: unknown): number | undefined {
  const isNumber =
    typeof value === 'number' ||
    (typeof value === 'string' && /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(value))
  return isNumber && Number.isFinite(Number(value)) ? Number(value) : undefined
}

function comparingNumbers(matches: (found: number, written: number) => boolean): Operator {
  return {
    takes: 'a number',
    test: (written) => {
      const right = numberIn(written)
      if (right === undefined) return undefined
      return (found) => {
        const left = numberIn(found)
        return left !== undefined && matches(left, right)
      }
    },
  }
}

function containing(written: unknown): PropertyTest | undefined {
  const text = textOf(written)?.toLowerCase()
  return text === undefined ? undefined : (found) => textOf(found)?.toLowerCase().includes(text) === true
}

function matching(written: unknown): PropertyTest | undefined {
  const source = textOf(written)
  const pattern = source === undefined ? undefined : compilePattern(source)
  return (
    pattern &&
    ((found) => {
      const text = textOf(found)
      return text !== undefined && matchesPattern(pattern, text) === true
    })
  )
}

/** The value as a text: lists and objects as JSON. `undefined` for null, and for a value that is nested too deeply. */
function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  return typeof value === 'string' ? value : jsonText(value)
}

/** A date without a time is the whole day, in UTC. */
function comparingDates(matches: (time: number, written: Span) => boolean): Operator {
  return {
    ...DATE_OPERATOR,
    test: (written) => {
      const span = spanIn(written)
      if (span === undefined) return undefined
      return (found) => {
        const time = timeIn(found)
        return time !== undefined && matches(time, span)
      }
    },
  }
}
