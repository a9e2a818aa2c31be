/**
 * The log of a contact in PostHog's cache: what events write to it and what Loops has taken, a line each, the latest line
 * first. Loops finds a contact by either identifier, so each identifier has a log of its own.
 *
 * The functions that ask the cache await nothing: their callers await several of them at once.
 */
import { persistently, withoutWaiting } from '../posthog/cache'
import type { AppMeta } from '../posthog/meta'
import { HOUR, SECOND } from '../time'
import type { LoopsRequest } from '../translate/translate'
import { contactLogOf, contactValues, identityOf, isCarriedBy, otherIdentifier } from './newest'
import type { ContactLog, Identity, Line, ReceivedIdentity, Write } from './newest'

type Cache = AppMeta['cache']

/** A period outlasts every retry. Each period has a log of its own, because the cache has no command that shortens a list. */
const PERIOD = 25 * HOUR
/** Seconds. */
const LOG_KEPT_FOR = (2 * PERIOD) / SECOND

/** What is read of a log: a request that was held up does not see what stands behind that. */
const MOST_LINES = 500
const MOST_TEXT = 300_000

/** Room for what ten events at once put in front of the write before. */
const LINES_TO_THE_WRITE_BEFORE = 30

/** Larger values are kept in no order, because each job and each answer of Loops has the log read. */
const LONGEST_VALUES = 30_000

/** Whether a request changes a contact. An event alone has no order. */
export function writesToContact({ path, body }: LoopsRequest): boolean {
  const links = body.email !== undefined && body.userId !== undefined
  return path === '/v1/contacts/update' || links || Object.keys(contactValues(body)).length > 0
}

/**
 * @param id the event's ID.
 * @param at when PostHog handed the event to the app: milliseconds since 1970.
 * @param body what the event alone asks for, without what was looked up.
 */
export function writeOf(id: string, at: number, body: LoopsRequest['body']): Write {
  const values = contactValues(body)
  const isLong = JSON.stringify(values).length > LONGEST_VALUES
  return { id, at, ...identityOf(body), values: isLong ? {} : values }
}

/** What the cache answers for one log: how many lines it has now, and, if they were asked for, the latest of them. */
export type NotedLog = readonly [length: number, texts: readonly string[]]

/** Adds a write to its logs and, for an update, reads the latest lines of the first one. */
export function noteWrite(write: Write, isUpdate: boolean, cache: Cache): Promise<NotedLog[]> {
  return Promise.all(
    logKeys(write, Date.now()).map((key, place) =>
      Promise.all([
        push(key, write, cache),
        isUpdate && place === 0 ? readLog(key, cache, LINES_TO_THE_WRITE_BEFORE) : [],
      ]),
    ),
  )
}

/** Bounds the life of logs that have just begun. */
export function limitNewLogs(write: Write, noted: readonly NotedLog[], cache: Cache): void {
  logKeys(write, Date.now()).forEach((key, place) => {
    if (noted[place]?.[0] === 1) withoutWaiting(() => cache.expire(key, LOG_KEPT_FOR))
  })
}

/**
 * @param texts lines of the first log.
 * @returns when Loops took the write before this one (milliseconds since 1970), if that says as much; else `undefined`.
 */
export function sameWasTakenAt(write: Write, texts: readonly string[]): number | undefined {
  return sameTakenIn(contactLogIn([texts]), write)
}

/** Whether the same holds for all logs of the contact together. A cache that does not answer does not tell. */
export async function sameWasTakenInAll(write: Write, texts: readonly string[], cache: Cache): Promise<boolean> {
  const [, second] = logKeys(write, Date.now())
  try {
    const log =
      second === undefined
        ? await readWholeLog(write, cache)
        : contactLogIn([texts, await readLog(second, cache, LINES_TO_THE_WRITE_BEFORE)])
    return sameTakenIn(log, write) !== undefined
  } catch {
    return false
  }
}

function sameTakenIn({ writes, taken }: ContactLog, write: Write): number | undefined {
  const before = writes.find(({ id, at }) => id !== write.id && at < write.at)
  return before !== undefined && isCarriedBy(before, write) ? taken.get(before.id) : undefined
}

/** Adds a line to the logs of a contact. */
export function addLine(line: Line, identity: Identity, cache: Cache): void {
  for (const key of logKeys(identity, Date.now())) addLineTo(key, line, cache)
}

/** @param mayBeFirst whether the line may be the first one of its period, so that the life of the log is to be bounded. */
function addLineTo(key: string, line: Line, cache: Cache, mayBeFirst = true): void {
  push(key, line, cache).catch(() => undefined)
  if (mayBeFirst) withoutWaiting(() => cache.expire(key, LOG_KEPT_FOR))
}

/** @returns how many lines the log has now. */
function push(key: string, line: Line, cache: Cache): Promise<number> {
  const text = JSON.stringify(line)
  return persistently(() => cache.lpush(key, [text]))
}

/** Notes that Loops has taken a write, in its first log, which each request with its user ID reads. */
export function noteTaken(write: Write, when: number, cache: Cache): void {
  addLineTo(firstLogOf(write), { taken: write.id, when }, cache, isPeriodOver(write))
}

/** Notes that what Loops has taken may have set back something later, so that its being taken proves nothing. */
export function noteLate(write: Write, cache: Cache): Promise<unknown> {
  return push(firstLogOf(write), { late: write.id }, cache).catch(() => undefined)
}

/** The lines of a write's first log, all that there were when its event read it. */
export type SeenLog = readonly string[]

/** @returns the lines of the first log if `noteWrite` has read all of them; `undefined` if more reading is needed anyway. */
export function allLinesOf([, texts]: NotedLog): SeenLog | undefined {
  return texts.length > 0 && texts.length < LINES_TO_THE_WRITE_BEFORE ? texts : undefined
}

/** What the cache answers: how many lines the first log has with the note, and the lines of the logs that were read. */
export type LogsAfterNote = readonly [length: number, texts: readonly string[][]]

/**
 * Notes that Loops has taken a write, and reads the logs of its contact. The first log is left out if its lines were seen,
 * because its length tells whether others have come.
 */
export function noteTakenAndRead(
  write: Write,
  when: number,
  contact: Identity,
  seen: SeenLog | undefined,
  cache: Cache,
): Promise<LogsAfterNote> {
  const first = firstLogOf(write)
  // A note that fails is of no consequence: no log has the length 0.
  const length = push(first, { taken: write.id, when }, cache).catch(() => 0)
  if (isPeriodOver(write)) withoutWaiting(() => cache.expire(first, LOG_KEPT_FOR))
  const unread = logKeys(contact, write.at).filter((key) => seen === undefined || key !== first)
  return Promise.all([length, Promise.all(unread.map((key) => readLog(key, cache)))])
}

/** Reads the first log of a write again; `undefined`, before any promise, if it has no more lines than `seen`. */
export function readIfGrown(
  write: Write,
  seen: SeenLog,
  [length]: LogsAfterNote,
  cache: Cache,
): Promise<string[]> | undefined {
  return length === seen.length + 1 ? undefined : readLog(firstLogOf(write), cache)
}

/** Whether the period in which a write was received is over, so that its log is not the one of now. */
export function isPeriodOver({ at }: Pick<Write, 'at'>): boolean {
  return periodOf(at) !== periodOf(Date.now())
}

/** The log of the user ID, or of the address if there is no user ID. */
function firstLogOf(write: Write): string {
  const [first = ''] = logKeys(write, Date.now())
  return first
}

/** @param since when the write was received: what is older does not matter to it. Milliseconds since 1970. */
export function readLogs(identity: Identity, since: number, cache: Cache): Promise<string[][]> {
  return Promise.all(logKeys(identity, since).map((key) => readLog(key, cache)))
}

function readLog(key: string, cache: Cache, lines = MOST_LINES): Promise<string[]> {
  return persistently(() => cache.lrange(key, 0, lines - 1))
}

/** @param texts what `readLogs` gave. */
export function contactLogIn(texts: readonly (readonly string[])[]): ContactLog {
  return contactLogOf(texts.flatMap((lines) => withinReach(lines.join('\n'))).map((line) => JSON.parse(line) as Line))
}

/**
 * Reads the log of the identifier that a write lacks.
 *
 * @param log what the logs of the write say.
 * @returns `undefined`, before any promise, if they do not tell the other identifier.
 */
export function readOtherLog(write: ReceivedIdentity, log: ContactLog, cache: Cache): Promise<string[][]> | undefined {
  const other = otherIdentifier(write, log)
  return other && readLogs(other, write.at, cache)
}

/** What the logs of both identifiers say, where one log tells the other identifier. */
export async function readWholeLog(write: ReceivedIdentity, cache: Cache): Promise<ContactLog> {
  const texts = await readLogs(write, write.at, cache)
  const log = contactLogIn(texts)
  const otherTexts = readOtherLog(write, log, cache)
  return otherTexts === undefined ? log : contactLogIn([...texts, ...(await otherTexts)])
}

/** As one text, because it costs more to fetch a line across the border of PostHog's VM than to parse it. */
function withinReach(text: string): string[] {
  if (text === '') return []
  return text.length <= MOST_TEXT ? text.split('\n') : text.slice(0, MOST_TEXT).split('\n').slice(0, -1)
}

/** The logs of the periods from `since` (milliseconds since 1970) to now. */
function logKeys({ email, userId }: Identity, since: number): string[] {
  const [first, last] = [periodOf(since), periodOf(Date.now())]
  const periods = first === last ? [last] : [last, last - 1]
  return [
    ...(userId === undefined ? [] : periods.map((period) => `user-${userId}-${period}`)),
    ...(email === undefined ? [] : periods.map((period) => `email-${email.toLowerCase()}-${period}`)),
  ]
}

function periodOf(time: number): number {
  return Math.floor(time / PERIOD)
}
