/** What the page and its server tell each other. It has types alone, since the one knows no Node.js and the other no DOM. */
import type { CapturedEvent, SettingField } from '../sandbox/posthog/shapes'

/** The app's settings: text by key. */
export type Settings = Record<string, string>

export interface Server {
  name: string
  /** The releases or build dates that behave like this. */
  from: string
  until: string
}

/** An event that an SDK has sent to the playground. */
export interface LiveEvent {
  /** Counts up from 1. */
  id: number
  event: CapturedEvent
}

/** Where events may be sent to. */
export type Target = 'stand-in' | 'loops'

/** What the page needs to draw itself. */
export interface Start {
  fields: SettingField[]
  servers: Server[]
  /** The name of the server that is chosen at first. */
  server: string
  recorded: CapturedEvent[]
  /** The key that the form starts with, so that there is something to see. */
  standInKey: string
}

/** One thing that is wrong with the settings. */
export interface Problem {
  /** The setting's key; null if the sentence names none. */
  key: string | null
  /** Without the label if the key is there. */
  sentence: string
}

/** What the settings make of an event. */
export interface Verdict {
  /** The halves of the app that the event matches. */
  matched: ('Events to send' | 'Update contacts')[]
  /** Why it is not sent all the same. */
  skipped?: string
}

export interface LoopsAnswer {
  status?: number
  body: string
  /** Why there is none. */
  error?: string
}

export interface ShownRequest {
  method: string
  url: string
  /** With the key masked. */
  headers: Record<string, string>
  body: string
  /** Left out if the request was not sent. */
  answer?: LoopsAnswer
}

/** What became of an event. */
export interface Result {
  verdict: Verdict
  requests: ShownRequest[]
  /** Why there is no request, in one sentence. */
  reason?: string
  /** What of the event is not in the request as one might expect, each in a sentence. */
  warnings: string[]
  errors: string[]
  /** The lines of the app's Logs tab. */
  logs: string[]
}

export interface MailingListState {
  id: string
  name: string
  /** The e-mail addresses of the contacts on it. */
  members: string[]
}

export interface LoopsEvent {
  eventName: string
  email: string
  eventProperties: Record<string, unknown>
}

/** What the Loops stand-in has. */
export interface LoopsState {
  contacts: Record<string, unknown>[]
  lists: MailingListState[]
  /** The newest first, and not more than the page shows. */
  events: LoopsEvent[]
  eventCount: number
}

/** A request of the page; each says what to make of the settings as they are at the moment. */
export interface SettingsQuestion {
  settings: Settings
  server: string
}

export interface EventQuestion extends SettingsQuestion {
  /** Checked by the server: it may come from the editor. */
  event: unknown
}

export interface SendQuestion extends EventQuestion {
  to: Target
  /** The person at the page has confirmed that the real Loops is meant. */
  confirmed?: boolean
}

export interface VerdictsQuestion extends SettingsQuestion {
  /** Only live events with a higher id are asked for, and no recorded ones. */
  after?: number
}

export interface Verdicts {
  recorded: Verdict[]
  live: { id: number; verdict: Verdict }[]
}
