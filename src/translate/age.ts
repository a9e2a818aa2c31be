import type { CapturedEvent } from '../posthog/event'
import { isDate } from '../json'
import type { Settings } from '../settings/settings'

/**
 * True if the event happened longer before its arrival than the settings allow for an event that is sent. An event whose
 * timestamp is no time is not too old.
 *
 * @param receivedAt when PostHog handed the event to the app for the first time: milliseconds since 1970.
 */
export function isTooOld({ timestamp }: CapturedEvent, { maxEventAge }: Settings, receivedAt: number): boolean {
  if (maxEventAge === Infinity) return false
  return receivedAt - (isDate(timestamp) ? timestamp.getTime() : Date.parse(timestamp)) > maxEventAge
}
