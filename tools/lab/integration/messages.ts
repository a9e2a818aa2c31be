import type { CapturedEvent } from '../../lib/shapes'

/** What a server process needs to know. */
export interface ProcessSettings {
  /** The app's folder. */
  readonly directory: string
  readonly config: Record<string, string>
  readonly redisUrl: string
  readonly databaseUrl: string
  /** The schema of the queue in PostgreSQL. */
  readonly schema: string
  /** The beginning of the app's keys in Redis. */
  readonly keyPrefix: string
  readonly loopsUrl: string
  /** Whether the app runs in a plain context instead of vm2. */
  readonly trusted: boolean
}

export type MessageToProcess =
  | { readonly kind: 'start'; readonly settings: ProcessSettings }
  | { readonly kind: 'events'; readonly events: readonly CapturedEvent[] }

/** What one process has done since it was started. */
export interface Counts {
  /** Commands that the app gave Redis. */
  readonly commands: number
  /** Jobs that the app queued. */
  readonly jobs: number
}

/** A hand-over of an event to the app. */
export interface ReceiptInProcess {
  readonly uuid: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly worker: string
}

export type MessageFromProcess =
  | { readonly kind: 'ready' }
  /** The app gets an event. */
  | { readonly kind: 'received'; readonly receipt: ReceiptInProcess }
  | { readonly kind: 'handled'; readonly uuid: string }
  | { readonly kind: 'counts'; readonly counts: Counts }
  /** A hook or job has thrown, or the process stops itself. */
  | { readonly kind: 'failure'; readonly text: string }
