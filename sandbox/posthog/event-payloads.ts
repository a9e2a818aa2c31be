import type { CapturedEvent } from './ingestion'

type Properties = Record<string, unknown>

/** What `onEvent` receives, field for field. */
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

/** What `composeWebhook` receives, field for field. */
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
 * A deep copy that throws when it is changed. `Object.freeze` would not do: the server runs apps in sloppy mode, where a
 * write to a frozen object is lost without a word.
 */
export function unchangeable<Value>(value: Value, name: string): Value {
  if (typeof value !== 'object' || value === null) return value
  const copy: object = Array.isArray(value)
    ? value.map((element: unknown, index) => unchangeable(element, `${name}[${index}]`))
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unchangeable(inner, `${name}.${key}`)]))
  const allows = (key: string | symbol): boolean => {
    // While an array of the host is used, vm2 itself puts a `constructor` on it and takes it away again.
    if (Array.isArray(value) && key === 'constructor') return true
    throw new TypeError(`The app changed ${name}.${String(key)}. Other apps share that object.`)
  }
  return new Proxy(copy, {
    set: (target, key, written) => allows(key) && Reflect.set(target, key, written),
    deleteProperty: (target, key) => allows(key) && Reflect.deleteProperty(target, key),
    defineProperty: (target, key, descriptor) => allows(key) && Reflect.defineProperty(target, key, descriptor),
  }) as Value
}
