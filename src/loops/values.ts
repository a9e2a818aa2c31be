import { isDate } from '../json'

/** Loops refuses a name or a value whose JSON, quotes included, has more characters. */
export const LONGEST_JSON = 500

/** A value that Loops accepts for a property. */
export type LoopsValue = string | number | boolean

/**
 * Converts a PostHog value to one that Loops accepts.
 *
 * @returns a finite number, a boolean or text: a date as ISO 8601 text, a list of such values joined with `, `, and text cut
 * to 500 characters of JSON. `undefined` if the value is empty (`''`, null, missing, `[]`, `{}`) or nested: it is not sent.
 */
export function loopsValue(value: unknown): LoopsValue | undefined {
  const whole = scalar(value)
  return typeof whole === 'string' ? cutToFit(whole) : whole
}

/** Converts as `loopsValue` does, but does not cut text. */
export function scalar(value: unknown): LoopsValue | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'boolean') return value
  if (isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  return Array.isArray(value) ? joinedList(value) : undefined
}

/** `true` and `false`, as booleans or as text; `undefined` for any other value. */
export function parseBoolean(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true
  return value === false || value === 'false' ? false : undefined
}

/** True if the text is one email address that Loops can take: with a dot in the domain, without a display name. */
export function isEmail(text: string): boolean {
  return text.length <= 254 && fits(text) && EMAIL.test(text)
}

/** Cuts the text to the length that Loops allows, never inside a surrogate pair. */
export function cutToFit(text: string): string {
  if (fits(text)) return text
  let length = 2
  let kept = ''
  // Iterates by code point, so that surrogate pairs stay whole; JSON's escapes count.
  for (const character of text.slice(0, LONGEST_JSON)) {
    length += JSON.stringify(character).length - 2
    if (length > LONGEST_JSON) break
    kept += character
  }
  return kept
}

/** True if the text's JSON, quotes included, has at most 500 characters. */
export function fits(text: string): boolean {
  if (text.length > LONGEST_JSON) return false
  // JSON writes a UTF-16 unit with at most six characters, \uXXXX.
  return text.length * 6 + 2 <= LONGEST_JSON || JSON.stringify(text).length <= LONGEST_JSON
}

const EMAIL = /^[^\s\p{Cc}@"(),:;<>[\\\]]+@[^\s\p{Cc}@"(),:;<>[\\\].]+(\.[^\s\p{Cc}@"(),:;<>[\\\].]+)+$/u

function joinedList(list: readonly unknown[]): string | undefined {
  const items = list.filter((item) => item !== '' && item !== null && item !== undefined)
  const texts = items.map((item) => (Array.isArray(item) ? undefined : scalar(item)))
  return texts.length === 0 || texts.includes(undefined) ? undefined : texts.join(', ')
}
