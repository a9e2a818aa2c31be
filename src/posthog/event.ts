import { isDate } from '../json'
import type { Properties } from '../json'

/**
 * A PostHog event, with the fields that both `onEvent` and `composeWebhook` give. PostHog sends no person with it, although
 * the scaffold's types declare one.
 */
export interface CapturedEvent {
  readonly uuid?: string
  readonly event: string
  readonly distinct_id: string
  /** ISO 8601 text in `onEvent`, a `Date` in `composeWebhook`. */
  readonly timestamp: string | Date
  readonly properties?: Properties
  readonly $set?: unknown
  readonly $set_once?: unknown
}

/** The event's uuid; without one, a text of distinct_id, event name and timestamp, which a replayed event repeats. */
export function eventId({ event, uuid, distinct_id, timestamp }: CapturedEvent): string {
  return typeof uuid === 'string' ? uuid : `${distinct_id} ${event} ${String(isoText(timestamp))}`
}

/** A date, or a text that `Date` can parse, as ISO 8601 text in UTC; `undefined` for any other value. */
export function isoText(timestamp: unknown): string | undefined {
  const date = isDate(timestamp) ? timestamp : new Date(String(timestamp))
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
