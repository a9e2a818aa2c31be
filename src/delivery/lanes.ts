/**
 * The requests of a worker that are under way, a lane for each contact. A request is in its lane from the moment in which
 * PostHog hands its event over, before any `await`, until Loops has answered or a job holds the event:
 *
 * - queued: the request before it is still under way.
 * - under way: the app asks the cache or Loops.
 *
 * The invariant: of the requests that share a user ID or an email, one is under way, and the others wait in the order in which
 * PostHog handed them over. So no request is sent before an earlier one.
 */
import type { Identity } from '../loops/request'

interface Entry {
  state: 'queued' | 'under way'
  readonly left: Promise<void>
}

export interface Lane {
  /** Ends once the requests before have left the lane; `undefined` if there is none. */
  readonly before: Promise<unknown> | undefined
  /** The wait for `before` is over. */
  readonly begin: () => void
  /** Enters the lane of another email as well; false if a request is there. It does not wait, as two could wait for each other. */
  readonly extend: (email: string) => boolean
  readonly leave: () => void
}

export interface Lanes {
  /** True if a request waits there already: where a job can hold the event, it does not wait as well. */
  readonly isFull: (identity: Identity) => boolean
  readonly enter: (identity: Identity) => Lane
}

export function createLanes(): Lanes {
  /** The last request of each lane, by identifier. */
  const last = new Map<string, Entry>()

  function ahead(identity: Identity): Entry[] {
    const entries = keysOf(identity).map((key) => last.get(key))
    return [...new Set(entries.filter((entry) => entry !== undefined))]
  }

  return {
    isFull: (identity) => ahead(identity).some(({ state }) => state === 'queued'),
    enter: (identity) => {
      const others = ahead(identity)
      let resolve = (): void => undefined
      const left = new Promise<void>((ends) => {
        resolve = ends
      })
      const entry: Entry = { state: others.length === 0 ? 'under way' : 'queued', left }
      const keys = keysOf(identity)
      for (const key of keys) last.set(key, entry)
      return {
        before: others.length === 0 ? undefined : Promise.all(others.map((other) => other.left)),
        begin: () => {
          entry.state = 'under way'
        },
        extend: (email) => {
          const [key = ''] = keysOf({ email })
          const holder = last.get(key)
          if (holder !== undefined && holder !== entry) return false
          keys.push(key)
          last.set(key, entry)
          return true
        },
        leave: () => {
          for (const key of keys) if (last.get(key) === entry) last.delete(key)
          resolve()
        },
      }
    },
  }
}

function keysOf({ email, userId }: Identity): string[] {
  return [
    ...(userId === undefined ? [] : [`user ${userId}`]),
    ...(email === undefined ? [] : [`email ${email.toLowerCase()}`]),
  ]
}
