import { isJsonObject } from '../loops/contract'
import type { Json, JsonObject, RequestRecord } from '../loops/contract'
import { contactProperties } from './traffic'
import type { Person, Wish } from './traffic'

/** The results of one run, counted from the requests that reached Loops. */
export interface Measures {
  /** Events that were to change something in Loops. Chatter repeats earlier values, so it does not count. */
  wanted: number
  /**
   * Wanted events that Loops has in full: the event is recorded, and for each contact property Loops has applied the
   * event's value or the value of a newer event. A value that a newer event overwrites counts as delivered.
   */
  delivered: number
  /** The other wanted events. */
  lost: number
  /** Recordings of events beyond the first of each. */
  duplicated: number
  /**
   * Contact properties that end with the value of an older event after Loops had applied the value of a newer one. An
   * older value that was overwritten again does not count.
   */
  outOfOrder: number
  /** Requests that reached Loops, except those that each worker makes when it sets the app up. */
  requests: number
  /** Answers with status 429, from the rate limit or from a fault. */
  tooMany: number
  /**
   * Seconds from the first event to the last request that changed something in Loops: the first recording of an event, or
   * a newer value of a property.
   */
  drainSeconds: number
}

export interface Outcome {
  measures: Measures
  /** Each loss, duplicate and property out of order, and what explains it, one a line. */
  findings: string[]
}

/** The values that Loops has had of one contact property, by the numbers of their wishes. */
interface PropertyHistory {
  readonly name: string
  newest: number
  last: number
}

/** The changes in Loops by the requests that it has applied. */
interface Ledger {
  /** The number of recordings of each event, by its reference. */
  readonly recorded: Map<string, number>
  /** By property and person. */
  readonly histories: Map<string, PropertyHistory>
  /** The time of the last change; milliseconds since 1970. */
  changedAt: number
}

const setUpPaths = /\/v1\/(api-key|lists|contacts\/properties)(\?|$)/

/** Compares what the wishes asked for, from `start` on, with the requests in the order in which Loops handled them. */
export function measure(wishes: readonly Wish[], requests: readonly RequestRecord[], start: number): Outcome {
  const sent = requests.filter(({ path }) => !setUpPaths.test(path))
  const ledger = ledgerOf(wishes, sent, start)
  const lost = wishes.filter((wish) => !isDelivered(wish, ledger))
  const duplicated = [...ledger.recorded].filter(([, times]) => times > 1)
  const outOfOrder = [...ledger.histories.values()].filter(({ newest, last }) => last < newest)
  return {
    measures: {
      wanted: wishes.length,
      delivered: wishes.length - lost.length,
      lost: lost.length,
      duplicated: duplicated.reduce((sum, [, times]) => sum + times - 1, 0),
      outOfOrder: outOfOrder.length,
      requests: sent.length,
      tooMany: requests.filter(({ status }) => status === 429).length,
      drainSeconds: (ledger.changedAt - start) / 1000,
    },
    findings: [
      ...lost.map((wish) => `lost: ${described(wish)}`),
      ...duplicated.map(([reference, times]) => `duplicated: ${reference} was recorded ${times} times`),
      ...outOfOrder.map(
        ({ name, newest, last }) => `out of order: ${name} ends as ${last} after ${newest} was applied`,
      ),
    ],
  }
}

function ledgerOf(wishes: readonly Wish[], requests: readonly RequestRecord[], start: number): Ledger {
  const people = peopleByIdentity(wishes)
  const wishesByValue = new Map<Json | undefined, Wish>(
    wishes.flatMap((wish) => [wish.reference, ...wish.properties.values()].map((value) => [value, wish] as const)),
  )
  const ledger: Ledger = { recorded: new Map(), histories: new Map(), changedAt: start }
  for (const { path, handledStatus, body, at } of requests) {
    if (handledStatus !== 200 || !isJsonObject(body)) continue
    const person = personIn(body, people)
    // A value in a request for another person fulfils no wish.
    const wishNumber = (value: Json | undefined): number | undefined => {
      const wish = value === undefined ? undefined : wishesByValue.get(value)
      return wish?.person === person ? wish?.number : undefined
    }
    const reference = path.endsWith('/v1/events/send') ? referenceIn(body) : undefined
    const isNewEvent = reference !== undefined && wishNumber(reference) !== undefined && recordEvent(reference, ledger)
    const newValues = contactProperties.filter((name) => {
      const number = wishNumber(body[name])
      return number !== undefined && addValue(`${name} of ${person?.userId ?? ''}`, number, ledger)
    })
    if (isNewEvent || newValues.length > 0) ledger.changedAt = at
  }
  return ledger
}

function peopleByIdentity(wishes: readonly Wish[]): Map<Json | undefined, Person> {
  return new Map(wishes.flatMap(({ person }) => [[person.email, person] as const, [person.userId, person] as const]))
}

/** Loops looks for the email address first, then for the user ID. */
function personIn({ email, userId }: JsonObject, people: ReadonlyMap<Json | undefined, Person>): Person | undefined {
  return people.get(email) ?? people.get(userId)
}

function referenceIn({ eventProperties }: JsonObject): string | undefined {
  const reference = isJsonObject(eventProperties) ? eventProperties.reference : undefined
  return typeof reference === 'string' ? reference : undefined
}

/** Counts a recording. Returns true if it is the event's first. */
function recordEvent(reference: string, { recorded }: Ledger): boolean {
  const times = recorded.get(reference) ?? 0
  recorded.set(reference, times + 1)
  return times === 0
}

/** Notes a new value. Returns true if it is the newest that the property has had. */
function addValue(name: string, number: number, { histories }: Ledger): boolean {
  const before = histories.get(name)
  const newest = Math.max(number, before?.newest ?? -1)
  histories.set(name, { name, newest, last: number })
  return newest !== before?.newest
}

function isDelivered({ number, person, reference, properties }: Wish, { recorded, histories }: Ledger): boolean {
  const hasEvent = reference === undefined || recorded.has(reference)
  return (
    hasEvent &&
    [...properties.keys()].every((name) => (histories.get(`${name} of ${person.userId}`)?.newest ?? -1) >= number)
  )
}

function described({ number, person, reference, properties }: Wish): string {
  const parts = [...(reference === undefined ? [] : [reference]), ...properties.keys()]
  return `event ${number} of ${person.userId} (${parts.join(', ')})`
}
