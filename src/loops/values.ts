import { isDate } from '../json'
import { SECOND } from '../time'

/** Loops rejects a name or a value whose JSON, quotes included, has more characters. */
export const LONGEST_JSON = 500

/** A value that Loops accepts for a property. */
export type LoopsValue = string | number | boolean

/**
 * Converts a PostHog value to one that Loops accepts.
 *
 * @returns a finite number, a boolean or text: a date as ISO 8601 text, a list of such values joined with `, `, and text cut
 * to 500 characters of JSON. `undefined` if the value is empty (see `isEmpty`) or nested: it is not sent.
 */
export function loopsValue(value: unknown): LoopsValue | undefined {
  const whole = scalar(value)
  return typeof whole === 'string' ? cutToFit(whole) : whole
}

/** Converts as `loopsValue` does, but does not cut text. */
export function scalar(value: unknown): LoopsValue | undefined {
  if (typeof value === 'string') return isEmpty(value) ? undefined : value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'boolean') return value
  if (isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  return Array.isArray(value) ? joinedList(value) : undefined
}

/**
 * True for a value that says nothing: `''`, null, missing, `[]`, `{}`, and the texts that programs write for those by mistake
 * and that no email should show.
 */
export function isEmpty(value: unknown): boolean {
  if (typeof value === 'string') return EMPTY_TEXTS.has(value)
  if (typeof value !== 'object') return value === undefined
  return value === null || (!isDate(value) && Object.keys(value).length === 0)
}

const EMPTY_TEXTS = new Set(['', 'undefined', 'null', '[object Object]'])

/**
 * The consent that a value gives or withdraws, as people store it: a boolean, 1 or 0, or one of the words, in any case;
 * `undefined` for any other value.
 */
export function consentOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  return CONSENT.get(String(value).trim().toLowerCase())
}

const CONSENT = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
])

/**
 * A date as Loops accepts it: a Unix time of seconds, a number or its text, becomes one of milliseconds. Any other value is
 * returned as it is.
 */
export function dateValue(value: LoopsValue): LoopsValue {
  const isTime = typeof value === 'number' || (typeof value === 'string' && /^\d{1,15}(\.\d+)?$/.test(value))
  if (!isTime) return value
  const time = Number(value)
  return Math.abs(time) < SECONDS_BELOW ? Math.round(time * SECOND) : time
}

/** As seconds the year 5138, as milliseconds March 1973. */
const SECONDS_BELOW = 1e11

/** True if the text is one email that Loops accepts: with a dot in the domain, without a display name. */
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
  const items = list.filter((item) => item !== null && (typeof item === 'object' || !isEmpty(item)))
  const texts = items.map((item) => (Array.isArray(item) ? undefined : scalar(item)))
  return texts.length === 0 || texts.includes(undefined) ? undefined : texts.join(', ')
}
