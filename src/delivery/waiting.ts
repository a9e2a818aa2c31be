import type { Identity, ContactValues } from '../loops/request'
import type { CapturedEvent } from '../posthog/event'

/** The payload of a job in PostHog's queue: the event and its state, without the key. Times are milliseconds since 1970. */
export interface WaitingEvent {
  readonly event: CapturedEvent
  /** When PostHog handed the event to the app for the first time. The event received last wins, whatever its own clock says. */
  readonly receivedAt: number
  /** How many tries have failed. */
  readonly failures: number
  /** How many jobs have held it; 0 for an event that PostHog has just handed over. */
  readonly jobs: number
  /** How many of them have waited for a slot or for the lane. */
  readonly waits?: number
  /** Whether what it writes is in the logs of its contact. */
  readonly isLogged?: boolean
  /** The form in which it is sent, after Loops has rejected others. */
  readonly form?: Form
  /** The values that it has taken over from later events. */
  readonly takenOver?: TakenOver
  /** True if PostHog has answered once that it has no person with the event's distinct_id, which may have been too early. */
  readonly personWasMissing?: boolean
  /** Whether Loops has answered that it knows no contact with the event's user ID: once, that may be too early. */
  readonly userIdWasUnknown?: boolean
}

/**
 * What is sent of a delivery. Each form follows if Loops rejects the one before: as it is; by the email alone, as the email and the
 * user ID may belong to two contacts; without the values of other events; both.
 */
export type Form = 'as it is' | 'email alone' | 'own values' | 'own values, email alone'

export interface TakenOver {
  /** When the logs were read last. */
  readonly readAt: number
  /** The later entries that decided something, the latest first. */
  readonly entries: readonly LogEntry[]
}

/** The values that one event writes to a contact. */
export interface LogEntry extends Identity {
  /** The event's ID. */
  readonly id: string
  /** When PostHog handed the event to the app for the first time: milliseconds since 1970. */
  readonly receivedAt: number
  /** When it was added to its logs, if that was more than a second later. */
  readonly loggedAt?: number
  readonly values: ContactValues
  /** The names of values that are too long for the log; `values` is empty then. */
  readonly names?: readonly string[]
}
