import { isJsonObject } from '../../simulators/loops/contract'
import type { Json, JsonObject, RequestRecord } from '../../simulators/loops/contract'
import { isBefore, sendingIn } from './receipts'
import type { Receipt, Receipts, Sending } from './receipts'
import { contactProperties } from './traffic'
import type { Person, ExpectedWrite } from './traffic'

/** The results of one run, counted from the requests that reached Loops. Order is the order of receipt. */
export interface Measures {
  /** Events that were to change something in Loops. Chatter repeats earlier values, so it does not count. */
  wanted: number
  /**
   * Wanted events that Loops has in full: the event is recorded, and for each contact property Loops has applied the
   * event's value or the value of an event received later. A value that a later event overwrites counts as delivered, also
   * by an event of the other person who has had the email.
   */
  delivered: number
  /** The other wanted events. */
  lost: number
  /** Recordings of events beyond the first of each. */
  duplicated: number
  /**
   * Contact properties that end with a value after Loops had applied one of an event that the app received later, whatever
   * the timestamps say. A value that was overwritten again does not count.
   */
  outOfOrder: number
  /**
   * The same where two workers knew of each other only through the cache: one got the later event while a request of the
   * other was on its way. A known limit.
   */
  byTwoWorkers: number
  /** Requests that reached Loops, except those that each worker makes when it sets the app up. */
  requests: number
  /** Answers with status 429, from the rate limit or from a fault. */
  tooMany: number
  /**
   * Seconds from the first event to the last request that changed something in Loops: the first recording of an event, or
   * a newer value of a property.
   */
  drainSeconds: number
  /**
   * The longest time in seconds from the receipt of an event of the people who are watched until Loops had what it says, or
   * something received later.
   */
  slowestSeconds: number
  /** The largest number of requests to Loops, of every kind, in any second, wherever it begins. */
  mostInASecond: number
  /** Server processes that were killed. */
  killed: number
  /** How many events wait as jobs, minute by minute. */
  waiting: readonly number[]
  /** The memory of Redis in bytes: the most of all minutes. */
  redisBytes: number
  /** The keys in Redis that never expire. */
  keysWithoutLife: number
  /** The bytes that commands have read from Redis. */
  redisBytesRead: number
}

/** What the requests that reached Loops tell. */
export type RequestMeasures = Pick<
  Measures,
  | 'wanted'
  | 'delivered'
  | 'lost'
  | 'duplicated'
  | 'outOfOrder'
  | 'byTwoWorkers'
  | 'requests'
  | 'tooMany'
  | 'drainSeconds'
  | 'slowestSeconds'
>

export interface Outcome {
  measures: Measures
  /** Each loss, duplicate and property out of order, and what explains it, one a line. */
  findings: string[]
}

/** A value of a contact property that Loops has applied. */
interface AppliedValue {
  readonly write: ExpectedWrite
  readonly receipt: Receipt
  /** When Loops applied it: milliseconds since 1970. */
  readonly at: number
  readonly sent: Sending | undefined
}

/** The values that Loops has had of one contact property. */
interface PropertyHistory {
  readonly name: string
  /** The values that Loops has applied, the first one first. */
  readonly values: AppliedValue[]
  newest: AppliedValue
  last: AppliedValue
}

/** The changes in Loops by the requests that it has applied. */
interface Ledger {
  /** When Loops has recorded each event (milliseconds since 1970), by its reference. */
  readonly recorded: Map<string, number[]>
  /** By property and person. */
  readonly histories: Map<string, PropertyHistory>
  /** The time of the last change; milliseconds since 1970. */
  changedAt: number
}

/** What one run gave to the app, and from when on. */
export interface RunRecord {
  readonly writes: readonly ExpectedWrite[]
  readonly receipts: Receipts
  /** Milliseconds since 1970. */
  readonly start: number
  /** The people who are watched; all unless told. */
  readonly watched?: ReadonlySet<Person>
  /** How long the cache may take to tell a worker what another one has received; milliseconds. */
  readonly cacheMilliseconds?: number
}

const setUpPaths = /\/v1\/(api-key|lists|contacts\/properties)(\?|$)/

/** Compares the expected writes with the requests in the order in which Loops handled them. */
export function measure(
  record: RunRecord,
  requests: readonly RequestRecord[],
): { measures: RequestMeasures; findings: string[] } {
  const { writes, receipts, start } = record
  const sent = requests.filter(({ path }) => !setUpPaths.test(path))
  const ledger = ledgerOf(record, sent)
  const lost = writes.filter((write) => !isDelivered(write, ledger, receipts))
  const duplicated = [...ledger.recorded].filter(([, times]) => times.length > 1)
  const reversed = [...ledger.histories.values()].filter(({ newest, last }) => isBefore(last.receipt, newest.receipt))
  const byTwoWorkers = reversed.filter((history) => isByTwoWorkers(history, record))
  const outOfOrder = reversed.filter((history) => !byTwoWorkers.includes(history))
  const watched = writes.filter(({ person }) => record.watched?.has(person) ?? true)
  return {
    measures: {
      wanted: writes.length,
      delivered: writes.length - lost.length,
      lost: lost.length,
      duplicated: duplicated.reduce((sum, [, times]) => sum + times.length - 1, 0),
      outOfOrder: outOfOrder.length,
      byTwoWorkers: byTwoWorkers.length,
      requests: sent.length,
      tooMany: requests.filter(({ status }) => status === 429).length,
      drainSeconds: (ledger.changedAt - start) / 1000,
      slowestSeconds: Math.max(0, ...watched.map((write) => secondsToLoops(write, ledger, receipts))),
    },
    findings: [
      ...lost.map((write) => `lost: ${described(write)}`),
      ...duplicated.map(([reference, times]) => `duplicated: ${reference} was recorded ${times.length} times`),
      ...outOfOrder.map(
        ({ name, newest, last }) =>
          `out of order: ${name} ends as ${last.write.number} after ${newest.write.number} was applied`,
      ),
    ],
  }
}

/** @param times of all requests, in milliseconds since 1970. */
export function mostInASecond(times: readonly number[]): number {
  const sorted = [...times].sort((one, other) => one - other)
  let first = 0
  let most = 0
  sorted.forEach((time, index) => {
    while ((sorted[first] ?? time) <= time - 1000) first += 1
    most = Math.max(most, index - first + 1)
  })
  return most
}

function ledgerOf({ writes, receipts, start }: RunRecord, requests: readonly RequestRecord[]): Ledger {
  const writesByValue = new Map<Json | undefined, ExpectedWrite>(
    writes.flatMap((write) => [write.reference, ...write.properties.values()].map((value) => [value, write] as const)),
  )
  const ledger: Ledger = { recorded: new Map(), histories: new Map(), changedAt: start }
  for (const { path, headers, handledStatus, body, at } of requests) {
    if (handledStatus !== 200 || !isJsonObject(body)) continue
    // A value in a request for another person is not an expected write.
    const writeOf = (value: Json | undefined): ExpectedWrite | undefined => {
      const write = value === undefined ? undefined : writesByValue.get(value)
      return write !== undefined && isOf(write.person, body) ? write : undefined
    }
    const reference = path.endsWith('/v1/events/send') ? referenceIn(body) : undefined
    const isNewEvent = reference !== undefined && writeOf(reference) !== undefined && recordEvent(reference, at, ledger)
    const newValues = contactProperties.filter((name) => {
      const write = writeOf(body[name])
      const receipt = write && receipts.deciding(write, at)
      return write && receipt && addValue(name, { write, receipt, at, sent: sendingIn(headers) }, ledger)
    })
    if (isNewEvent || newValues.length > 0) ledger.changedAt = at
  }
  return ledger
}

/** Whether a request names this person only. */
function isOf(person: Person, { email, userId }: JsonObject): boolean {
  return (
    (userId === undefined || userId === person.userId) &&
    (email === undefined || email === person.email || email === person.laterEmail)
  )
}

function referenceIn({ eventProperties }: JsonObject): string | undefined {
  const reference = isJsonObject(eventProperties) ? eventProperties.reference : undefined
  return typeof reference === 'string' ? reference : undefined
}

/** Counts a recording. Returns true if it is the event's first. */
function recordEvent(reference: string, at: number, { recorded }: Ledger): boolean {
  const times = recorded.get(reference) ?? []
  recorded.set(reference, [...times, at])
  return times.length === 0
}

/** Notes a new value. Returns true if it is the newest that the property has had. */
function addValue(name: string, value: AppliedValue, { histories }: Ledger): boolean {
  const key = historyKey(name, value.write.person.userId)
  const before = histories.get(key)
  if (before === undefined) {
    histories.set(key, { name: key, values: [value], newest: value, last: value })
    return true
  }
  before.values.push(value)
  before.last = value
  const { newest } = before
  if (!isBefore(newest.receipt, value.receipt)) return false
  before.newest = value
  return value.write !== newest.write
}

function historyKey(name: string, userId = ''): string {
  return `${name} of ${userId}`
}

function isDelivered(write: ExpectedWrite, { recorded, histories }: Ledger, receipts: Receipts): boolean {
  const { reference, properties } = write
  const receipt = receipts.first(write)
  const hasEvent = reference === undefined || recorded.has(reference)
  return (
    hasEvent &&
    [...properties.keys()].every((name) => {
      const { userId, sharesEmailWith } = write.person
      return [userId, sharesEmailWith].some((each) => {
        const history = histories.get(historyKey(name, each))
        if (history === undefined || receipt === undefined) return false
        return history.values.some((value) => value.write === write) || !isBefore(history.newest.receipt, receipt)
      })
    })
  )
}

/** From the receipt of an event until Loops had all that it says, or values received later; 0 if it is lost. */
function secondsToLoops(write: ExpectedWrite, { recorded, histories }: Ledger, receipts: Receipts): number {
  const receipt = receipts.first(write)
  if (receipt === undefined) return 0
  const applied = [...write.properties.keys()].map((name) => {
    const values = histories.get(historyKey(name, write.person.userId))?.values
    return values?.find((value) => value.write === write || isBefore(receipt, value.receipt))?.at
  })
  const times = [recorded.get(write.reference ?? '')?.[0], ...applied].flatMap((time) => time ?? [])
  return Math.max(0, ...times.map((time) => time - receipt.at)) / 1000
}

/** Whether the worker that sent the last value could not know the newest one, which another worker had just received. */
function isByTwoWorkers({ newest, last }: PropertyHistory, { cacheMilliseconds = 10 }: RunRecord): boolean {
  const { sent } = last
  if (sent === undefined || sent.worker === newest.receipt.worker) return false
  return newest.receipt.at >= sent.at - cacheMilliseconds
}

function described({ number, person, reference, properties }: ExpectedWrite): string {
  const parts = [...(reference === undefined ? [] : [reference]), ...properties.keys()]
  return `event ${number} of ${person.userId} (${parts.join(', ')})`
}
