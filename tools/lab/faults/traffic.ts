import type { AppConfig, CapturedEvent } from '../../lib/shapes'
import { momentsOf, watchedIn } from './loads'
import type { Load, Moment } from './loads'
import type { Random } from './random'

/**
 * What is unusual about the people and their events:
 *
 * - `wrongClocks`: half of the events come from devices whose clocks are minutes, hours or years ahead or behind.
 * - `twoDistinctIds`: each person has two distinct_ids; the user ID comes from a property of the event.
 * - `movingEmails`: at some time the first person of each pair changes the email, and the second person of the
 *   pair, who has had no events before, has the former email of the first from then on.
 */
export type TrafficKind = 'usual' | 'wrongClocks' | 'twoDistinctIds' | 'movingEmails'

export interface TrafficOptions {
  kind: TrafficKind
  load: Load
  events: number
  people: number
  /** The share of contact updates that a second event repeats right after. */
  chatter: number
}

export interface Person {
  /** The email at first. */
  readonly email: string
  readonly userId: string
  /** Another email that the person has from some time on, if it changes. */
  readonly laterEmail?: string
  /** The user ID of the person who has the same email before or after. */
  readonly sharesEmailWith?: string
  /** True if Loops does not know the person at first. */
  readonly isNew?: boolean
}

/** The change in Loops that one event asks for. */
export interface ExpectedWrite {
  /** Its position in the order in which the events happened. */
  readonly number: number
  readonly person: Person
  /** The unique value of the event property `reference`; undefined if the event is not to be sent. */
  readonly reference?: string
  /** The contact properties to write. No two writes have the same value. */
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
  /** Those whose events must not be delayed. */
  readonly watched: ReadonlySet<Person>
  readonly writes: readonly ExpectedWrite[]
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

/** The settings by which the app turns the traffic's events into what they are to write. */
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
  const pairs = options.kind === 'movingEmails' ? pairsOf(people, { start, end }, random) : new Map<Person, Pair>()
  const planned = plannedEventsOf(moments, people, pairs, start, random)
  const writes = planned.map((plannedEvent, number) => writeOf(number, plannedEvent, options.chatter, random))
  const arrivals = planned.flatMap(({ person, at, asks }, number) => {
    const write = writes[number]
    const hasMoved = at >= (pairs.get(person)?.movesAt ?? Infinity)
    const email = (hasMoved ? person.laterEmail : undefined) ?? person.email
    // A user ID alone may have no contact, or have lost it to the new owner of its email: Loops would reject the event.
    const namesEmail = options.kind === 'movingEmails' || asks !== undefined
    return write === undefined ? [] : arrivalsOf({ write, at, email, namesEmail }, options.kind, random)
  })
  const indexes = watchedIn(options.load, options.people)
  const watched = new Set(people.filter((_, index) => indexes?.has(index) ?? true))
  return { people, watched, writes, arrivals }
}

function peopleOf({ people, kind }: TrafficOptions): Person[] {
  return Array.from({ length: people }, (_, index) => {
    const person = { email: `person-${index}@example.com`, userId: `user_${index}` }
    if (kind !== 'movingEmails') return person
    if (index % 2 === 0)
      return { ...person, laterEmail: `moved-${index}@example.com`, sharesEmailWith: `user_${index + 1}` }
    return { ...person, email: `person-${index - 1}@example.com`, sharesEmailWith: `user_${index - 1}`, isNew: true }
  })
}

/** Two people of whom the second takes over the email of the first. */
interface Pair {
  readonly first: Person
  /** Milliseconds since 1970. */
  readonly movesAt: number
}

/** The pair of each person. */
function pairsOf(people: readonly Person[], { start, end }: { start: number; end: number }, random: Random) {
  const pairs = new Map<Person, Pair>()
  people.forEach((person, index) => {
    const before = people[index - 1]
    const pair = person.isNew && before ? pairs.get(before) : undefined
    pairs.set(person, pair ?? { first: person, movesAt: random.between(start, end) })
  })
  return pairs
}

interface PlannedEvent {
  readonly person: Person
  readonly at: number
  readonly asks: Moment['asks']
}

/** A fifth of the events follow another one of the same person within milliseconds, as page views follow a log-in. */
function plannedEventsOf(
  moments: readonly Moment[],
  people: Person[],
  pairs: ReadonlyMap<Person, Pair>,
  start: number,
  random: Random,
): PlannedEvent[] {
  const planned: PlannedEvent[] = []
  for (const { after, person: index, asks } of moments) {
    const before = planned.at(-1)
    if (index === undefined && before !== undefined && random.chance(0.2)) {
      planned.push({ ...before, at: before.at + random.between(2, 9) })
      continue
    }
    const person = index === undefined ? undefined : people[index]
    planned.push({ person: person ?? random.pick(people), at: start + after, asks })
  }
  // Before an email moves, its events are those of the first of the pair.
  const owned = planned.map((plannedEvent) => {
    const { person, at } = plannedEvent
    const pair = person.isNew ? pairs.get(person) : undefined
    return { ...plannedEvent, person: pair !== undefined && at < pair.movesAt ? pair.first : person }
  })
  return spreadApart(owned.sort((one, other) => one.at - other.at))
}

/** Moves the events of a person apart, so that no two have the same timestamp and one of them is newer. */
function spreadApart(planned: readonly PlannedEvent[]): PlannedEvent[] {
  const times = new Map<Person, number>()
  return planned.map((plannedEvent) => {
    const time = Math.max(plannedEvent.at, (times.get(plannedEvent.person) ?? 0) + 2)
    times.set(plannedEvent.person, time)
    return { ...plannedEvent, at: time }
  })
}

function writeOf(number: number, { person, asks }: PlannedEvent, chatter: number, random: Random): ExpectedWrite {
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
  readonly write: ExpectedWrite
  readonly at: number
  /** The person's email at that time. */
  readonly email: string
  /** Whether the event names the email in any case. */
  readonly namesEmail: boolean
}

/** The arrival of the event, a little late in a tenth of the cases, and of its repetition if it has one. */
function arrivalsOf(occurrence: Occurrence, kind: TrafficKind, random: Random): Arrival[] {
  const { write, at } = occurrence
  const event = eventOf(occurrence, kind, random)
  const late = random.chance(0.1) ? random.between(1, mostLate) : 0
  const arrival = { at: at + late, event }
  if (write.repetition === undefined) return [arrival]
  const timestamp = new Date(Date.parse(event.timestamp) + 1).toISOString()
  return [arrival, { at: arrival.at + 1, event: { ...event, uuid: write.repetition, timestamp } }]
}

function eventOf({ write, at, email, namesEmail }: Occurrence, kind: TrafficKind, random: Random): CapturedEvent {
  const { number, person, reference, properties, uuid } = write
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
