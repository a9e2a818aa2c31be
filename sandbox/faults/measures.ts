import type { Json, JsonObject, RequestRecord } from '../loops/loops-api'
import { isJsonObject } from '../loops/contract'
import { contactProperties } from './traffic'
import type { Person, Wish } from './traffic'

/** What became of the traffic of one run, counted from what reached Loops. */
export interface Measures {
  /** Events of which something was to reach Loops. Chatter asks for nothing new, so it does not count. */
  wanted: number
  /**
   * Wanted events of which Loops has all: their event is recorded, and of each contact property that they write Loops has
   * applied their value or that of a newer event. What a newer event has overtaken, or overwrites later, is delivered.
   */
  delivered: number
  /** The other wanted events. */
  lost: number
  /** How often an event was recorded once more than wanted. */
  duplicated: number
  /**
   * Contact properties that hold in the end the value of an older event, though Loops had applied that of a newer one. An
   * older value that was put right again does not count.
   */
  outOfOrder: number
  /** All that reached Loops, whatever became of it, but for what each worker asks when it sets the app up. */
  requests: number
  /** Answers that there were too many requests, whether the limit gave them or a fault. */
  tooMany: number
  /**
   * Seconds from the first event to the last request that brought Loops something new: an event for the first time, or a
   * newer value of a property. What only repeats what Loops already has is not waited for, nor is what is lost.
   */
  drainSeconds: number
}

export interface Outcome {
  measures: Measures
  /** What was lost, duplicated and out of order, and what explains it, one line each. */
  findings: string[]
}

/** What Loops holds of one contact property, by the numbers of the wishes whose value it had. */
interface Held {
  readonly name: string
  newest: number
  last: number
}

/** What the requests that Loops acted on have brought about. */
interface Ledger {
  /** How often each event was recorded, by its reference. */
  readonly recorded: Map<string, number>
  /** By person and property. */
  readonly held: Map<string, Held>
  /** When something new came last; milliseconds since 1970. */
  newsAt: number
}

const setUpPaths = /\/v1\/(api-key|lists|contacts\/properties)(\?|$)/

/** Compares what the wishes asked for, from `start` on, with the requests in the order in which Loops handled them. */
export function measure(wishes: readonly Wish[], requests: readonly RequestRecord[], start: number): Outcome {
  const sent = requests.filter(({ path }) => !setUpPaths.test(path))
  const ledger = ledgerOf(wishes, sent, start)
  const lost = wishes.filter((wish) => !isDelivered(wish, ledger))
  const duplicated = [...ledger.recorded].filter(([, times]) => times > 1)
  const outOfOrder = [...ledger.held.values()].filter(({ newest, last }) => last < newest)
  return {
    measures: {
      wanted: wishes.length,
      delivered: wishes.length - lost.length,
      lost: lost.length,
      duplicated: duplicated.reduce((sum, [, times]) => sum + times - 1, 0),
      outOfOrder: outOfOrder.length,
      requests: sent.length,
      tooMany: requests.filter(({ status }) => status === 429).length,
      drainSeconds: (ledger.newsAt - start) / 1000,
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
  const ledger: Ledger = { recorded: new Map(), held: new Map(), newsAt: start }
  for (const { path, handledStatus, body, at } of requests) {
    if (handledStatus !== 200 || !isJsonObject(body)) continue
    const person = personIn(body, people)
    // What was written to somebody else was not asked for.
    const asks = (value: Json | undefined): number | undefined => {
      const wish = value === undefined ? undefined : wishesByValue.get(value)
      return wish?.person === person ? wish?.number : undefined
    }
    const reference = path.endsWith('/v1/events/send') ? referenceIn(body) : undefined
    const isNewEvent = reference !== undefined && asks(reference) !== undefined && recordEvent(reference, ledger)
    const newValues = contactProperties.filter((name) => {
      const number = asks(body[name])
      return number !== undefined && hold(`${name} of ${person?.userId ?? ''}`, number, ledger)
    })
    if (isNewEvent || newValues.length > 0) ledger.newsAt = at
  }
  return ledger
}

function peopleByIdentity(wishes: readonly Wish[]): Map<Json | undefined, Person> {
  return new Map(wishes.flatMap(({ person }) => [[person.email, person] as const, [person.userId, person] as const]))
}

/** Loops takes the address first; a request that gives neither was refused. */
function personIn({ email, userId }: JsonObject, people: ReadonlyMap<Json | undefined, Person>): Person | undefined {
  return people.get(email) ?? people.get(userId)
}

function referenceIn({ eventProperties }: JsonObject): string | undefined {
  const reference = isJsonObject(eventProperties) ? eventProperties.reference : undefined
  return typeof reference === 'string' ? reference : undefined
}

/** Tells whether Loops did not have the event before. */
function recordEvent(reference: string, { recorded }: Ledger): boolean {
  const times = recorded.get(reference) ?? 0
  recorded.set(reference, times + 1)
  return times === 0
}

/** Tells whether the property never had a value as new. */
function hold(name: string, number: number, { held }: Ledger): boolean {
  const before = held.get(name)
  const newest = Math.max(number, before?.newest ?? -1)
  held.set(name, { name, newest, last: number })
  return newest !== before?.newest
}

function isDelivered({ number, person, reference, properties }: Wish, { recorded, held }: Ledger): boolean {
  const hasEvent = reference === undefined || recorded.has(reference)
  return (
    hasEvent &&
    [...properties.keys()].every((name) => (held.get(`${name} of ${person.userId}`)?.newest ?? -1) >= number)
  )
}

function described({ number, person, reference, properties }: Wish): string {
  const parts = [...(reference === undefined ? [] : [reference]), ...properties.keys()]
  return `event ${number} of ${person.userId} (${parts.join(', ')})`
}
