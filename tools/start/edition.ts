import type { Outcome } from '../simulators/app/observed-app'
import type { CapturedEvent } from '../lib/shapes'

/** The app or the destination, as the replay runs it. */
export interface Edition {
  /** Runs an event to its end. Throws UsageError if the settings are refused. */
  replay(event: CapturedEvent): Promise<EventResult>
  close(): void
}

/** The outcome of an event, with its explanation. */
export interface EventResult {
  /** The groups of settings, or the mappings, that the event matches. */
  readonly matched: readonly string[]
  /** Why it sends nothing to Loops. */
  readonly reason: string | undefined
  /** Properties that the settings name and the event lacks, although it has one whose name looks alike. */
  readonly hints: readonly string[]
  readonly outcome: Pick<Outcome, 'made' | 'errors' | 'logs' | 'waits'>
}
