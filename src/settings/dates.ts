/** Dates and times as the operators `is_date_exact`, `is_date_before` and `is_date_after` read them. */
import { DAY, MINUTE } from '../time'

const DAY_FORM = '(\\d{4})(-?)(\\d\\d)\\2(\\d\\d)'
const CLOCK_FORM = '(\\d\\d)(?::?(\\d\\d)(?::?(\\d\\d)(?:[.,](\\d+))?)?)?'
/** Some programs write a space before the zone, or `UTC` after the offset. */
const ZONE_FORM = '(?: ?(?:Z|UTC|GMT|([+-])(\\d\\d)(?::?(\\d\\d))?(?: UTC)?))?'
const DATE_AND_TIME = new RegExp(`^${DAY_FORM}(?:[T ]${CLOCK_FORM}${ZONE_FORM})?$`, 'i')
const WHOLE_DAY = new RegExp(`^${DAY_FORM}$`)

/** A shorter number written as a text is a year or a day. */
const UNIX_TIME = /^-?\d{9,}(\.\d+)?$/

/** A span of time in milliseconds since 1970, both ends included. */
export interface Span {
  readonly from: number
  readonly to: number
}

/**
 * Milliseconds since 1970 of an ISO 8601 date or time (UTC if it has no zone, with a space or a `T` between the two), or of
 * a Unix time of seconds or milliseconds, as a number or a text. `undefined` for any other value.
 */
export function timeIn(value: unknown): number | undefined {
  if (typeof value === 'number') return unixTime(value)
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  return UNIX_TIME.test(text) ? unixTime(Number(text)) : isoTime(text)
}

/** The time that the value names, or the whole day of a date without a time; `undefined` if it is neither. */
export function spanIn(value: unknown): Span | undefined {
  const from = timeIn(value)
  const isWholeDay = typeof value === 'string' && WHOLE_DAY.test(value.trim())
  return from === undefined ? undefined : { from, to: isWholeDay ? from + DAY - 1 : from }
}

/** True for a date relative to the current one, as PostHog writes it (`-7d`, `-1mStart`, `dStart`) or people do. */
export function isRelativeDate(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^([+-]?\d+ ?[a-z]+|[a-z](start|end)|now|today|yesterday|tomorrow|(last|past|next|this) .*|\d+ [a-z]+ ago)$/i.test(
      value.trim(),
    )
  )
}

/** Seconds until the year 5138; a larger number is milliseconds. */
function unixTime(value: number): number | undefined {
  const time = Math.round(Math.abs(value) < 100_000_000_000 ? value * 1000 : value)
  return Number.isNaN(new Date(time).getTime()) ? undefined : time
}

function isoTime(text: string): number | undefined {
  const found = DATE_AND_TIME.exec(text)
  if (found === null) return undefined
  const [, year = '', , month = '', date = '', hour = '00', minute = '00', second = '00', fraction = '0'] = found
  const [sign, hours = '0', minutes = '0'] = found.slice(9)
  const day = `${year}-${month}-${date}`
  // JavaScript reads February 30 as a day of March.
  if (new Date(`${day}T00:00Z`).getUTCDate() !== Number(date)) return undefined
  const time = Date.parse(`${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`)
  const offset = (Number(hours) * 60 + Number(minutes)) * MINUTE
  const moment = sign === '-' ? time + offset : time - offset
  return Number.isNaN(moment) ? undefined : moment
}
