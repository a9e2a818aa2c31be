import type { AppConfig } from '../../lib/config-file'
import type { CapturedEvent } from '../../lib/shapes'
import { momentsOf, watchedIn } from './loads'
import type { Load, Moment } from './loads'
import type { Random } from './random'

/**
 * What is unusual about the people and their events:
 *
 * - `wrongClocks`: half of the events come from devices whose clocks are minutes, hours or years ahead or behind.
 * - `twoDistinctIds`: each person has two distinct_ids; the user ID comes from a property of the event.
 * - `movingAddresses`: at some time the first person of each pair changes the email address, and the second person of the
 *   pair, who has had no events before, has the former address of the first from then on.
 */
export type TrafficKind = 'usual' | 'wrongClocks' | 'twoDistinctIds' | 'movingAddresses'

export interface TrafficOptions {
  kind: TrafficKind
  load: Load
  events: number
  people: number
  /** The share of contact updates that a second event repeats right after. */
  chatter: number
}

export interface Person {
  /** The address at first. */
  readonly email: string
  readonly userId: string
  /** Another address that the person has from some time on, if it changes. */
  readonly laterEmail?: string
  /** The user ID of the person who has the same address before or after. */
  readonly sharesAddressWith?: string
  /** True if Loops does not know the person at first. */
  readonly isNew?: boolean
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
  /** The ID of its event. */
  readonly uuid: string
  /** The ID of a second event that repeats it right after, if one does. */
  readonly repetition?: string
}

/** An event on its way to the plugin server. */
export interface Arrival {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly event: CapturedEvent
}

export interface Traffic {
  readonly people: readonly Person[]
  /** Those whose events must not be held up. */
  readonly watched: ReadonlySet<Person>
  readonly wishes: readonly Wish[]
  readonly arrivals: readonly Arrival[]
}

const usualConfig: AppConfig = {
  email: '{person.properties.email}',
  userId: '{event.distinct_id}',
  // The clock of a device may be years behind.
  maxEventAge: '',
  trackedEvents: 'purchase, plan changed',
  contactEvents: '$identify, $set, plan changed',
  eventProperties: 'reference: {event.properties.reference}, total: {event.properties.total}',
  contactProperties:
    'firstName: {person.properties.firstName}, city: {person.properties.city}, plan: {person.properties.plan}',
}

/** The settings by which the app turns the traffic's events into what their wishes say. */
export function trafficConfig(kind: TrafficKind): AppConfig {
  return kind === 'twoDistinctIds' ? { ...usualConfig, userId: '{event.properties.account}' } : usualConfig
}

/** The contact properties of the settings above. */
export const contactProperties = ['firstName', 'city', 'plan'] as const

const mostLate = 300

/** Makes the events that happen from `start` on. The same `random` gives the same events. */
export function makeTraffic(options: TrafficOptions, start: number, random: Random): Traffic {
  const people = peopleOf(options)
  const moments = momentsOf(options.load, options.events, random)
  const end = start + Math.max(...moments.map(({ after }) => after))
  const pairs = options.kind === 'movingAddresses' ? pairsOf(people, { start, end }, random) : new Map<Person, Pair>()
  const happenings = happeningsOf(moments, people, pairs, start, random)
  const wishes = happenings.map((happening, number) => wishOf(number, happening, options.chatter, random))
  const arrivals = happenings.flatMap(({ person, at, asks }, number) => {
    const wish = wishes[number]
    const hasMoved = at >= (pairs.get(person)?.movesAt ?? Infinity)
    const email = (hasMoved ? person.laterEmail : undefined) ?? person.email
    // A user ID alone may have no contact, or have lost it to the new owner of its address: Loops would refuse the event.
    const namesEmail = options.kind === 'movingAddresses' || asks !== undefined
    return wish === undefined ? [] : arrivalsOf({ wish, at, email, namesEmail }, options.kind, random)
  })
  const places = watchedIn(options.load, options.people)
  const watched = new Set(people.filter((_, place) => places?.has(place) ?? true))
  return { people, watched, wishes, arrivals }
}

function peopleOf({ people, kind }: TrafficOptions): Person[] {
  return Array.from({ length: people }, (_, place) => {
    const person = { email: `person-${place}@example.com`, userId: `user_${place}` }
    if (kind !== 'movingAddresses') return person
    if (place % 2 === 0)
      return { ...person, laterEmail: `moved-${place}@example.com`, sharesAddressWith: `user_${place + 1}` }
    return { ...person, email: `person-${place - 1}@example.com`, sharesAddressWith: `user_${place - 1}`, isNew: true }
  })
}

/** Two people of whom the second takes over the address of the first. */
interface Pair {
  readonly first: Person
  /** Milliseconds since 1970. */
  readonly movesAt: number
}

/** The pair of each person. */
function pairsOf(people: readonly Person[], { start, end }: { start: number; end: number }, random: Random) {
  const pairs = new Map<Person, Pair>()
  people.forEach((person, place) => {
    const before = people[place - 1]
    const pair = person.isNew && before ? pairs.get(before) : undefined
    pairs.set(person, pair ?? { first: person, movesAt: random.between(start, end) })
  })
  return pairs
}

interface Happening {
  readonly person: Person
  readonly at: number
  readonly asks: Moment['asks']
}

/** A fifth of the events follow another one of the same person within milliseconds, as page views follow a log-in. */
function happeningsOf(
  moments: readonly Moment[],
  people: Person[],
  pairs: ReadonlyMap<Person, Pair>,
  start: number,
  random: Random,
): Happening[] {
  const happenings: Happening[] = []
  for (const { after, person: place, asks } of moments) {
    const before = happenings.at(-1)
    if (place === undefined && before !== undefined && random.chance(0.2)) {
      happenings.push({ ...before, at: before.at + random.between(2, 9) })
      continue
    }
    const person = place === undefined ? undefined : people[place]
    happenings.push({ person: person ?? random.pick(people), at: start + after, asks })
  }
  // Before an address moves, its events are those of the first of the pair.
  const owned = happenings.map((happening) => {
    const { person, at } = happening
    const pair = person.isNew ? pairs.get(person) : undefined
    return { ...happening, person: pair !== undefined && at < pair.movesAt ? pair.first : person }
  })
  return spreadApart(owned.sort((one, other) => one.at - other.at))
}

/** Moves the events of a person apart, so that no two have the same timestamp and one of them is newer. */
function spreadApart(happenings: readonly Happening[]): Happening[] {
  const times = new Map<Person, number>()
  return happenings.map((happening) => {
    const time = Math.max(happening.at, (times.get(happening.person) ?? 0) + 2)
    times.set(happening.person, time)
    return { ...happening, at: time }
  })
}

function wishOf(number: number, { person, asks }: Happening, chatter: number, random: Random): Wish {
  const kind = asks === undefined ? random.next() : { event: 0, update: 1 }[asks]
  const isSent = kind < 0.55
  const isUpdate = kind >= 0.35
  const written = isUpdate ? contactProperties.filter(() => random.chance(0.5)) : []
  const names = isUpdate && written.length === 0 ? [random.pick(contactProperties)] : written
  return {
    number,
    person,
    ...(isSent && { reference: `order-${number}` }),
    properties: new Map(names.map((name) => [name, `${name}-${number}`])),
    uuid: uuidFrom(random),
    ...(!isSent && random.chance(chatter) && { repetition: uuidFrom(random) }),
  }
}

interface Occurrence {
  readonly wish: Wish
  readonly at: number
  /** The person's address at that time. */
  readonly email: string
  /** Whether the event names the address in any case. */
  readonly namesEmail: boolean
}

/** The arrival of the event, a little late in a tenth of the cases, and of its repetition if it has one. */
function arrivalsOf(occurrence: Occurrence, kind: TrafficKind, random: Random): Arrival[] {
  const { wish, at } = occurrence
  const event = eventOf(occurrence, kind, random)
  const late = random.chance(0.1) ? random.between(1, mostLate) : 0
  const arrival = { at: at + late, event }
  if (wish.repetition === undefined) return [arrival]
  const timestamp = new Date(Date.parse(event.timestamp) + 1).toISOString()
  return [arrival, { at: arrival.at + 1, event: { ...event, uuid: wish.repetition, timestamp } }]
}

function eventOf({ wish, at, email, namesEmail }: Occurrence, kind: TrafficKind, random: Random): CapturedEvent {
  const { number, person, reference, properties, uuid } = wish
  const isUpdate = properties.size > 0
  const $set = {
    ...((namesEmail || random.chance(isUpdate ? 0.75 : 0.3)) && { email }),
    ...Object.fromEntries(properties),
  }
  const hasTwoIds = kind === 'twoDistinctIds'
  return {
    uuid,
    event: isUpdate ? updateName(reference, random) : 'purchase',
    distinct_id: hasTwoIds && random.chance(0.5) ? `backend-${person.userId}` : person.userId,
    team_id: 1,
    timestamp: new Date(kind === 'wrongClocks' ? at + clockError(random) : at).toISOString(),
    properties: {
      ...(reference !== undefined && { reference, total: number }),
      ...(hasTwoIds && { account: person.userId }),
      ...(Object.keys($set).length > 0 && { $set }),
    },
  }
}

const clockErrors = [10 * 60_000, 3 * 3_600_000, 2 * 365 * 86_400_000]

/** How far the clock of a device is ahead, in milliseconds: not at all for half of them. */
function clockError(random: Random): number {
  if (random.chance(0.5)) return 0
  const error = random.pick(clockErrors)
  return random.chance(0.5) ? error : -error
}

function updateName(reference: string | undefined, random: Random): string {
  if (reference !== undefined) return 'plan changed'
  return random.chance(0.5) ? '$identify' : '$set'
}

function uuidFrom(random: Random): string {
  const digits = Array.from({ length: 30 }, () => random.between(0, 15).toString(16)).join('')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-8${digits.slice(15, 18)}-${digits.slice(18)}`
}
