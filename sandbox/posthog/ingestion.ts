import { randomUUID } from 'node:crypto'
import type { StoredEvent } from './stored-event'

export type CapturedEvent = StoredEvent

/** An event as an SDK sends it to the capture endpoint. */
export interface RawEvent {
  event: string
  uuid?: string
  distinct_id?: string | number
  /** Some SDKs name it so. */
  $distinct_id?: string | number
  properties?: Record<string, unknown>
  $set?: Record<string, unknown>
  $set_once?: Record<string, unknown>
  timestamp?: string
  /** Milliseconds that had passed when the event was sent, from SDKs that send no `timestamp`. */
  offset?: number
}

export interface IngestionContext {
  teamId: number
  /** Milliseconds since 1970. */
  now: number
  /** Gives a uuid to an event that has none. */
  newUuid: () => string
}

/** What the plugin server copies from an event to its person, so an app finds it in `$set` and `$set_once`. */
const personPropertiesOfEvents = [
  '$app_build',
  '$app_name',
  '$app_namespace',
  '$app_version',
  '$browser',
  '$browser_version',
  '$current_url',
  '$device_type',
  '$os',
  '$os_version',
  '$pathname',
  '$referrer',
  '$referring_domain',
  'fbclid',
  'gclid',
  'msclkid',
  'utm_campaign',
  'utm_content',
  'utm_medium',
  'utm_source',
  'utm_term',
] as const

/** What PostHog makes of an event before an app sees it. */
export function ingest(raw: RawEvent, context: Partial<IngestionContext> = {}): CapturedEvent {
  const { teamId = 1, now = Date.now(), newUuid = randomUUID } = context
  const distinctId = raw.distinct_id ?? raw.$distinct_id ?? raw.properties?.['distinct_id']
  if (typeof distinctId !== 'string' && typeof distinctId !== 'number') {
    throw new Error(`The event '${raw.event}' has no distinct_id. PostHog refuses such an event.`)
  }
  return {
    uuid: raw.uuid ?? newUuid(),
    event: raw.event,
    distinct_id: String(distinctId),
    team_id: teamId,
    properties: ingestedProperties(raw),
    timestamp: ingestedTimestamp(raw, now),
  }
}

function ingestedProperties(raw: RawEvent): Record<string, unknown> {
  const properties = raw.properties ?? {}
  const ofPerson = personPropertiesOfEvents.filter((name) => name in properties)
  const set = {
    ...Object.fromEntries(ofPerson.map((name) => [name, properties[name]])),
    ...asObject(properties['$set']),
    ...raw.$set,
  }
  const setOnce = {
    ...Object.fromEntries(ofPerson.map((name) => [`$initial_${name.replace(/^\$/, '')}`, properties[name]])),
    ...asObject(properties['$set_once']),
    ...raw.$set_once,
  }
  return {
    ...properties,
    ...(Object.keys(set).length > 0 && { $set: set }),
    ...(Object.keys(setOnce).length > 0 && { $set_once: setOnce }),
  }
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

function ingestedTimestamp(raw: RawEvent, now: number): string {
  const sent = raw.timestamp === undefined ? NaN : Date.parse(raw.timestamp)
  return new Date(Number.isNaN(sent) ? now - (raw.offset ?? 0) : sent).toISOString()
}
