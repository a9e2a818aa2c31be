import type { Outcome } from '../simulators/app/observed-app'
import type { FileEvent } from '../simulators/posthog/event-file'

/** The app or the destination, as the replay runs it. */
export interface Edition {
  /** Runs an event to its end. Throws UsageError if the settings are refused. */
  replay(event: FileEvent): Promise<EventResult>
  close(): void
}

/** The outcome of an event, with its explanation. */
export interface EventResult {
  /** The groups of settings, or the mappings, that the event matches. */
  readonly matched: readonly string[]
  /** Why filters hold it back from other groups of settings, or mappings, that name it: a clause for each. */
  readonly heldBack: readonly string[]
  /** Why it sends nothing to Loops. */
  readonly reason: string | undefined
  /** Properties that the settings name and the event lacks, although it has one with a similar name. */
  readonly hints: readonly string[]
  /** What a reader should know about the outcome. */
  readonly note?: string | undefined
  readonly outcome: Pick<Outcome, 'made' | 'errors' | 'logs' | 'waitsFor'>
}
