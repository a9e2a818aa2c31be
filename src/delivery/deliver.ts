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
 * received event is the latest there is, so it takes nothing over. A job takes over what was received since. After Loops has
 * taken a request, the app looks into the logs once more: what was received meanwhile may have come to Loops before this
 * request, so the contact is repaired.
 */
import { logOnce } from './log'
import { HOUR, MINUTE, SECOND } from '../time'
import type { LoopsRequest } from '../translate/translate'
import {
  addLine,
  allLinesOf,
  contactLogIn,
  limitNewLogs,
  noteTaken,
  noteWrite,
  readLogs,
  readOtherLog,
  sameWasTakenAt,
  sameWasTakenInAll,
} from './contact-log'
import { isUpdate, receiptOf, writeIn } from './delivery'
import type { Delivery } from './delivery'
import { postToLoops, restOfLoops } from '../loops/client'
import { bodyOf, contactValues, identityOf, isOvertaken, isSame, knownIdentity, newestOf } from './newest'
import { askTurn, countWaiting, whenWaited, whenTurnComes } from './pace'
import { putOff, tryAgain } from './queue'
import { backOff, givenUp, isTooLate, waitAfterFailure } from './retry'
import { settle } from './settle'
import { isStillUnknown, mayBecomeKnown, unknownSince } from './unknown-user-id'

const UNKNOWN_USER_ID = 'Loops has just answered that it knows no contact with its user ID'

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
  const [first] = noted
  if (write !== undefined && first !== undefined) {
    limitNewLogs(write, noted, cache)
    const written = writeIn(request, write)
    const [, texts] = first
    const takenAt = isUpdate(request) && askedAt === undefined ? sameWasTakenAt(written, texts) : undefined
    if (takenAt !== undefined && takenAt > now - HOUR && (await sameWasTakenInAll(written, texts, cache))) {
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
  const seen = first && allLinesOf(first)
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
    const otherTexts = readOtherLog(write, log, cache)
    if (otherTexts !== undefined) log = contactLogIn([...texts, ...(await otherTexts)])
  } catch {
    return deliverOnceLogsCanBeRead(delivery)
  }
  if (log.writes.every(({ id }) => id !== write.id)) addLine(write, write, cache)
  const written = writeIn(request, write)
  const newest = newestOf(written, log, receiptOf(delivery))
  // A request that has failed may still come to Loops late: only another one makes that good.
  if (waiting.failures === 0 && isUpdate(request) && isOvertaken(written, newest, log)) {
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
        return settle(delivery, delivery.request, waiting.receivedAt)
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
