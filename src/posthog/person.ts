import type { CapturedEvent } from './event'
import { isRecord, ownProperty } from '../json'
import type { Properties } from '../json'

/** An event and the known properties of its person: the input of filters and templates. */
export interface EventWithPerson {
  readonly event: CapturedEvent
  readonly properties: Properties
  readonly person: Properties
  readonly personId: string | undefined
  /**
   * The properties in `$set_once`, which may be outdated: PostHog keeps the first value, and SDKs repeat it at each start. `undefined`
   * if the stored person is known, since that one decides.
   */
  readonly setOnce: Properties | undefined
  /** Whether the person was looked up: otherwise `person` has only what the event itself says. */
  readonly isPersonKnown: boolean
  /** The names of the person properties that the event removes. */
  readonly unset: readonly string[]
}

/** A person as PostHog stores it. */
export interface StoredPerson {
  readonly id?: string
  readonly properties: Properties
}

/**
 * Joins the event with its person. With the stored person PostHog's order applies: `$set` replaces the stored properties,
 * `$set_once` only adds to them, and `$unset` removes from both. Without it only `$set` counts. Other event properties are
 * never read as the person's: they may be another person's.
 *
 * @param stored the person that PostHog stores, if it was looked up.
 */
export function withPerson(event: CapturedEvent, stored?: StoredPerson): EventWithPerson {
  const properties = isRecord(event.properties) ? event.properties : {}
  const { set, setOnce, unset } = personChanges(event)
  const layers = stored === undefined ? [set] : [setOnce, stored.properties, set]
  return {
    event,
    properties,
    person: without(layered(layers), unset),
    personId: stored?.id,
    isPersonKnown: stored !== undefined,
    setOnce: stored === undefined ? setOnce : undefined,
    unset,
  }
}

/** The event with a person who also has the properties in `$set_once`. */
export function withSetOnce(data: EventWithPerson): EventWithPerson {
  const person = without(layered([data.setOnce, data.person]), data.unset)
  return { ...data, person, setOnce: undefined }
}

/** The changes that an event makes to its person. */
export interface PersonChanges {
  readonly set: Properties | undefined
  readonly setOnce: Properties | undefined
  readonly unset: readonly string[]
}

/** Reads `$set`, `$set_once` and `$unset`. PostHog takes `$unset` as a list of names, or as an object with those names. */
export function personChanges(event: CapturedEvent): PersonChanges {
  const { properties } = event
  const set = ownProperty(properties, '$set') ?? event.$set
  const setOnce = ownProperty(properties, '$set_once') ?? event.$set_once
  const unset = ownProperty(properties, '$unset')
  const removed: readonly unknown[] = Array.isArray(unset) ? unset : Object.keys(isRecord(unset) ? unset : {})
  return {
    set: isRecord(set) ? set : undefined,
    setOnce: isRecord(setOnce) ? setOnce : undefined,
    unset: removed.filter((name): name is string => typeof name === 'string'),
  }
}

/** Merges the layers; a later one wins. A single layer is returned itself: copying thousands of properties is slow. */
function layered(layers: readonly (Properties | undefined)[]): Properties {
  const [first = {}, ...others] = layers.filter((layer) => layer !== undefined)
  return others.reduce<Properties>((under, over) => ({ ...under, ...over }), first)
}

/** The properties without those names; the same object if there are no names. */
export function without(properties: Properties, names: readonly string[]): Properties {
  if (names.length === 0) return properties
  const removed = new Set(names)
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !removed.has(name)))
}
