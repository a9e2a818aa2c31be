/**
 * The content of a delayed request: for each value that it writes, the one that PostHog received last, at the email
 * that its user ID has now.
 */
import { ownProperty } from '../json'
import type { ContactValues, Identity } from '../loops/request'
import { SECOND } from '../time'
import type { LogEntry, TakenOver } from './waiting'

/** The values that a delayed request writes. */
export interface DelayedWrite {
  /** The values that its event itself writes. */
  readonly entry: LogEntry
  /** All values that it writes, including those that were looked up. */
  readonly values: ContactValues
  /** When PostHog was asked for the person, if it was: milliseconds since 1970. */
  readonly lookedUpAt: number | undefined
  readonly takenOver: TakenOver | undefined
}

/** The values that the request should write now. */
export interface MergedWrite {
  readonly identity: Identity
  readonly values: ContactValues
  /** The later entries that decided it, with the values that matter, the latest first. */
  readonly from: readonly LogEntry[]
}

/** PostHog's answer may lack what it has received in the last seconds before. */
const LOOK_UP_LAG = 10 * SECOND

/** Clocks of workers, and the time of a command, differ by less: beyond that, the positions in the log give the order. */
const MOST_DIFFERENCE = 30 * SECOND

interface LaterEntry {
  readonly entry: LogEntry
  /** When it was received, by the order in its log: milliseconds since 1970. */
  readonly at: number
}

/**
 * - A request takes over values of the same contact only, and never those of another user ID, whoever has the email now.
 * - If another user ID has the email now, the request goes by the email alone, so that it links nothing anew; and it leaves out
 *   what was written since, to that email or by its own user ID.
 *
 * @param logs the entries of each identifier, the latest first.
 */
export function mergeLaterWrites(write: DelayedWrite, logs: readonly (readonly LogEntry[])[]): MergedWrite {
  const later = entriesAfter(write, logs)
  const { identity, decisive: decisiveForIdentity } = latestIdentity(write.entry, later)
  const hasLostEmail = identity.userId !== write.entry.userId
  const values: Record<string, unknown> = {}
  const decisive = new Set(decisiveForIdentity)
  for (const name of namesOf(write, later)) {
    const value = ownProperty(write.values, name)
    const latest = later.find(
      ({ entry, at }) =>
        writes(entry, name) &&
        (ownProperty(write.entry.values, name) !== undefined || at > (write.lookedUpAt ?? 0) - LOOK_UP_LAG) &&
        (isSameContact(entry, write.entry) || (hasLostEmail && hasSameEmail(entry, identity))),
    )?.entry
    if (latest !== undefined) decisive.add(latest)
    if (latest === undefined && value !== undefined) values[name] = value
    else if (latest !== undefined && !hasLostEmail && latest.names === undefined) values[name] = latest.values[name]
  }
  const from = later.flatMap(({ entry }) => (decisive.has(entry) ? [withOnly(values, entry)] : []))
  return { identity, values, from }
}

/** The names that the request writes, and those that later events of the same contact have written. */
function namesOf({ entry, values }: DelayedWrite, later: readonly LaterEntry[]): Set<string> {
  const others = later.filter((one) => isSameContact(one.entry, entry))
  return new Set([...Object.keys(values), ...others.flatMap((one) => Object.keys(one.entry.values))])
}

/** The entries that were received after the write, the latest first. */
function entriesAfter({ entry: event, takenOver }: DelayedWrite, logs: readonly (readonly LogEntry[])[]): LaterEntry[] {
  const later = new Map<string, LaterEntry>()
  for (const entry of takenOver?.entries ?? []) later.set(entry.id, { entry, at: entry.receivedAt })
  for (const log of logs) {
    const ordered = inOrder(log)
    const ownAt = ordered.find(({ entry }) => entry.id === event.id)?.at
    for (const one of ordered) {
      if (one.entry.id !== event.id && isAfter(one, event, ownAt)) later.set(one.entry.id, one)
    }
  }
  return [...later.values()].sort((one, other) => (isLater(one, other) ? -1 : 1))
}

/** If the log does not contain the write itself, only the clock decides, unless it was set back since. */
function isAfter(one: LaterEntry, event: LogEntry, ownAt: number | undefined): boolean {
  if (ownAt === undefined && event.receivedAt > Date.now() + MOST_DIFFERENCE) return true
  const at = ownAt === undefined ? one.entry.receivedAt : one.at
  return isLater({ entry: one.entry, at }, { entry: event, at: ownAt ?? event.receivedAt })
}

/** If two workers received two events at the same moment, the one with the later ID counts: SDKs make IDs from the time. */
function isLater(one: LaterEntry, other: LaterEntry): boolean {
  return one.at === other.at ? one.entry.id > other.entry.id : one.at > other.at
}

/**
 * The entries of a log with the time of their receipt. The clock decides the order of two entries unless it contradicts their
 * positions by more than half a minute: then it was corrected, or the clocks of two workers differ.
 */
function inOrder(log: readonly LogEntry[]): LaterEntry[] {
  let shift = 0
  let latest = -Infinity
  return [...log].reverse().map((entry) => {
    const loggedAt = entry.loggedAt ?? entry.receivedAt
    if (loggedAt + shift < latest - MOST_DIFFERENCE) shift = latest + 1 - loggedAt
    latest = Math.max(latest, loggedAt + shift)
    return { entry, at: entry.receivedAt + shift }
  })
}

function latestIdentity(
  write: LogEntry,
  later: readonly LaterEntry[],
): { readonly identity: Identity; readonly decisive: readonly LogEntry[] } {
  const { userId } = write
  if (userId === undefined) return { identity: identityIn(write), decisive: [] }
  const moved = later.find(({ entry }) => entry.userId === userId && entry.email !== undefined)
  const email = moved?.entry.email ?? write.email
  const identity = identityIn({ userId, ...(email !== undefined && { email }) })
  const holder = later.find(({ entry }) => entry.userId !== undefined && hasSameEmail(entry, identity))
  const hasLostEmail =
    holder !== undefined && holder.entry.userId !== userId && (moved === undefined || isLater(holder, moved))
  if (hasLostEmail) return { identity: email === undefined ? { userId } : { email }, decisive: [holder.entry] }
  return { identity, decisive: moved === undefined ? [] : [moved.entry] }
}

function identityIn({ email, userId }: Identity): Identity {
  return { ...(email !== undefined && { email }), ...(userId !== undefined && { userId }) }
}

function writes({ values, names }: LogEntry, name: string): boolean {
  return ownProperty(values, name) !== undefined || names?.includes(name) === true
}

/** The part of a later entry that the payload of a job keeps. */
function withOnly(values: ContactValues, entry: LogEntry): LogEntry {
  const kept = Object.entries(entry.values).filter(([name]) => ownProperty(values, name) !== undefined)
  return { ...entry, values: Object.fromEntries(kept) }
}

function isSameContact(entry: Identity, write: Identity): boolean {
  if (entry.userId !== undefined && write.userId !== undefined) return entry.userId === write.userId
  return hasSameEmail(entry, write)
}

/** Loops ignores case in emails. */
function hasSameEmail(one: Identity, other: Identity): boolean {
  return one.email !== undefined && one.email.toLowerCase() === other.email?.toLowerCase()
}
