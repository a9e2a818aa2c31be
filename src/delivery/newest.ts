import { isRecord, own } from '../json'
import { REQUEST_FIELDS } from '../loops/property-names'
import type { LoopsRequest } from '../translate/translate'

type Body = LoopsRequest['body']

/** Contact properties by name, and mailing lists by `mailingLists/` and their ID, a name that no property has. */
export type Values = Readonly<Record<string, unknown>>

export interface Identity {
  readonly email?: string
  readonly userId?: string
}

/** What one event writes to a contact. */
export interface Write extends Identity {
  /** The event's ID. */
  readonly id: string
  /** When PostHog handed the event to the app for the first time: milliseconds since 1970. */
  readonly at: number
  readonly values: Values
}

/**
 * One line of a contact's log: what an event writes; that Loops has taken it, and when; that this does not count, since it may
 * have set back something later; or that Loops has refused it.
 */
export type Line =
  | Write
  | { readonly taken: string; readonly when: number }
  | { readonly late: string }
  | { readonly refused: string }

export interface ContactLog {
  /** The latest first, without those that Loops has refused. */
  readonly writes: readonly Write[]
  /** When Loops had taken a write (milliseconds since 1970), by the event's ID. */
  readonly taken: ReadonlyMap<string, number>
}

/** What a request is to say of its contact now. */
export interface Newest {
  readonly identity: Identity
  readonly values: Values
  /** The later writes that decided it. */
  readonly from: readonly Write[]
}

/** @param lines the lines of one log or of several, in any order. */
export function contactLogOf(lines: readonly Line[]): ContactLog {
  const refused = new Set(lines.flatMap((line) => ('refused' in line ? [line.refused] : [])))
  const late = new Set(lines.flatMap((line) => ('late' in line ? [line.late] : [])))
  const taken = lines.flatMap((line) =>
    'taken' in line && !late.has(line.taken) ? [[line.taken, line.when] as const] : [],
  )
  const writes = lines.flatMap((line) => ('values' in line && !refused.has(line.id) ? [line] : []))
  return {
    writes: writes.sort((one, other) => (isLater(one, other) ? -1 : 1)),
    taken: new Map(taken),
  }
}

function isLater(one: Write, other: Pick<Write, 'at' | 'id'>): boolean {
  return one.at === other.at ? one.id > other.id : one.at > other.at
}

/**
 * What a request that was held up is to say: of each value that it writes the one that PostHog received last, at the
 * address that its user ID has now.
 *
 * - It takes the values of the same contact only, and never those of another user ID, whoever has the address now.
 * - If another user ID has taken the address since, the request carries the address alone, so that it links nothing anew;
 *   and it leaves alone what was written since, to that address or by its own user ID.
 *
 * @param write what the request says of its own.
 * @param receivedAt since when a value of it counts (milliseconds since 1970): a value that was looked up is as old as the
 * look-up.
 */
export function newestOf(write: Write, log: ContactLog, receivedAt: (name: string) => number = () => write.at): Newest {
  const others = log.writes.filter(({ id }) => id !== write.id)
  const { identity, decidedBy } = newestIdentity(write, others)
  const isTakenOver = identity.userId !== write.userId
  const contact = knownIdentity(write, log)
  const values: Record<string, unknown> = {}
  const from = new Set(decidedBy)
  for (const [name, value] of Object.entries(write.values)) {
    const since = { id: write.id, at: receivedAt(name) }
    const latest = others.find(
      (other) =>
        own(other.values, name) !== undefined &&
        isLater(other, since) &&
        (isOfContact(other, contact) || (isTakenOver && hasSameAddress(other, identity))),
    )
    if (latest !== undefined) from.add(latest)
    if (latest === undefined) values[name] = value
    else if (!isTakenOver) values[name] = latest.values[name]
  }
  return { identity, values, from: [...from] }
}

/**
 * What a request that came to Loops late has set back.
 *
 * @param sent what it has written.
 * @returns the contact as the log has it, with the later values of the same names. If another user ID has taken the address
 * since, it is the contact of that one.
 */
export function repairOf(sent: Write, log: ContactLog): Newest {
  const { identity, from } = newestOf(sent, log)
  const holder = identity.userId === sent.userId ? undefined : from[0]
  const contact = holder === undefined ? knownIdentity(sent, log) : identityOf(holder)
  const later = log.writes.filter(
    (write) => write.id !== sent.id && isLater(write, sent) && isOfContact(write, contact),
  )
  const decisive = new Set(from)
  const values: Record<string, unknown> = {}
  for (const name of Object.keys(sent.values)) {
    const latest = later.find((write) => own(write.values, name) !== undefined)
    if (latest === undefined) continue
    values[name] = latest.values[name]
    decisive.add(latest)
  }
  return { identity: holder === undefined ? identity : contact, values, from: [...decisive] }
}

function newestIdentity(write: Write, others: readonly Write[]): { identity: Identity; decidedBy: Write[] } {
  const { email, userId } = write
  const own = identityOf(write)
  if (email === undefined || userId === undefined) return { identity: own, decidedBy: [] }
  const moved = others.find((other) => other.userId === userId && other.email !== undefined && isLater(other, write))
  const current = moved ?? write
  const holder = others.find((other) => other.userId !== undefined && hasSameAddress(other, current))
  const isTakenOver = holder !== undefined && holder.userId !== userId && isLater(holder, current)
  if (isTakenOver) return { identity: { email }, decidedBy: [holder] }
  return { identity: identityOf(current), decidedBy: moved === undefined ? [] : [moved] }
}

export function identityOf({ email, userId }: Identity): Identity {
  return { ...(email !== undefined && { email }), ...(userId !== undefined && { userId }) }
}

/** The identity of a write and, where the log tells it, the identifier that is missing in it. */
export function knownIdentity(write: ReceivedIdentity, log: ContactLog): Identity {
  return { ...identityOf(write), ...otherIdentifier(write, log) }
}

/** What a write tells of its contact. */
export type ReceivedIdentity = Pick<Write, keyof Identity | 'at'>

/**
 * The identifier that is missing in the write, if the log tells it. A user ID that had moved to another address before the
 * write was received is not the write's.
 */
export function otherIdentifier({ email, userId, at }: ReceivedIdentity, { writes }: ContactLog): Identity | undefined {
  if (email === undefined) {
    const told = writes.find((write) => write.email !== undefined && write.userId === userId)
    return told?.email === undefined ? undefined : { email: told.email }
  }
  if (userId !== undefined) return undefined
  const told = writes.find((write) => write.userId !== undefined && hasSameAddress(write, { email }))
  if (told?.userId === undefined) return undefined
  const hasMoved = writes.some(
    (write) => write.userId === told.userId && write.email !== undefined && isLater(write, told) && write.at < at,
  )
  return hasMoved ? undefined : { userId: told.userId }
}

function isOfContact(write: Identity, contact: Identity): boolean {
  if (write.userId !== undefined && contact.userId !== undefined) return write.userId === contact.userId
  return hasSameAddress(write, contact)
}

/** Loops compares addresses without case. */
function hasSameAddress(one: Identity, other: Identity): boolean {
  return one.email !== undefined && one.email.toLowerCase() === other.email?.toLowerCase()
}

/** Whether later requests that Loops has taken have brought all that the write still has to say. */
export function isOvertaken({ values }: Write, { identity, from }: Newest, { taken }: ContactLog): boolean {
  const { email, userId } = identity
  const isLinked =
    email === undefined || userId === undefined || from.some((other) => isSame(identityOf(other), identity))
  return (
    isLinked &&
    from.length > 0 &&
    from.every(({ id }) => taken.has(id)) &&
    Object.keys(values).every((name) => from.some((other) => own(other.values, name) !== undefined))
  )
}

/** Whether a request has brought all that the other write says. */
export function isCarriedBy(sent: Write, other: Write): boolean {
  const names = Object.keys(other.values)
  return (
    isSame(identityOf(sent), identityOf(other)) &&
    names.every((name) => isSame([sent.values[name]], [other.values[name]]))
  )
}

/** Whether Loops would learn something from `newest` that the request of `sent` has not told it. */
export function saysMore(newest: Newest, sent: Pick<Write, keyof Identity | 'values'>): boolean {
  return !isSame(newest.identity, identityOf(sent)) || !isSame(newest.values, sent.values)
}

export function isSame(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** What the body of a request writes to the contact. */
export function contactValues(body: Body): Values {
  const properties = Object.entries(body).filter(([name]) => !REQUEST_FIELDS.has(name))
  const lists = isRecord(body.mailingLists) ? Object.entries(body.mailingLists) : []
  return Object.fromEntries([...properties, ...lists.map(([id, value]) => [LIST + id, value] as const)])
}

const LIST = 'mailingLists/'

/**
 * The body of a request, in the order of `translate`, so that the same values give the same bytes.
 *
 * @param event the fields of an event that is sent; `{}` for an update.
 */
export function bodyOf({ identity, values }: Pick<Newest, 'identity' | 'values'>, event: Body): Body {
  const { eventName, eventProperties } = event
  const entries = Object.entries(values)
  const lists = entries
    .filter(([name]) => name.startsWith(LIST))
    .map(([name, value]) => [name.slice(LIST.length), value])
  return {
    ...Object.fromEntries(entries.filter(([name]) => !name.startsWith(LIST))),
    ...(eventName !== undefined && { eventName, eventProperties }),
    ...(lists.length > 0 && { mailingLists: Object.fromEntries(lists) as unknown }),
    ...identity,
  }
}
