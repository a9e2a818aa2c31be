/**
 * Shapes that the server and the playground's page share. This file imports nothing, because the page runs in a browser
 * and must not reach Node.js.
 */

/** An event as PostHog has stored it and hands it to its plugin server. */
export interface CapturedEvent {
  uuid: string
  event: string
  distinct_id: string
  team_id: number
  properties: Record<string, unknown>
  /** ISO 8601 text. */
  timestamp: string
}

/** A field of the settings panel, as plugin.json declares it. */
export interface SettingField {
  /** The heading of a group, above its first field. */
  markdown?: string
  key: string
  name: string
  type: 'string' | 'choice'
  default: string
  required: boolean
  secret?: boolean
  choices?: string[]
  /** Markdown. */
  hint: string
}

/** The app's settings as PostHog stores them: text by key. */
export type AppConfig = Record<string, string>
