import { isRecord, own } from '../json'
import type { Properties } from '../json'
import type { CapturedEvent } from '../event'

/** A person as PostHog has stored it. */
export interface StoredPerson {
  readonly id?: string
  readonly properties: Properties
}

/** An event together with what is known of its person. */
export interface EventWithPerson {
  readonly event: CapturedEvent
  readonly properties: Properties
  readonly person: Properties
  readonly personId: string | undefined
  /** Names of person properties that the event removes. */
  readonly unset: readonly string[]
}

/**
 * What is known of the person: what PostHog has stored, if that was asked for, and what the event says of the person itself.
 * Other properties of the event may be somebody else's. `$set_once` sets what PostHog has not stored.
 */
export function withPerson(event: CapturedEvent, stored?: StoredPerson): EventWithPerson {
  const properties = isRecord(event.properties) ? event.properties : {}
  const { set, setOnce, unset } = personChanges(event)
  const person = layered([setOnce, stored?.properties, set])
  return { event, properties, person: without(person, unset), personId: stored?.id, unset }
}

export function personChanges(event: CapturedEvent) {
  const { properties } = event
  const set = own(properties, '$set') ?? event.$set
  const setOnce = own(properties, '$set_once') ?? event.$set_once
  const unset = own(properties, '$unset')
  // PostHog takes a list of names, or an object with them.
  const removed: readonly unknown[] = Array.isArray(unset) ? unset : Object.keys(isRecord(unset) ? unset : {})
  return {
    set: isRecord(set) ? set : undefined,
    setOnce: isRecord(setOnce) ? setOnce : undefined,
    unset: removed.filter((name): name is string => typeof name === 'string'),
  }
}

/** All of them, later ones on top. A single one is not copied: with thousands of properties, copies cost the most. */
export function layered(layers: readonly (Properties | undefined)[]): Properties {
  const [first = {}, ...others] = layers.filter((layer) => layer !== undefined)
  return others.reduce<Properties>((under, over) => ({ ...under, ...over }), first)
}

export function without(properties: Properties, names: readonly string[]): Properties {
  if (names.length === 0) return properties
  const removed = new Set(names)
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !removed.has(name)))
}

/** A person in the cache, with the time (milliseconds since 1970) at which PostHog was asked. */
export interface CachedPerson extends StoredPerson {
  readonly askedAt: number
}

/** What an event changes of its person. */
export type PersonChanges = ReturnType<typeof personChanges>
