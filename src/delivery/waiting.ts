import type { CapturedEvent } from '../posthog/event'
import type { Write } from './newest'

/** What PostHog's job queue holds of an event: the event once more, and no key. Times are milliseconds since 1970. */
export interface WaitingEvent {
  readonly event: CapturedEvent
  /** When PostHog handed the event to the app for the first time. The event received last wins, whatever its own clock says. */
  readonly receivedAt: number
  /** How many tries have failed. */
  readonly failures: number
  /** The time of its place, if it waits for its turn. */
  readonly turn?: number
}

/** A contact that a late request may have set back, and that is to be written once more. Times are milliseconds since 1970. */
export interface WaitingRepair {
  /** What the request has written. */
  readonly sent: Write
  /** When Loops had taken it. */
  readonly takenAt: number
  /** How many repairs of it have failed or were overtaken. */
  readonly failures: number
  /** The time of its place, if it waits for its turn. */
  readonly turn?: number
}
