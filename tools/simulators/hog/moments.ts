/** Dates and times in the forms that PostHog's date filters take. NaN stands for what is no date: it compares with none. */

/** Milliseconds since 1970. */
export function momentOf(value: unknown): number {
  if (typeof value === 'number') return ofUnixTime(value)
  if (typeof value !== 'string') return NaN
  const text = value.trim()
  if (/^-?\d{9,}(\.\d+)?$/.test(text)) return ofUnixTime(Number(text))
  const {
    date,
    time = '00:00',
    zone = 'Z',
  } = /^(?<date>\d{4}-\d\d-\d\d)(?:[T ](?<time>[\d:.,]+?)(?: ?(?<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)(?: UTC)?)?)?$/i.exec(
    withHyphens(text),
  )?.groups ?? {}
  if (date === undefined || new Date(date).getUTCDate() !== Number(date.slice(-2))) return NaN
  return Date.parse(`${date}T${timeOf(time)}${zoneOf(zone)}`)
}

/** True for a date without a time. */
export function isDay(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(withHyphens(value.trim()))
}

/** ISO 8601 allows dates without hyphens. */
function withHyphens(text: string): string {
  return text.replace(/^(\d{4})(\d\d)(\d\d)(?=[T ]|$)/i, '$1-$2-$3')
}

/** Fills in the colons and the minutes, and leaves out what is below a millisecond. */
function timeOf(text: string): string {
  const [whole = '', fraction = ''] = text.split(/[.,]/)
  const [hour = '', minute = '00', second = '00'] = whole.includes(':') ? whole.split(':') : (whole.match(/../g) ?? [])
  return `${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}`
}

function zoneOf(zone: string): string {
  if (/^[a-z]/i.test(zone)) return 'Z'
  const digits = zone.replace(/\D/g, '').padEnd(4, '0')
  return `${zone.charAt(0)}${digits.slice(0, 2)}:${digits.slice(2)}`
}

/** Seconds as a rule; a number that would be thousands of years from now is milliseconds. */
function ofUnixTime(value: number): number {
  return new Date(Math.round(Math.abs(value) < 1e11 ? value * 1000 : value)).getTime()
}
