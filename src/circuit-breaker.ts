/**
 * A circuit breaker for a service that hangs, so that it blocks the server's handlers for only some seconds a minute. Its
 * states:
 *
 * - closed: requests go out, and the time-outs in a row are counted.
 * - open: after five time-outs in a row no request goes out for a minute.
 * - half-open: the minute is over, and one request finds out whether the service is back. The others wait another minute, or
 *   until that request has ended.
 */
import { MINUTE } from './time'

type State =
  | { readonly name: 'closed'; readonly timeouts: number }
  | { readonly name: 'open'; readonly until: number }
  | { readonly name: 'half-open'; readonly until: number }

/** Two or three time-outs in a row are chance. */
const MOST_TIMEOUTS = 5

export interface CircuitBreaker {
  /** Until when requests have to wait: milliseconds since 1970; `undefined` if a request may go out. */
  readonly waitsUntil: () => number | undefined
  /** Notes that a request goes out, which `waitsUntil` allowed. */
  readonly begin: () => void
  /** Notes how that request has ended. */
  readonly end: (timedOut: boolean) => void
}

export function createCircuitBreaker(): CircuitBreaker {
  let state: State = { name: 'closed', timeouts: 0 }
  return {
    waitsUntil: () => (state.name !== 'closed' && Date.now() < state.until ? state.until : undefined),
    begin: () => {
      if (state.name !== 'closed') state = { name: 'half-open', until: Date.now() + MINUTE }
    },
    end: (timedOut) => {
      if (!timedOut) {
        state = { name: 'closed', timeouts: 0 }
        return
      }
      const timeouts = state.name === 'closed' ? state.timeouts + 1 : MOST_TIMEOUTS
      state = timeouts < MOST_TIMEOUTS ? { name: 'closed', timeouts } : { name: 'open', until: Date.now() + MINUTE }
    },
  }
}
