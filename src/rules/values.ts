import { isDate } from '../json'

/** Loops refuses a name or a value whose JSON, quotes included, is longer. */
export const LONGEST_JSON = 500

export type LoopsValue = string | number | boolean

const EMAIL = /^[^\s\p{Cc}@"(),:;<>[\\\]]+@[^\s\p{Cc}@"(),:;<>[\\\].]+(\.[^\s\p{Cc}@"(),:;<>[\\\].]+)+$/u

export function isEmail(text: string): boolean {
  return text.length <= 254 && fits(text) && EMAIL.test(text)
}

/** A value in a form that Loops knows, of any length; `undefined` if it is empty or has an inner structure. */
export function scalar(value: unknown): LoopsValue | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'boolean') return value
  if (isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  return Array.isArray(value) ? joined(value) : undefined
}

function joined(list: readonly unknown[]): string | undefined {
  const items = list.filter((item) => item !== '' && item !== null && item !== undefined)
  const texts = items.map((item) => (Array.isArray(item) ? undefined : scalar(item)))
  return texts.length === 0 || texts.includes(undefined) ? undefined : texts.join(', ')
}

/**
 * Makes a value of PostHog fit for Loops.
 *
 * @returns text, a finite number or a boolean; a date as ISO text; a list of those as text; text cut to the 500 characters
 * of JSON that Loops allows. `undefined` for what is empty (`''`, null, missing, `[]`, `{}`) or nested: it is not sent.
 */
export function loopsValue(value: unknown): LoopsValue | undefined {
  const fitting = scalar(value)
  return typeof fitting === 'string' ? cutToFit(fitting) : fitting
}

export function cutToFit(text: string): string {
  if (fits(text)) return text
  let length = 2
  let kept = ''
  // By code point, so that no surrogate pair is torn; each counts with the escapes that JSON adds.
  for (const character of text.slice(0, LONGEST_JSON)) {
    length += JSON.stringify(character).length - 2
    if (length > LONGEST_JSON) break
    kept += character
  }
  return kept
}

export function fits(text: string): boolean {
  if (text.length > LONGEST_JSON) return false
  // JSON writes no UTF-16 unit with more than the six characters of \uXXXX.
  return text.length * 6 + 2 <= LONGEST_JSON || JSON.stringify(text).length <= LONGEST_JSON
}

export function subscription(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true
  return value === false || value === 'false' ? false : undefined
}
