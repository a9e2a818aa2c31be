import { isDate } from './json'
import type { Properties } from './json'

/**
 * What `onEvent` and `composeWebhook` have in common. The scaffold's types also promise the person: no server sends it.
 * `timestamp` is ISO text in the one hook and a `Date` in the other.
 */
export interface CapturedEvent {
  readonly uuid?: string
  readonly event: string
  readonly distinct_id: string
  readonly timestamp: string | Date
  readonly properties?: Properties
  readonly $set?: unknown
  readonly $set_once?: unknown
}

export function isoText(timestamp: unknown): string | undefined {
  const date = isDate(timestamp) ? timestamp : new Date(String(timestamp))
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

export function eventId({ event, uuid, distinct_id, timestamp }: CapturedEvent): string {
  return typeof uuid === 'string' ? uuid : `${distinct_id} ${event} ${String(isoText(timestamp))}`
}
