/** The questions and answers between the page and its server. The page has no Node.js, the server no DOM. */
import type { DestinationSettings, DestinationStart, Refused } from '../../destination/from-settings/types'
import type { CapturedEvent, SettingField } from '../lib/shapes'

export type {
  DestinationSettings,
  DestinationStart,
  InputSchema,
  MappingSettings,
  WrittenFilter,
} from '../../destination/from-settings/types'

/** The app's settings: text by key. */
export type Settings = Record<string, string>

export interface Server {
  name: string
  /** The releases or build dates that behave like this. */
  from: string
  until: string
}

/** The name of the server that runs no apps: the destination runs on it. */
export const TODAY = 'today'

/** An event that an SDK has sent to the playground. */
export interface LiveEvent {
  /** Counts up from 1. */
  id: number
  event: CapturedEvent
}

/** Where events may be sent to. */
export type Target = 'simulator' | 'loops'

/** Settings and events that show one use of the app. */
export interface RecipeStart {
  id: string
  name: string
  sentence: string
  settings: Settings
  events: CapturedEvent[]
}

/** The data that the page starts with. */
export interface Start {
  fields: SettingField[]
  servers: Server[]
  /** The name of the server that the page selects first. */
  server: string
  recorded: CapturedEvent[]
  recipes: RecipeStart[]
  destination: DestinationStart
  /** The key that the form starts with, so that the first event gives a request. */
  simulatorKey: string
}

/** One error in the settings. */
export interface Problem {
  /**
   * The setting's key; null if the sentence names no setting. In the destination a key of the second mapping is
   * `1.mailingLists`.
   */
  key: string | null
  /** Without the label, unless `key` is null. */
  sentence: string
}

/** How the settings apply to an event. */
export interface Verdict {
  /** The groups of settings that the event matches. */
  matched: ('Events to send' | 'Update contacts')[]
  /** Why the app skips a matching event. */
  skipped?: string
}

export interface LoopsAnswer {
  status?: number
  body: string
  /** The error's message if no answer came. */
  error?: string
}

export interface ShownRequest {
  /** The mapping of the destination that makes the request. */
  mapping?: string
  method: string
  url: string
  /** With the key masked. */
  headers: Record<string, string>
  body: string
  /** Undefined if the request was not sent. */
  answer?: LoopsAnswer
}

/** The result of an event. */
export interface Result {
  verdict: Verdict
  requests: ShownRequest[]
  /** Why there is no request, in one sentence. */
  reason?: string
  /** The problems that keep the app or the destination off: nothing was tried. */
  problems?: Problem[]
  /** True if no setting names the event, so that naming it would send it. */
  isUnnamed?: true
  /** The names in Loops that the settings map, and whose values the event lacks. */
  missing: string[]
  /** The unexpected differences between the event and its request, each in a sentence. */
  warnings: string[]
  errors: string[]
  /** The lines of the app's Logs tab. */
  logs: string[]
}

export interface MailingListState {
  id: string
  name: string
  /** The email addresses of its contacts. */
  members: string[]
}

export interface LoopsEvent {
  eventName: string
  email: string
  eventProperties: Record<string, unknown>
}

/** The contents of the Loops simulator. */
export interface LoopsState {
  contacts: Record<string, unknown>[]
  lists: MailingListState[]
  /** The newest first, as many as the page shows. */
  events: LoopsEvent[]
  eventCount: number
}

/** The part that all questions share: the current settings and the chosen server. */
export interface SettingsQuestion {
  settings: Settings
  server: string
  /** Asked for with the server that runs the destination instead of the app. */
  destination?: DestinationSettings
  /** The ids of the recipes whose events are in the list in place of the recorded ones. */
  recipes?: readonly string[]
}

export interface EventQuestion extends SettingsQuestion {
  /** The server checks it, because it may come from the editor. */
  event: unknown
}

/** `lists` asks for the mailing lists with the same, but for the event. */
export interface SendQuestion extends EventQuestion {
  to: Target
  /** True if the user has confirmed to send to the real Loops. */
  confirmed?: boolean
}

export interface VerdictsQuestion extends SettingsQuestion {
  /** Asks only for live events with a higher id, and for no recorded ones. */
  after?: number
}

export interface Verdicts {
  recorded: Verdict[]
  live: { id: number; verdict: Verdict }[]
}

/** Asks how to install the settings. */
export interface InstallQuestion extends SettingsQuestion {
  /** The address of the PostHog that gets the destination; the app is installed by hand. */
  posthog: string
}

/** How to install the destination or the app, or why these settings cannot be installed. */
export type Install = InstallWays | InstallOfApp | Refused

export interface InstallOfApp {
  /** Where the server takes the app; if both are here, its build date decides. */
  readonly by: readonly ('page' | 'rest')[]
  /** What to write into the app's form. */
  readonly settings: readonly { readonly key: string; readonly label: string; readonly text: string }[]
}

export interface InstallWays {
  /** A command to paste into a shell that has the keys in its environment. */
  readonly deploy: string
  /** Opens PostHog's form, filled in. */
  readonly link: string
}
