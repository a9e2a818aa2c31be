/**
 * How the request of one event comes to Loops. An event is in one of these states:
 *
 * - in its lane: it waits for the requests of its contact before it, or the app asks the cache, or Loops (see lanes.ts).
 * - waiting: a job of PostHog's queue holds it: for a slot of the rate limit, for its lane, for its person, for the cache, or
 *   for another try. The job contains the event, which is translated again.
 * - accepted, skipped, rejected or given up: the end.
 *
 * Two rules keep the order, so that a contact ends up with the values that PostHog received last; a third one saves requests:
 *
 * 1. Requests of one contact go out one after the other in a worker.
 * 2. A delayed request takes over later values: each write leaves an entry in the log of its contact, and a delayed request carries
 *    the values that were received last, those of other names too: another worker may have sent these already, and this request,
 *    or the one before it, may reach Loops later.
 * 3. An update that would repeat what Loops accepted last is not sent.
 */
import { identityOf } from '../loops/request'
import { HOUR, MINUTE, SECOND } from '../time'
import { entriesIn } from './contact-log'
import { delayedRequest, skipReason } from './delayed-request'
import type { Delivery } from './delivery'
import type { Lane } from './lanes'
import type { Parts } from './parts'
import type { Ask } from './rate-limit'
import { backoff, givenUp, isTooLate } from './retry'
import { send } from './send'
import type { LogEntry } from './waiting'

/** After so many waits for a slot or for its lane, an event is sent without them. */
const MOST_WAITS = 50

/**
 * Sends the request of an event, or lets a job hold the event.
 *
 * @throws Error with Loops' message if Loops rejects the request, or if the event has waited for a day; RetryError if the
 * request has failed and no job can hold the event.
 */
export function deliver(delivery: Delivery, parts: Parts): Promise<void> {
  const { circuitBreaker, lanes } = parts
  // While Loops hangs, the event waits in a job, and no event waits in a lane.
  if (circuitBreaker.waitsUntil() !== undefined) return logAndPostpone(delivery, parts, send)
  const identity = identityOf(delivery.request.body)
  if (mayWait(delivery, parts) && lanes.isFull(identity)) return logAndPostpone(delivery, parts, waitForLane)
  const lane = lanes.enter(identity)
  return deliverInLane(delivery, lane, parts).finally(lane.leave)
}

/** Logs what an event writes immediately, for the jobs of earlier events, although the event does not enter its lane. */
async function logAndPostpone(delivery: Delivery, parts: Parts, postpone: typeof send): Promise<void> {
  let logged = delivery
  try {
    logged = noteLogged(delivery, await addToLog(delivery, parts), parts)
  } catch {
    // Its job retries it.
  }
  return postpone(logged, parts)
}

function mayWait({ waiting }: Delivery, { queue }: Parts): boolean {
  return queue.exists && (waiting.waits ?? 0) < MOST_WAITS
}

function waitForLane(delivery: Delivery, parts: Parts): Promise<void> {
  return postponeUntil(Date.now() + SECOND * (1 + Math.random() / 2), delivery, parts)
}

function postponeUntil(at: number, delivery: Delivery, parts: Parts): Promise<void> {
  const { waiting } = delivery
  const waits = (waiting.waits ?? 0) + 1
  return parts.queue.postpone({ ...waiting, waits }, at, () => send(delivery, parts))
}

async function deliverInLane(delivery: Delivery, lane: Lane, parts: Parts): Promise<void> {
  const { waiting } = delivery
  if (lane.before !== undefined) {
    try {
      await lane.before
    } catch {
      // PostHog ends each wait of an app after 30 seconds.
    }
    lane.begin()
  }
  if (waiting.jobs > 0 && isTooLate(waiting.receivedAt)) throw givenUp(waiting.failures, 'its job ran too late')
  const slot = parts.rateLimit.slot()
  let answers
  try {
    answers = await askCache(delivery, { lane, slot }, parts)
  } catch {
    return deliverWithoutCache(delivery, parts)
  }
  const [number, logged, lists, accepted, rejectedAt] = answers
  const ask = parts.rateLimit.asked(slot, number)
  const logs = lists?.map(entriesIn)
  const known = { lane, ask, logs, accepted, rejectedAt }
  return deliverKnown(noteLogged(delivery, logged, parts), known, parts)
}

/** Starts all commands at once, so that the caller awaits once. */
function askCache(delivery: Delivery, { lane, slot }: { readonly lane: Lane; readonly slot: number }, parts: Parts) {
  return Promise.all([
    parts.rateLimit.ask(slot),
    addToLog(delivery, parts),
    readLog(delivery, lane, parts),
    parts.lastAccepted.readForUserId(delivery.request),
    parts.lastAccepted.readRejection(delivery.request),
  ])
}

/** The cache's answers about an event and its contact. */
interface Known {
  readonly lane: Lane
  readonly ask: Ask
  /** The entries of each identifier, the latest first, if the event was delayed. */
  readonly logs: readonly (readonly LogEntry[])[] | undefined
  readonly accepted: unknown
  readonly rejectedAt: unknown
}

async function deliverKnown(delivery: Delivery, known: Known, parts: Parts): Promise<void> {
  const { log, settings } = parts
  let toSend = delivery
  try {
    if (typeof known.rejectedAt === 'number' && !(await mayBeKnownNow(known.rejectedAt, delivery, parts))) {
      log.skipOnce('Loops has just answered that it knows no contact with its user ID')
      return
    }
    if (known.logs !== undefined) {
      toSend = delayedRequest(delivery, known.logs)
      const { email } = identityOf(toSend.request.body)
      // The user ID has moved to an email whose log was not read.
      if (email !== undefined && email !== delivery.entry.email) {
        const others = await parts.contactLog.read({ email }, delivery.waiting.receivedAt)
        toSend = delayedRequest(delivery, [...known.logs, ...others.map(entriesIn)])
      }
    }
    if (mayBeRepeated(toSend, known, parts) && (await parts.lastAccepted.isSameForEmail(toSend.request))) {
      log.skipOnce('Loops has accepted the same update of its contact within ten minutes')
      return
    }
  } catch {
    return deliverWithoutCache(delivery, parts)
  }
  const reason = skipReason(toSend, settings.excludedEmails)
  if (reason !== undefined) {
    log.skipOnce(reason)
    return
  }
  const { email } = identityOf(toSend.request.body)
  const isInLane = email === undefined || known.lane.extend(email) || !mayWait(toSend, parts)
  return isInLane ? sendInSlot(toSend, known.ask, parts) : waitForLane(toSend, parts)
}

/**
 * True if the update repeats what Loops accepted last. Loops may still act on a request that has failed, and the request
 * before it in the lane may not be noted yet.
 */
function mayBeRepeated({ request, waiting }: Delivery, { accepted, lane }: Known, parts: Parts): boolean {
  return waiting.failures === 0 && lane.before === undefined && parts.lastAccepted.isSameForUserId(accepted, request)
}

/** Adds what the event writes to the logs of its contact, unless it only links identifiers that the worker knows. */
function addToLog({ waiting, entry, writes }: Delivery, { contactLog, links }: Parts) {
  if (!writes || waiting.isLogged === true) return undefined
  const isKnown = Object.keys(entry.values).length === 0 && links.isKnown(entry)
  return isKnown ? undefined : contactLog.add(entry)
}

function noteLogged(
  delivery: Delivery,
  answers: Awaited<ReturnType<Parts['contactLog']['add']>> | undefined,
  { contactLog, lastAccepted, links }: Parts,
): Delivery {
  const { entry, waiting } = delivery
  if (answers === undefined) return delivery
  contactLog.added(answers)
  // An event that links identifiers anew may have changed both of their contacts.
  if (!links.note(entry) && Object.keys(entry.values).length === 0) lastAccepted.forget(entry)
  return { ...delivery, waiting: { ...waiting, isLogged: true } }
}

/**
 * Reads the logs of the contact if the event was delayed; `undefined` if it was not. An event that writes nothing itself is
 * delayed in its lane only: another worker may run the job of a later one before the request that is under way has come to Loops.
 */
function readLog({ waiting, entry, writes, lookedUpAt, request }: Delivery, lane: Lane, { contactLog }: Parts) {
  // The event that has brought the email may be older than this one.
  if (waiting.userIdWasUnknown === true) return contactLog.read(identityOf(request.body), waiting.receivedAt - HOUR)
  const { takenOver } = waiting
  const isDelayed = lane.before !== undefined || takenOver !== undefined
  if (!isDelayed && !(writes && (waiting.jobs > 0 || lookedUpAt !== undefined))) return undefined
  const since = takenOver?.readAt ?? Math.min(waiting.receivedAt, lookedUpAt ?? Infinity)
  return contactLog.read(entry, since)
}

/**
 * Whether Loops may know the user ID by now: an event has brought its email since, this one has an email in case Loops does
 * not know the user ID, or this is its second try.
 */
async function mayBeKnownNow(
  rejectedAt: number,
  { original, request, waiting }: Delivery,
  { contactLog }: Parts,
): Promise<boolean> {
  if (waiting.userIdWasUnknown === true || original.emailIfUnknown !== undefined) return true
  const read = await contactLog.read(identityOf(request.body), rejectedAt)
  const entries: readonly LogEntry[] = read.flatMap(entriesIn)
  return entries.some(({ email, receivedAt }) => email !== undefined && receivedAt > rejectedAt - MINUTE)
}

/** Some four minutes. */
const TRIES_WITHOUT_CACHE = 8

/**
 * The cache is down. A fresh event goes out without rate limit and order. A job might overwrite what was received since:
 * better some minutes later than that.
 */
function deliverWithoutCache(delivery: Delivery, parts: Parts): Promise<void> {
  const { waiting } = delivery
  if (waiting.jobs === 0 || waiting.failures >= TRIES_WITHOUT_CACHE) return send(delivery, parts)
  const reason = "PostHog's cache does not answer"
  return parts.queue.retry(waiting, { reason, wait: backoff(5 * SECOND, waiting.failures) })
}

/** Sends the request if it has a slot or can borrow one; otherwise a job holds the event until its slot. */
async function sendInSlot(delivery: Delivery, ask: Ask, parts: Parts): Promise<void> {
  const { rateLimit } = parts
  if (ask.number === 1 || !mayWait(delivery, parts)) return send(delivery, parts)
  let hasSlot = false
  let at = 0
  try {
    for (const slot of delivery.waiting.jobs > 0 ? [] : rateLimit.borrowable(ask)) {
      hasSlot = rateLimit.asked(slot, await rateLimit.ask(slot)).number === 1
      if (hasSlot) break
    }
    if (!hasSlot) at = rateLimit.jobDueAt(await rateLimit.readLastJob(), ask)
  } catch {
    hasSlot = true
  }
  return hasSlot ? send(delivery, parts) : postponeUntil(at, delivery, parts)
}
