import { ingest } from '../simulators/posthog/events'
import type { RawEvent } from '../simulators/posthog/events'
import type { LiveEvent } from './contract'

/** A message to the page: all live events, a new one, the status of Loops’ answer, or a change in the Loops simulator. */
export type News =
  | { name: 'all'; data: LiveEvent[] }
  | { name: 'captured'; data: LiveEvent }
  | { name: 'answer'; data: number }
  | { name: 'loops'; data: null }

type Listener = (news: News) => void

const MOST_EVENTS = 500
const MOST_CHARACTERS = 32 * 1024 * 1024

/** The events that SDKs have sent, oldest first. The oldest are dropped, so that an SDK in a loop cannot fill the memory. */
export class LiveEvents {
  private readonly kept: { live: LiveEvent; size: number }[] = []
  private readonly listeners = new Set<Listener>()
  private lastId = 0
  private size = 0

  all(): LiveEvent[] {
    return this.kept.map(({ live }) => live)
  }

  /** Ingests an event of an SDK as PostHog does, and keeps it. */
  capture(raw: RawEvent): void {
    const live = { id: ++this.lastId, event: ingest(raw) }
    const size = JSON.stringify(live).length
    this.kept.push({ live, size })
    this.size += size
    while (this.kept.length > MOST_EVENTS || (this.size > MOST_CHARACTERS && this.kept.length > 1)) {
      this.size -= this.kept.shift()?.size ?? 0
    }
    this.tell({ name: 'captured', data: live })
  }

  clear(): void {
    this.kept.length = 0
    this.size = 0
    this.tell({ name: 'all', data: [] })
  }

  tell(news: News): void {
    this.listeners.forEach((listener) => {
      listener(news)
    })
  }

  /** Sends `listener` all events and then every news. Returns a function that ends this. */
  listen(listener: Listener): () => void {
    listener({ name: 'all', data: this.all() })
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }
}
