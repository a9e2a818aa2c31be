import type { Delivery } from '../payloads'
import type { Settings } from '../settings'
import type { AppMeta } from '../meta'
import { givenUp, isTooLate, retry } from './retry'
import { orElse, persistently } from '../cache'
import { logOnce } from '../log'
import { note, prepared, readHistory } from './history'
import { nextTurn } from './pace'
import { runLater } from './queue'
import { bodyWith, contactValues, newerLink, newestBody, newestValues, writeOf } from './newest'
import type { History } from './newest'
import { NO_ANSWER, askLoops, getFromLoops } from './loops-client'
import { MINUTE, SECOND } from '../time'
import type { LoopsRequest } from '../translate/translate'

/**
 * Brings a request to Loops: at once, or by a job when it must wait for its turn or for Loops to recover.
 *
 * @throws Error with what Loops said if it refuses the request, or if a day of tries was in vain; RetryError if a passing
 * failure cannot be handed to a job. PostHog records each of them.
 */
export async function deliver(delivery: Delivery, settings: Settings, meta: AppMeta): Promise<void> {
  const { firstTried, since, failures } = delivery
  if (isTooLate(since ?? firstTried, 0)) throw givenUp(failures, 'its job was run too late')
  if (await orElse(isRefusedUserId(delivery.request, meta), false)) {
    logOnce('Loops has just answered that it knows no contact with its user ID', meta.global)
    return
  }
  const history = await orElse(prepared(delivery, meta), undefined)
  if (history === 'superfluous') return
  if (history === undefined && (await waitsForCache(delivery, meta))) return

  const turn = delivery.hasTurn === true ? 0 : await orElse(nextTurn(settings, meta), 0)
  if (turn > Date.now() && (await runLater({ ...delivery, isNoted: true, hasTurn: true }, turn, meta))) return
  await send({ ...delivery, firstTried: firstTried ?? Date.now() }, history, settings, meta)
}

async function send(
  delivery: Delivery,
  history: History | undefined,
  settings: Settings,
  meta: AppMeta,
): Promise<void> {
  const request = { ...delivery.request, body: newestBody(delivery, history) }
  const answer = await orElse(askLoops(request, settings, meta), NO_ANSWER)
  switch (answer.kind) {
    case 'taken':
      return settle(delivery, request.body, history, settings, meta)
    case 'known':
      // An earlier try brought the values of the event itself, if not newer ones.
      return settle(delivery, delivery.request.body, history, settings, meta)
    case 'failed':
      return retry(delivery, answer, meta)
    case 'refused':
      return refuse(delivery, answer.reason, settings, meta)
  }
}

/** Without the history of its contact an update might overwrite what is newer: better a little later than that. */
async function waitsForCache(delivery: Delivery, meta: AppMeta): Promise<boolean> {
  const { cacheFailures } = delivery
  if (cacheFailures === 3) return false
  return runLater({ ...delivery, cacheFailures: cacheFailures + 1 }, Date.now() + 5 * SECOND, meta)
}

/** Loops has taken the request. What a newer event has noted meanwhile may have been overwritten: it is written again. */
async function settle(
  delivery: Delivery,
  sent: LoopsRequest['body'],
  history: History | undefined,
  settings: Settings,
  meta: AppMeta,
): Promise<void> {
  if (history === undefined) return
  const { request, id } = delivery
  const now = await orElse(readHistory(request, meta), undefined)
  if (now === undefined) return retry(delivery, { kind: 'failed', reason: 'The cache does not answer' }, meta)

  const sentValues = contactValues(sent)
  const newest = newestValues(sentValues, writeOf(delivery), now)
  const overtaken = Object.keys(newest).filter((name) => newest[name] !== sentValues[name])
  const { email, userId } = sent
  const isLinking = email !== undefined && userId !== undefined
  const link = isLinking ? newerLink({ ...writeOf(delivery), email, userId }, now.writes) : undefined
  if (overtaken.length === 0 && link === undefined) {
    return orElse(note(request, { id, done: Date.now() }, meta), undefined)
  }

  const linked: LoopsRequest['body'] = { ...sent, ...(link && { email: link.email, userId: link.userId }) }
  const { eventName, eventProperties, ...contact } = linked
  const repair = bodyWith(contact, Object.fromEntries(overtaken.map((name) => [name, newest[name]])))
  // It goes out at once, but it counts.
  await orElse(nextTurn(settings, meta), 0)
  const answer = await askLoops({ method: 'PUT', path: '/v1/contacts/update', body: repair }, settings, meta)
  if (answer.kind === 'failed') return retry(delivery, answer, meta)
  return settle(delivery, bodyWith(contact, newest), now, settings, meta)
}

const UNKNOWN_FOR = 10 * MINUTE

/** Whether Loops has just refused this user ID alone, and no event has brought an address for it since. */
async function isRefusedUserId({ body }: LoopsRequest, meta: AppMeta): Promise<boolean> {
  if (body.email !== undefined) return false
  const since = Number(await persistently(() => meta.cache.get(`unknown-${String(body.userId)}`, 0)))
  if (since <= Date.now() - UNKNOWN_FOR) return false
  const { writes } = await readHistory({ method: 'PUT', path: '/v1/contacts/update', body }, meta)
  return !writes.some(({ email, noted }) => email !== undefined && noted > since)
}

async function refuse(delivery: Delivery, reason: string, settings: Settings, meta: AppMeta): Promise<void> {
  const { request, id } = delivery
  if (request.body.email === undefined && (await isUnknown(request.body.userId, settings, meta))) {
    const update: LoopsRequest = { method: 'PUT', path: '/v1/contacts/update', body: request.body }
    const { writes, done } = await orElse(readHistory(update, meta), NOTHING_KNOWN)
    if (writes.some((write) => write.email !== undefined && !done.has(write.id))) {
      return retry(delivery, { kind: 'failed', reason }, meta)
    }
    const unknown = `unknown-${String(request.body.userId)}`
    await orElse(
      persistently(() => meta.cache.set(unknown, Date.now(), UNKNOWN_FOR / SECOND)),
      undefined,
    )
  }
  await orElse(note(request, { id, refused: true }, meta), undefined)
  throw new Error(reason)
}

const NOTHING_KNOWN: History = { writes: [], done: new Map() }

/** Loops refuses for many reasons with the same status, and its messages may change: only a look tells. */
async function isUnknown(userId: unknown, settings: Settings, meta: AppMeta): Promise<boolean> {
  // An unpaired surrogate makes encodeURIComponent throw.
  const query = encodeURIComponent(String(userId).replace(/[\ud800-\udfff]/gu, '\ufffd'))
  const { json } = await getFromLoops(`/v1/contacts/find?userId=${query}`, settings, meta)
  return Array.isArray(json) && json.length === 0
}
