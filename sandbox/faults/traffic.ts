import type { AppConfig } from '../app/config-file'
import type { CapturedEvent } from '../posthog/shapes'
import type { Random } from './random'

/** When the events happen: all within a second, or over an hour. */
export type Arrivals = 'burst' | 'hour'

export interface TrafficOptions {
  arrivals: Arrivals
  events: number
  people: number
  /** The share of contact updates that a second event repeats right after. */
  chatter: number
}

export interface Person {
  readonly email: string
  readonly userId: string
}

/** The change in Loops that one event asks for. */
export interface Wish {
  /** Its place in the order in which the events happened. */
  readonly number: number
  readonly person: Person
  /** The unique value of the event property `reference`; undefined if the event is not to be sent. */
  readonly reference?: string
  /** The contact properties to write. No two wishes have the same value. */
  readonly properties: ReadonlyMap<string, string>
}

/** An event on its way to the plugin server. */
export interface Arrival {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly event: CapturedEvent
}

export interface Traffic {
  readonly people: readonly Person[]
  readonly wishes: readonly Wish[]
  readonly arrivals: readonly Arrival[]
}

/** The settings by which the app turns the traffic's events into what their wishes say. */
export const trafficConfig: AppConfig = {
  email: '{person.properties.email}',
  userId: '{event.distinct_id}',
  trackedEvents: 'purchase, plan changed',
  contactEvents: '$identify, $set, plan changed',
  eventProperties: 'reference: {event.properties.reference}, total: {event.properties.total}',
  contactProperties:
    'firstName: {person.properties.firstName}, city: {person.properties.city}, plan: {person.properties.plan}',
}

/** The contact properties of the settings above. */
export const contactProperties = ['firstName', 'city', 'plan'] as const

const spans: Readonly<Record<Arrivals, number>> = { burst: 700, hour: 3_600_000 }
const mostLate = 300

/** Makes the events that happen from `start` on. The same `random` gives the same events. */
export function makeTraffic(options: TrafficOptions, start: number, random: Random): Traffic {
  const people = Array.from({ length: options.people }, (_, place) => ({
    email: `person-${place}@example.com`,
    userId: `user_${place}`,
  }))
  const happenings = happeningsOf(options, people, start, random)
  const wishes = happenings.map(({ person }, number) => wishOf(number, person, random))
  const arrivals = wishes.flatMap((wish, number) => {
    const at = happenings[number]?.at ?? start
    return arrivalsOf(wish, at, options.chatter, random)
  })
  return { people, wishes, arrivals }
}

interface Happening {
  readonly person: Person
  readonly at: number
}

/** A fifth of the events follow another one of the same person within milliseconds, as page views follow a log-in. */
function happeningsOf(options: TrafficOptions, people: Person[], start: number, random: Random): Happening[] {
  const happenings: Happening[] = []
  for (let number = 0; number < options.events; number++) {
    const before = happenings.at(-1)
    happenings.push(
      before !== undefined && random.chance(0.2)
        ? { person: before.person, at: before.at + random.between(2, 9) }
        : { person: random.pick(people), at: start + random.between(0, spans[options.arrivals]) },
    )
  }
  return spreadApart(happenings.sort((one, other) => one.at - other.at))
}

/** Moves the events of a person apart, so that no two have the same timestamp and one of them is newer. */
function spreadApart(happenings: readonly Happening[]): Happening[] {
  const times = new Map<Person, number>()
  return happenings.map(({ person, at }) => {
    const time = Math.max(at, (times.get(person) ?? 0) + 2)
    times.set(person, time)
    return { person, at: time }
  })
}

function wishOf(number: number, person: Person, random: Random): Wish {
  const kind = random.next()
  const isSent = kind < 0.55
  const isUpdate = kind >= 0.35
  const written = isUpdate ? contactProperties.filter(() => random.chance(0.5)) : []
  const names = isUpdate && written.length === 0 ? [random.pick(contactProperties)] : written
  return {
    number,
    person,
    ...(isSent && { reference: `order-${number}` }),
    properties: new Map(names.map((name) => [name, `${name}-${number}`])),
  }
}

/** The arrival of the event, a little late in a tenth of the cases, and of its repetition if it has one. */
function arrivalsOf(wish: Wish, at: number, chatter: number, random: Random): Arrival[] {
  const event = eventOf(wish, at, random)
  const late = random.chance(0.1) ? random.between(1, mostLate) : 0
  const arrival = { at: at + late, event }
  if (!random.chance(wish.reference === undefined ? chatter : 0)) return [arrival]
  const repetition = { ...event, uuid: uuidFrom(random), timestamp: new Date(at + 1).toISOString() }
  return [arrival, { at: arrival.at + 1, event: repetition }]
}

function eventOf({ number, person, reference, properties }: Wish, at: number, random: Random): CapturedEvent {
  const isUpdate = properties.size > 0
  const knowsEmail = random.chance(isUpdate ? 0.75 : 0.3)
  const $set = { ...(knowsEmail && { email: person.email }), ...Object.fromEntries(properties) }
  return {
    uuid: uuidFrom(random),
    event: isUpdate ? updateName(reference, random) : 'purchase',
    distinct_id: person.userId,
    team_id: 1,
    timestamp: new Date(at).toISOString(),
    properties: {
      ...(reference !== undefined && { reference, total: number }),
      ...(Object.keys($set).length > 0 && { $set }),
    },
  }
}

function updateName(reference: string | undefined, random: Random): string {
  if (reference !== undefined) return 'plan changed'
  return random.chance(0.5) ? '$identify' : '$set'
}

function uuidFrom(random: Random): string {
  const digits = Array.from({ length: 30 }, () => random.between(0, 15).toString(16)).join('')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-8${digits.slice(15, 18)}-${digits.slice(18)}`
}
