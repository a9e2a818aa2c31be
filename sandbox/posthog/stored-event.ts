/** An event as PostHog has stored it and hands it to its plugin server. */
export interface StoredEvent {
  uuid: string
  event: string
  distinct_id: string
  team_id: number
  properties: Record<string, unknown>
  /** ISO 8601 text. */
  timestamp: string
}
