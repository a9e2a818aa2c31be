/**
 * How the request of one event comes to Loops. An event is in one of these states:
 *
 * - received: `onEvent` has it. What it writes is noted in the logs of its contact, and it asks for its turn.
 * - waiting: a job of PostHog's queue holds it: for its turn, for the person that its settings need, for the cache, or for
 *   another try. The job translates the event anew and reads in the logs what was received since.
 * - sent: Loops has the request and has not answered.
 * - taken, refused or given up: the end.
 *
 * The invariant: a contact ends up with the values that PostHog received last, whatever the clocks of the events say. A
 * received event is the latest there is, so it reads nothing. A job takes over what was received since. After Loops has
 * taken a request, the logs are read once more: what was received meanwhile may have come to Loops before this request, so
 * the contact is repaired.
 */
import { eventId } from '../event'
import { own } from '../json'
import { logOnce } from '../log'
import type { AppMeta } from '../meta'
import type { Settings } from '../settings'
import { HOUR, MINUTE, SECOND } from '../time'
import type { LoopsRequest } from '../translate/translate'
import {
  addLine,
  contactLogIn,
  limitNewLogs,
  isOfEarlierPeriod,
  noteTaken,
  noteTakenAndRead,
  noteWrite,
  readLogs,
  readOtherLog,
  sameWasTakenAt,
  sameWasTakenInAll,
  seenWhenNoted,
  textsAfterNote,
  writeOf,
  writesToContact,
} from './contact-log'
import type { SeenLog } from './contact-log'
import { postToLoops, restOfLoops } from './loops-client'
import {
  bodyOf,
  contactValues,
  identityOf,
  isCarriedBy,
  isOvertaken,
  isSame,
  knownIdentity,
  newestOf,
  saysMore,
} from './newest'
import type { Identity, Write } from './newest'
import { askTurn, countWaiting, whenWaited, whenTurnComes } from './pace'
import { putOff, tryAgain } from './queue'
import { repairLater } from './repair'
import { backOff, givenUp, isTooLate, waitAfterFailure } from './retry'
import { isStillUnknown, mayBecomeKnown, unknownSince } from './unknown-user-id'
import type { WaitingEvent } from './waiting'

const UNKNOWN_USER_ID = 'Loops has just answered that it knows no contact with its user ID'

/** An event on its way, with the settings of the moment. */
export interface Delivery {
  /** What a job holds of it. */
  readonly waiting: WaitingEvent
  /** What the settings make of the event. */
  readonly request: LoopsRequest
  /** What the event writes to its contact, without what was looked up; `undefined` if it writes nothing. */
  readonly write: Write | undefined
  /** The identifiers whose logs tell what was received since: those of the request, and what the logs tell beside. */
  readonly contact?: Identity
  /** The lines of the log that notes what Loops has taken of it, if the event has read them. */
  readonly seen?: SeenLog | undefined
  /** When PostHog was asked for the person, if it was: milliseconds since 1970. */
  readonly askedAt: number | undefined
  readonly settings: Settings
  readonly meta: AppMeta
}

/**
 * @param ownBody the body that the event gives without what was looked up.
 * @returns the delivery, with what the event writes.
 */
export function deliveryOf(
  { waiting, request, askedAt, settings, meta }: Omit<Delivery, 'write'>,
  ownBody: LoopsRequest['body'],
): Delivery {
  const { email, userId } = request.body
  const write = writesToContact(request)
    ? writeOf(eventId(waiting.event), waiting.receivedAt, { ...ownBody, email, userId })
    : undefined
  return { waiting, request, write, askedAt, settings, meta }
}

/**
 * Sends the request of an event that PostHog hands to the app for the first time, or lets it wait for its turn.
 *
 * @throws Error with the words of Loops if Loops refuses the request; RetryError if the request has failed and cannot wait,
 * because the server has no jobs.
 */
export async function deliverReceived(delivery: Delivery): Promise<void> {
  const { request, write, askedAt, settings, meta } = delivery
  const { cache, global } = meta
  const now = Date.now()
  let answers
  try {
    answers = await Promise.all([
      write === undefined ? [] : noteWrite(write, isUpdate(request), cache),
      askTurn(settings, now, cache),
      unknownSince(request, cache),
    ])
  } catch {
    // Without the cache there is neither a turn nor a log. That is no reason to lose an event.
    return sendAt(undefined, delivery, request)
  }
  const [noted, turn, since] = answers
  let seen: SeenLog | undefined
  const [log] = noted
  if (write !== undefined && log !== undefined) {
    limitNewLogs(write, noted, cache)
    seen = seenWhenNoted(log)
    const written = writeIn(request, write)
    const takenAt = isUpdate(request) && askedAt === undefined ? sameWasTakenAt(written, log) : undefined
    if (takenAt !== undefined && takenAt > now - HOUR && (await sameWasTakenInAll(written, cache))) {
      noteTaken(write, takenAt, cache)
      const detail = ` (at ${new Date(takenAt).toISOString()})`
      logOnce('Loops has taken the same update of its contact within the hour', global, { detail })
      return
    }
  }
  if (typeof since === 'number' && (await isStillUnknown(request, since, cache))) {
    logOnce(UNKNOWN_USER_ID, global)
    return
  }
  return whenTurnComes(turn, settings, now, cache, (time) => sendAt(time, { ...delivery, seen }, request))
}

/**
 * Goes on with an event that a job held.
 *
 * @throws as `deliverReceived` does; Error if the event has waited for a day.
 */
export async function deliverAgain(delivery: Delivery): Promise<void> {
  const { waiting, request, write, settings, meta } = delivery
  const { cache, global } = meta
  const now = Date.now()
  if (isTooLate(waiting.receivedAt)) throw givenUp(waiting.failures, 'its job was run too late')
  const rest = restWithLoops(delivery)
  if (rest !== undefined) return rest
  let answers
  try {
    answers = await Promise.all([
      write === undefined ? [] : readLogs(write, write.at, cache),
      countWaiting(settings, now, cache),
      unknownSince(request, cache),
    ])
  } catch {
    return deliverOnceLogsCanBeRead(delivery)
  }
  const [texts, number, since] = answers
  if (typeof since === 'number' && (await isStillUnknown(request, since, cache))) {
    logOnce(UNKNOWN_USER_ID, global)
    return
  }
  const inTurn = (toSend: LoopsRequest, known?: Pick<Delivery, 'contact' | 'seen'>): Promise<void> =>
    whenWaited(number, waiting.turn, settings, now, cache, (time) => sendAt(time, { ...delivery, ...known }, toSend))
  if (write === undefined) return inTurn(request)

  let log = contactLogIn(texts)
  try {
    const otherTexts = readOtherLog(write, write.at, log, cache)
    if (otherTexts !== undefined) log = contactLogIn([...texts, ...(await otherTexts)])
  } catch {
    return deliverOnceLogsCanBeRead(delivery)
  }
  if (log.writes.every(({ id }) => id !== write.id)) addLine(write, write, cache)
  const newest = newestOf(writeIn(request, write), log, receiptOf(delivery))
  // A request that has failed may still come to Loops late: only another one makes that good.
  if (waiting.failures === 0 && isUpdate(request) && isOvertaken(writeIn(request, write), newest, log)) {
    logOnce('later events have brought the same properties of its contact', global)
    return
  }
  const known = { contact: knownIdentity(write, log), seen: texts[0] }
  return inTurn({ ...request, body: bodyOf(newest, request.body) }, known)
}

/** Some four minutes. */
const TRIES_WITHOUT_CACHE = 8

/** Without the logs the event might overwrite what was received since: better some minutes later than that. */
function deliverOnceLogsCanBeRead(delivery: Delivery): Promise<void> {
  const { waiting, request, meta } = delivery
  if (waiting.failures >= TRIES_WITHOUT_CACHE) return sendAt(undefined, delivery, request)
  return tryAgain(waiting, meta, 'the cache of PostHog does not answer', backOff(5 * SECOND, waiting.failures))
}

/**
 * Sends the request, or lets a job hold the event until its turn comes.
 *
 * @param time of its turn (milliseconds since 1970); `undefined` if it may go out at once.
 */
function sendAt(time: number | undefined, delivery: Delivery, request: LoopsRequest): Promise<void> {
  const { waiting, meta } = delivery
  if (time === undefined) return tryNow(delivery, request)
  return putOff({ ...waiting, turn: time }, time, meta, () => tryNow(delivery, request))
}

function tryNow(delivery: Delivery, request: LoopsRequest): Promise<void> {
  return restWithLoops(delivery) ?? send(delivery, request)
}

/** Lets a job hold the event while Loops rests; `undefined` if Loops does not rest. */
function restWithLoops({ waiting, meta }: Delivery): Promise<void> | undefined {
  const until = restOfLoops(meta.global)
  if (until === undefined) return undefined
  const reason = 'Loops cannot be reached: it has not answered several requests in a row'
  return tryAgain(waiting, meta, reason, until - Date.now() + Math.random() * MINUTE, { failed: 0 })
}

function send(delivery: Delivery, request: LoopsRequest, isSecondTry = false): Promise<void> {
  const { waiting, settings, meta } = delivery
  const sentAt = Date.now()
  return postToLoops(request, settings, meta.global, async (answer) => {
    switch (answer.kind) {
      case 'taken':
        return settle(delivery, request, sentAt)
      case 'known':
        // An earlier try has brought the values of the event itself, and not those that were received since.
        return settle(delivery, delivery.request, sentAt)
      case 'refused':
        return refuse(delivery, request, answer.reason)
      case 'failed': {
        const wait = waitAfterFailure(waiting.failures, answer.isLate)
        // Where no job can hold the event, a second try at once is all that can be done.
        const otherwise = answer.mayHealAtOnce && !isSecondTry ? () => send(delivery, request, true) : undefined
        return tryAgain(waiting, meta, answer.reason, wait, { otherwise })
      }
    }
  })
}

/** Loops has taken what was sent. What was received meanwhile may have come to Loops before it. */
async function settle(delivery: Delivery, sent: LoopsRequest, sentAt: number): Promise<void> {
  const { write, askedAt, settings, meta } = delivery
  if (write === undefined) return
  const takenAt = Date.now()
  const written = writeIn(sent, write)
  const contact = { ...delivery.contact, ...written }
  const seen = isOfEarlierPeriod(write) ? undefined : delivery.seen
  let log
  try {
    const answers = await noteTakenAndRead(write, sentAt, contact, seen, meta.cache)
    const texts = textsAfterNote(answers, seen) ?? (await readLogs(contact, write.at, meta.cache))
    const read = contactLogIn(texts)
    const otherTexts = readOtherLog(contact, write.at, read, meta.cache)
    log = otherTexts === undefined ? read : contactLogIn([...texts, ...(await otherTexts)])
  } catch {
    return repairLater({ sent: written, takenAt, failures: 0 }, settings, meta)
  }
  if (log.writes.every(({ id }) => id !== write.id)) addLine(write, write, meta.cache)
  const newest = newestOf(written, log, receiptOf(delivery))
  if (saysMore(newest, written)) {
    const setBack = Object.entries(written.values).filter(([name, value]) => !isSame([newest.values[name]], [value]))
    const repaired = { ...written, at: Math.min(write.at, askedAt ?? write.at), values: Object.fromEntries(setBack) }
    return repairLater({ sent: repaired, takenAt, failures: 0 }, settings, meta)
  }
  for (const one of newest.from.filter((other) => isCarriedBy(written, other))) noteTaken(one, sentAt, meta.cache)
}

/** Loops refuses the request for good, unless its values are those of other events or its user ID may become known. */
async function refuse(delivery: Delivery, request: LoopsRequest, reason: string): Promise<void> {
  const { waiting, write, settings, meta } = delivery
  if (write !== undefined) {
    const own = { identity: identityOf(request.body), values: contactValues(delivery.request.body) }
    const body = bodyOf(own, delivery.request.body)
    if (!isSame(body, request.body)) return send(delivery, { ...request, body })
  }
  const isUnknown = request.body.email === undefined
  if (isUnknown && (await mayBecomeKnown(request, waiting, settings, meta))) {
    return tryAgain(waiting, meta, reason, backOff(SECOND, waiting.failures))
  }
  if (write !== undefined) addLine({ refused: write.id }, write, meta.cache)
  throw new Error(reason)
}

/** What a request writes, as the write of the event. */
function writeIn({ body }: LoopsRequest, { id, at }: Write): Write {
  return { id, at, ...identityOf(body), values: contactValues(body) }
}

/** Since when each value of the request counts: one that was looked up is as old as the look-up. */
function receiptOf({ write, askedAt, waiting }: Delivery): (name: string) => number {
  return (name) => (askedAt !== undefined && own(write?.values, name) === undefined ? askedAt : waiting.receivedAt)
}

function isUpdate({ path }: LoopsRequest): boolean {
  return path === '/v1/contacts/update'
}
