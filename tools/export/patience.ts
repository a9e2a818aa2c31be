/** Patience with a PostHog that is busy, or away for a while. */
import type { Clock } from '../lib/clock'
import { SECOND } from '../../src/time'
import { Refusal } from '../posthog-api/refusal'

export interface Patience {
  readonly clock: Clock
  /** Ends a wait. */
  readonly signal: AbortSignal
  /** Takes a sentence about a longer wait. */
  readonly tell: (sentence: string) => void
}

/** The user has stopped the command. */
export class Stopped extends Error {}

/** PostHog does not come back. The persons read so far are kept. */
export class GaveUp extends Error {}

const LONGEST_WAIT = 60 * SECOND
/** Waits of 1, 2, 4 ... 60 s between them: about eight minutes. */
const MOST_FAILURES = 12

/**
 * Asks until PostHog answers: waits as long as a 429 says, and tries a 5xx or a failure of the network again.
 *
 * @throws what `ask` throws for any other reason, `GaveUp` after twelve failures in a row, `Stopped`.
 */
export async function patiently<Answer>(ask: () => Promise<Answer>, patience: Patience): Promise<Answer> {
  let failures = 0
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      throwIfStopped(patience)
      if (!(error instanceof Refusal) || !passes(error)) throw error
      const wait = waitAfter(error, failures)
      if (error.status !== 429) failures += 1
      if (failures === MOST_FAILURES) throw new GaveUp(`PostHog failed ${failures} times in a row (${nameOf(error)}).`)
      await pause(wait, nameOf(error), patience)
    }
  }
}

function passes({ status }: Refusal): boolean {
  return status === 0 || status === 429 || status >= 500
}

function waitAfter({ status, retryAfter }: Refusal, failures: number): number {
  if (retryAfter > 0) return retryAfter * SECOND
  return Math.max(Math.min(LONGEST_WAIT, SECOND * 2 ** failures), status === 429 ? 10 * SECOND : 0)
}

function nameOf({ status, detail }: Refusal): string {
  if (status === 0) return detail
  return status === 429 ? 'too many requests (429)' : `an error of the server (${status})`
}

async function pause(milliseconds: number, reason: string, patience: Patience): Promise<void> {
  const { clock, signal, tell } = patience
  if (milliseconds > 5 * SECOND) tell(`PostHog: ${reason}. The export waits ${Math.ceil(milliseconds / SECOND)} s.`)
  await new Promise<void>((resolve) => {
    const cancel = clock.after(milliseconds, ended)
    function ended(): void {
      // A timer that is left would keep a stopped command alive.
      cancel()
      signal.removeEventListener('abort', ended)
      resolve()
    }
    signal.addEventListener('abort', ended)
  })
  throwIfStopped(patience)
}

function throwIfStopped({ signal }: Patience): void {
  if (signal.aborted) throw new Stopped()
}
