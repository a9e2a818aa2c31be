/**
 * How the request of one event comes to Loops. An event is in one of these states:
 *
 * - in its lane: it waits for the requests of its contact before it, or the app asks the cache, or Loops (see lanes.ts).
 * - waiting: a job of PostHog's queue holds it: for a slot of the rate limit, for its lane, for its person, for the cache, or
 *   for another try. The job is the event again: it is translated anew.
 * - accepted, skipped, rejected or given up: the end.
 *
 * Three rules keep the order, so that a contact ends up with the values that PostHog received last:
 *
 * 1. Requests of one contact go out one after the other in a worker.
 * 2. What waits takes over what came since: each write leaves an entry in the log of its contact, and a delayed request carries,
 *    for the names that it writes itself, the values that were received last.
 * 3. An update that says what Loops has accepted last is not sent.
 */
import { identityOf } from '../loops/request'
import { HOUR, MINUTE, SECOND } from '../time'
import { entriesIn } from './contact-log'
import { delayedRequest, skipReason, unreadEmail } from './delayed-request'
import type { Delivery } from './delivery'
import type { Lane } from './lanes'
import type { Parts } from './parts'
import type { Ask } from './rate-limit'
import { backoff, givenUp, isTooLate } from './retry'
import { send } from './send'
import type { LogEntry } from './waiting'

/** An event that so many jobs have held for a slot or for its lane waits no more. */
const MOST_JOBS = 50

/**
 * Sends the request of an event, or lets a job hold the event.
 *
 * @throws Error with Loops' message if Loops rejects the request, or if the event has waited for a day; RetryError if the
 * request has failed and no job can hold the event.
 */
export function deliver(delivery: Delivery, parts: Parts): Promise<void> {
  const { lanes, queue } = parts
  const identity = identityOf(delivery.request.body)
  if (queue.exists && lanes.isFull(identity) && delivery.waiting.jobs < MOST_JOBS) return waitForLane(delivery, parts)
  const lane = lanes.enter(identity)
  return deliverInLane(delivery, lane, parts).finally(lane.leave)
}

async function waitForLane(delivery: Delivery, parts: Parts): Promise<void> {
  try {
    noteLogged(delivery, await addToLog(delivery, parts), parts)
  } catch {
    // Without its entry, an earlier event may overwrite this one until its job has run.
  }
  const at = Date.now() + SECOND * (1 + Math.random() / 2)
  return parts.queue.postpone(delivery.waiting, at, () => send(delivery, parts))
}

async function deliverInLane(delivery: Delivery, lane: Lane, parts: Parts): Promise<void> {
  const { waiting } = delivery
  // While Loops hangs, nobody waits for a request that finds out whether it is back.
  if (lane.before !== undefined && parts.circuitBreaker.waitsUntil() === undefined) {
    try {
      await lane.before
    } catch {
      // PostHog ends each wait of an app after 30 seconds.
    }
  }
  lane.begin()
  if (waiting.jobs > 0 && isTooLate(waiting.receivedAt)) throw givenUp(waiting.failures, 'its job was run too late')
  // While Loops hangs, no job asks the cache.
  if (waiting.jobs > 0 && parts.circuitBreaker.waitsUntil() !== undefined) return send(delivery, parts)

  const hasWaited = lane.before !== undefined
  const slot = parts.rateLimit.slot()
  let answers
  try {
    answers = await askCache(delivery, { hasWaited, slot }, parts)
  } catch {
    return deliverWithoutCache(delivery, parts)
  }
  const [number, logged, lists, accepted, rejectedAt] = answers
  const ask = parts.rateLimit.asked(slot, number)
  noteLogged(delivery, logged, parts)
  const logs = lists?.map(entriesIn)
  return deliverKnown(delivery, { hasWaited, ask, logs, accepted, rejectedAt }, parts)
}

/** Starts all commands at once, so that the caller awaits once. */
function askCache(
  delivery: Delivery,
  { hasWaited, slot }: { readonly hasWaited: boolean; readonly slot: number },
  parts: Parts,
) {
  return Promise.all([
    parts.rateLimit.ask(slot),
    addToLog(delivery, parts),
    readLog(delivery, hasWaited, parts),
    parts.lastAccepted.readForUserId(delivery.request),
    parts.lastAccepted.readRejection(delivery.request),
  ])
}

/** What the cache has told of an event and its contact. */
interface Known {
  readonly hasWaited: boolean
  readonly ask: Ask
  /** The entries of each identifier, the latest first, if the event was held up. */
  readonly logs: readonly (readonly LogEntry[])[] | undefined
  readonly accepted: unknown
  readonly rejectedAt: unknown
}

async function deliverKnown(delivery: Delivery, known: Known, parts: Parts): Promise<void> {
  const { waiting } = delivery
  const { lastAccepted, log, settings } = parts
  let toSend = delivery
  try {
    if (known.logs !== undefined) {
      const email = unreadEmail(delivery, known.logs)
      const others = email === undefined ? [] : await parts.contactLog.read({ email }, waiting.receivedAt)
      toSend = delayedRequest(delivery, [...known.logs, ...others.map(entriesIn)], known.hasWaited)
    } else if (typeof known.rejectedAt === 'number' && !(await hasEmailSince(known.rejectedAt, delivery, parts))) {
      log.skipOnce('Loops has just answered that it knows no contact with its user ID')
      return
    }
    // Loops may still act on a request that has failed: only another one overwrites what it does late.
    const isSame = waiting.failures === 0 && lastAccepted.isSameForUserId(known.accepted, toSend.request)
    if (isSame && (await lastAccepted.isSameForEmail(toSend.request))) {
      log.skipOnce('Loops has accepted the same update of its contact within ten minutes')
      return
    }
  } catch {
    return deliverWithoutCache(delivery, parts)
  }
  const reason = skipReason(toSend, settings.excludedEmails)
  if (reason === undefined) return sendInSlot(toSend, known.ask, parts)
  log.skipOnce(reason)
}

/** Adds what a fresh event writes to the logs of its contact, unless it only links identifiers that the worker knows. */
function addToLog({ waiting, entry }: Delivery, { contactLog, links }: Parts) {
  if (entry === undefined || waiting.jobs > 0) return undefined
  const isKnown = Object.keys(entry.values).length === 0 && links.isKnown(entry)
  return isKnown ? undefined : contactLog.add(entry)
}

function noteLogged(
  { entry }: Delivery,
  answers: Awaited<ReturnType<Parts['contactLog']['add']>> | undefined,
  { contactLog, lastAccepted, links }: Parts,
): void {
  if (entry === undefined || answers === undefined) return
  contactLog.added(entry, answers)
  // An event that links identifiers anew may have changed both of their contacts.
  if (!links.note(entry) && Object.keys(entry.values).length === 0) lastAccepted.forget(entry)
}

/** Reads the logs of the contact if the event was held up; `undefined` if it was not. */
function readLog({ waiting, entry, lookedUpAt, request }: Delivery, hasWaited: boolean, { contactLog }: Parts) {
  if (waiting.isUnknown === true) return contactLog.read(identityOf(request.body), waiting.receivedAt - HOUR)
  const isDelayed = waiting.jobs > 0 || lookedUpAt !== undefined || hasWaited
  if (entry === undefined || !isDelayed) return undefined
  const since = waiting.takenOver?.readAt ?? Math.min(waiting.receivedAt, lookedUpAt ?? Infinity)
  return contactLog.read(entry, since)
}

/** Whether an event has brought an email for the user ID since Loops did not know it. */
async function hasEmailSince(rejectedAt: number, { request }: Delivery, { contactLog }: Parts): Promise<boolean> {
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
  const reason = 'the cache of PostHog does not answer'
  return parts.queue.retry(waiting, { reason, wait: backoff(5 * SECOND, waiting.failures) })
}

/** Sends the request if it has a slot or can borrow one; otherwise a job holds the event until its place. */
async function sendInSlot(delivery: Delivery, ask: Ask, parts: Parts): Promise<void> {
  const { rateLimit, queue } = parts
  const { waiting } = delivery
  let hasSlot = ask.number === 1 || !queue.exists || waiting.jobs >= MOST_JOBS
  let at = 0
  try {
    for (const slot of hasSlot || waiting.jobs > 0 ? [] : rateLimit.borrowable(ask)) {
      hasSlot ||= rateLimit.asked(slot, await rateLimit.ask(slot)).number === 1
    }
    if (!hasSlot) at = rateLimit.placeAfter(await rateLimit.readPlace(), ask)
  } catch {
    hasSlot = true
  }
  return hasSlot ? send(delivery, parts) : queue.postpone(waiting, at, () => send(delivery, parts))
}
