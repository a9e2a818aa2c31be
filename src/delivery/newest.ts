import type { Delivery } from '../payloads'
import type { LoopsRequest } from '../translate/translate'
import { REQUEST_FIELDS } from '../rules/property-names'
import { isRecord, own } from '../json'
import { HOUR } from '../time'

type Values = Readonly<Record<string, unknown>>

/** What an event writes to a contact. */
export interface Write {
  readonly id: string
  readonly at: number
  /** Milliseconds since 1970 at which it was about to be sent. */
  readonly noted: number
  readonly email: unknown
  readonly userId: unknown
  readonly values: Values
}

export interface History {
  /** Each write once, but for those that Loops has refused. */
  readonly writes: readonly Write[]
  /** Milliseconds since 1970 at which Loops had taken the write of an event, by the event's id. */
  readonly done: ReadonlyMap<string, number>
}

export type HistoryLine =
  Write | { readonly id: string; readonly done: number } | { readonly id: string; readonly refused: true }

const LONGEST_SUMMARY = 100_000

/** The newest write of each value and of each link; and before one that Loops has yet to take, the newest that it has. */
export function whatCounts({ writes, done }: History): HistoryLine[] {
  const [seen, taken] = [new Set<string>(), new Set<string>()]
  const counted: HistoryLine[] = []
  let length = 0
  for (const write of [...writes].sort((one, other) => (isNewer(one, other) ? -1 : 1))) {
    const time = done.get(write.id)
    const counts = (what: string): boolean => {
      const isNews = !seen.has(what) || (time !== undefined && !taken.has(what))
      seen.add(what)
      if (time !== undefined) taken.add(what)
      return isNews
    }
    const values = Object.entries(write.values).filter(([name]) => counts(`value ${name}`))
    const isLink = counts(JSON.stringify([write.email, write.userId]))
    if (!isLink && values.length === 0) continue
    const line = { ...write, values: Object.fromEntries(values) }
    length += JSON.stringify(line).length
    if (length > LONGEST_SUMMARY) break
    counted.push(line, ...(time === undefined ? [] : [{ id: write.id, done: time }]))
  }
  return counted
}

export function writeOf({ id, at, request }: Delivery): Write {
  const { email, userId } = request.body
  return { id, at, noted: Date.now(), email, userId, values: contactValues(request.body) }
}

/** Contact properties and mailing lists in one, the lists with a name that no property has. */
export function contactValues(body: LoopsRequest['body']): Values {
  const properties = Object.entries(body).filter(([name]) => !REQUEST_FIELDS.has(name))
  const lists = isRecord(body.mailingLists) ? Object.entries(body.mailingLists) : []
  return Object.fromEntries([...properties, ...lists.map(([id, value]) => [LIST + id, value] as const)])
}

const LIST = 'mailingLists/'

/** The body with other values: in the same order, so that the same values give the same bytes. */
export function bodyWith(body: LoopsRequest['body'], values: Values): LoopsRequest['body'] {
  const lists = isRecord(body.mailingLists) ? Object.keys(body.mailingLists) : []
  const mailingLists = Object.fromEntries(
    lists.filter((id) => own(values, LIST + id) !== undefined).map((id) => [id, values[LIST + id]]),
  )
  const entries = Object.entries(body).flatMap(([name, value]): [string, unknown][] => {
    if (name === 'mailingLists') return Object.keys(mailingLists).length > 0 ? [[name, mailingLists]] : []
    if (REQUEST_FIELDS.has(name)) return [[name, value]]
    return own(values, name) === undefined ? [] : [[name, values[name]]]
  })
  return Object.fromEntries(entries)
}

function isNewer(one: { at: number; id: string }, other: { at: number; id: string }): boolean {
  return one.at === other.at ? one.id > other.id : one.at > other.at
}

function newestOf(writes: readonly Write[]): Write | undefined {
  const [first, ...others] = writes
  return first && others.reduce((newest, other) => (isNewer(other, newest) ? other : newest), first)
}

/** The newest write of a property or mailing list. */
function newestWith(name: string, writes: readonly Write[]): Write | undefined {
  return newestOf(writes.filter(({ values }) => own(values, name) !== undefined))
}

/** The newest of each value that the history knows, or that the event writes itself. */
export function newestValues(values: Values, own: Write, { writes }: History): Values {
  const all = [...writes.filter(({ id }) => id !== own.id), own]
  return Object.fromEntries(Object.keys(values).map((name) => [name, (newestWith(name, all)?.values ?? values)[name]]))
}

/**
 * An update is not sent if the event is done with, or if each of its values was overtaken by a newer event or is what was
 * written within the last hour: posthog-js repeats `$identify` and `$set` a lot. Once tried, it is sent in any case, as
 * an earlier try may have come to Loops late.
 */
export function isSuperfluous(delivery: Delivery, { writes, done }: History): boolean {
  if (done.has(delivery.id)) return true
  const own = writeOf(delivery)
  const others = writes.filter(({ id }) => id !== delivery.id)
  const mayBeSent = delivery.firstTried !== undefined || (others.length < writes.length && delivery.isNoted !== true)
  if (delivery.request.path !== '/v1/contacts/update' || mayBeSent) return false

  const isWritten = (write: Write): boolean => (done.get(write.id) ?? 0) > Date.now() - HOUR
  const links = (write: Write): boolean => write.email === own.email && write.userId === own.userId
  const elsewhere = newestOf(linksOf(own, others).filter((write) => !links(write)))
  const isLinked = others.some(
    (write) => links(write) && isWritten(write) && (elsewhere === undefined || isNewer(write, elsewhere)),
  )
  return (
    isLinked &&
    Object.keys(own.values).every((name) => {
      const newest = newestWith(name, others)
      if (newest === undefined) return false
      return isNewer(newest, own) ? done.has(newest.id) : isWritten(newest) && newest.values[name] === own.values[name]
    })
  )
}

/** What links one of the two identifiers to another one, or to the same. */
function linksOf(own: Write, writes: readonly Write[]): Write[] {
  return writes.filter(
    ({ email, userId }) =>
      email !== undefined && userId !== undefined && (email === own.email || userId === own.userId),
  )
}

/** The newest of the newer events that link one of the two identifiers, if it links it to another one than this does. */
export function newerLink(own: Write, writes: readonly Write[]): Write | undefined {
  const newest = newestOf(linksOf(own, writes).filter((write) => isNewer(write, own)))
  return newest?.email === own.email && newest?.userId === own.userId ? undefined : newest
}

/**
 * The body with the newest value of each contact property. If a newer event has linked one of the identifiers anew, the
 * user ID alone finds the contact: with both, Loops would link it back.
 */
export function newestBody(delivery: Delivery, history: History | undefined): LoopsRequest['body'] {
  const { body } = delivery.request
  if (history === undefined) return body
  const own = writeOf(delivery)
  const newest = bodyWith(body, newestValues(own.values, own, history))
  const { email, ...withoutEmail } = newest
  const linked = history.writes.filter(({ id }) => id !== own.id && history.done.has(id))
  const isLinkedAnew = newerLink(own, linked) !== undefined
  return isLinkedAnew && newest.userId !== undefined ? withoutEmail : newest
}
