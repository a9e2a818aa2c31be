import { randomUUID } from 'node:crypto'
import type { CapturedEvent } from '../../lib/shapes'

type Properties = Record<string, unknown>

/** An event as an SDK sends it to the capture endpoint. */
export interface RawEvent {
  event: string
  uuid?: string
  distinct_id?: string | number
  /** The name that some SDKs use for `distinct_id`. */
  $distinct_id?: string | number
  properties?: Properties
  $set?: Properties
  $set_once?: Properties
  timestamp?: string
  /** Milliseconds between the event and its request, from SDKs that send no `timestamp`. */
  offset?: number
}

export interface IngestionContext {
  teamId: number
  /** Milliseconds since 1970. */
  now: number
  /** Gives a uuid to an event that has none. */
  newUuid: () => string
}

/** The event properties that the plugin server copies to `$set` and `$set_once`. */
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

/**
 * Turns an SDK's event into the event that PostHog stores and hands to apps.
 *
 * @throws Error if the event has no distinct_id.
 */
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

function ingestedProperties(raw: RawEvent): Properties {
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

/** The event as `onEvent` receives it, field for field. */
export function onEventPayload(event: CapturedEvent, properties: Properties): object {
  return {
    distinct_id: event.distinct_id,
    ip: properties['$ip'],
    team_id: event.team_id,
    event: event.event,
    properties,
    timestamp: event.timestamp,
    $set: properties['$set'],
    $set_once: properties['$set_once'],
    uuid: event.uuid,
    elements: [],
  }
}

/** The event as `composeWebhook` receives it, field for field. */
export function composeWebhookPayload(event: CapturedEvent, properties: Properties): object {
  return {
    uuid: event.uuid,
    event: event.event,
    team_id: event.team_id,
    distinct_id: event.distinct_id,
    properties,
    timestamp: new Date(event.timestamp),
  }
}

/**
 * A deep copy that throws a TypeError when the app changes it. `Object.freeze` is not enough: the server runs apps in
 * sloppy mode, where a write to a frozen object fails silently.
 */
export function unchangeable<Value>(value: Value, name: string): Value {
  if (typeof value !== 'object' || value === null) return value
  const copy: object = Array.isArray(value)
    ? value.map((element: unknown, index) => unchangeable(element, `${name}[${index}]`))
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unchangeable(inner, `${name}.${key}`)]))
  const allows = (key: string | symbol): boolean => {
    // While the app uses an array of the host, vm2 sets a `constructor` on it and then deletes it.
    if (Array.isArray(value) && key === 'constructor') return true
    throw new TypeError(`The app changed ${name}.${String(key)}. Other apps share that object.`)
  }
  return new Proxy(copy, {
    set: (target, key, written) => allows(key) && Reflect.set(target, key, written),
    deleteProperty: (target, key) => allows(key) && Reflect.deleteProperty(target, key),
    defineProperty: (target, key, descriptor) => allows(key) && Reflect.defineProperty(target, key, descriptor),
  }) as Value
}
