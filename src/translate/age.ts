import type { CapturedEvent } from '../posthog/event'
import { isDate } from '../json'
import type { Settings } from '../settings/settings'
import { DAY, HOUR } from '../time'

/**
 * The age of an event that happened longer before its arrival than the settings allow, as the log says it: `25 hours`;
 * `undefined` for any other event, and for one whose timestamp is not a time.
 *
 * @param receivedAt when PostHog handed the event to the app for the first time: milliseconds since 1970.
 */
export function excessiveAge(
  { timestamp }: CapturedEvent,
  { maxEventAge }: Settings,
  receivedAt: number,
): string | undefined {
  if (maxEventAge === Infinity) return undefined
  const age = receivedAt - (isDate(timestamp) ? timestamp.getTime() : Date.parse(timestamp))
  if (!(age > maxEventAge)) return undefined
  // Rounded up, so that it never looks like an age that is allowed.
  return age < 100 * HOUR ? `${Math.ceil((age / HOUR) * 10) / 10} hours` : `${Math.ceil(age / DAY)} days`
}
