/** One request to Loops, and what follows from its answer. */
import { answerIn, startRequest, withoutAnswer } from '../loops/client'
import type { Answer } from '../loops/client'
import { bodyOf, contactValues, identityOf } from '../loops/request'
import type { LoopsRequest } from '../loops/request'
import { isEmail } from '../loops/values'
import { settingFields } from '../settings/field'
import { MINUTE, SECOND } from '../time'
import { withEmail } from './delayed-request'
import type { Delivery } from './delivery'
import type { Parts } from './parts'
import { backoff, waitAfterFailure, waitForService } from './retry'

/** What is sent of a delivery; each kind follows from the answer to one before it, in the same lane. */
interface Sending {
  readonly kind: 'request' | 'second try' | 'own values' | 'email alone' | 'with email' | 'later values'
  readonly request: LoopsRequest
}

/**
 * Sends the request of the delivery. While Loops hangs, a job holds the event.
 *
 * @throws as `deliver` does.
 */
export function send(delivery: Delivery, parts: Parts): Promise<void> {
  return sendOnce({ kind: 'request', request: delivery.request }, delivery, parts)
}

async function sendOnce(sending: Sending, delivery: Delivery, parts: Parts): Promise<void> {
  const { circuitBreaker, queue, settings } = parts
  const until = circuitBreaker.waitsUntil()
  if (until !== undefined) {
    const reason = 'Loops cannot be reached: it has not answered several requests in a row'
    const wait = waitForService(until, delivery.waiting.receivedAt)
    return queue.retry(delivery.waiting, { reason, wait, isFailure: false })
  }
  const startedAt = Date.now()
  circuitBreaker.begin()
  let answer: Answer
  try {
    const response = await startRequest(sending.request, settings.apiKey)
    answer = response.ok ? { kind: 'accepted' } : await answerIn(response, sending.request, settings.apiKey)
  } catch (error) {
    answer = withoutAnswer(error, startedAt, settings.apiKey)
  }
  circuitBreaker.end(answer.kind === 'retryable' && answer.timedOut)
  return handleAnswer(answer, sending, delivery, parts)
}

async function handleAnswer(answer: Answer, sending: Sending, delivery: Delivery, parts: Parts): Promise<void> {
  const { waiting } = delivery
  switch (answer.kind) {
    case 'accepted':
      noteAccepted(sending, parts)
      return
    case 'duplicate':
      return sendLaterValues(sending, delivery, parts)
    case 'rejected':
      return handleRejection(answer, sending, delivery, parts)
    case 'unauthorized':
      parts.log.warnOnce(
        'unauthorized',
        `${answer.reason}. Events wait and are tried again for a day, if PostHog has jobs: copy a key from Loops, Settings -> API.`,
      )
      return parts.queue.retry(waiting, { reason: answer.reason, wait: backoff(MINUTE, waiting.failures) })
    case 'retryable': {
      const { reason, timedOut, mayRetryAtOnce } = answer
      const secondTry: Sending = { kind: 'second try', request: sending.request }
      return parts.queue.retry(waiting, {
        reason,
        wait: waitAfterFailure(waiting.failures, timedOut),
        // Where no job can hold the event, a second try at once is all that can be done.
        otherwise:
          mayRetryAtOnce && sending.kind !== 'second try' ? () => sendOnce(secondTry, delivery, parts) : undefined,
      })
    }
  }
}

function noteAccepted({ kind, request }: Sending, { lastAccepted, log }: Parts): void {
  lastAccepted.note(request)
  log.forgetWarning('unauthorized')
  if (kind !== 'email alone') return
  log.warnOnce(
    'two contacts',
    'Loops rejected a request with both an email and a user ID, and accepted it with the email alone: the two belong to ' +
      'different contacts in Loops. To merge them, delete one there. Later requests of this kind are not logged.',
  )
}

/** An earlier try has brought the event's own values, perhaps late: those that were received since go out alone. */
async function sendLaterValues({ kind, request }: Sending, delivery: Delivery, parts: Parts): Promise<void> {
  const body = bodyOf(identityOf(request.body), contactValues(request.body))
  if (kind === 'later values' || isSame(body, bodyOf(identityOf(delivery.own.body), contactValues(delivery.own.body))))
    return
  const update: LoopsRequest = { method: 'PUT', path: '/v1/contacts/update', body }
  return sendOnce({ kind: 'later values', request: update }, delivery, parts)
}

async function handleRejection(
  { status, reason }: Extract<Answer, { kind: 'rejected' }>,
  { kind, request }: Sending,
  delivery: Delivery,
  parts: Parts,
): Promise<void> {
  const { own } = delivery
  const { email, userId } = identityOf(request.body)
  const ownBody = bodyOf(identityOf(request.body), contactValues(own.body), own.body)
  if (kind !== 'email alone' && request.body !== own.body && !isSame(ownBody, request.body)) {
    return sendOnce({ kind: 'own values', request: { ...request, body: ownBody } }, delivery, parts)
  }
  if (status === 400 && email !== undefined && userId !== undefined) {
    return sendOnce({ kind: 'email alone', request: withEmailAlone(request) }, delivery, parts)
  }
  return email === undefined ? handleUnknownUserId(reason, request, delivery, parts) : Promise.reject(new Error(reason))
}

/** Loops may not know the user ID yet: the event that brings its email may be on its way. */
async function handleUnknownUserId(
  reason: string,
  request: LoopsRequest,
  delivery: Delivery,
  parts: Parts,
): Promise<void> {
  const { own, waiting } = delivery
  const { links, lastAccepted, queue } = parts
  const identity = identityOf(request.body)
  lastAccepted.forget(identity)
  links.forget(identity)
  if (waiting.isUnknown !== true && queue.exists) {
    const again = { ...waiting, isUnknown: true }
    return queue.postpone(again, Date.now() + 5 * SECOND, () => Promise.reject(new Error(reason)))
  }
  if (!queue.exists && own.emailIfUnknown !== undefined) {
    return sendOnce({ kind: 'with email', request: withEmail(own.emailIfUnknown, request) }, delivery, parts)
  }
  lastAccepted.noteRejection(request)
  throw new Error(reason + emailAsUserIdRemedy(identity.userId))
}

/** What to do about a user ID that Loops does not know, if it is an email. */
function emailAsUserIdRemedy(userId = ''): string {
  const { label } = settingFields.email
  return isEmail(userId)
    ? ` The user ID is an email: write {person.properties.email}, {event.distinct_id} in "${label}".`
    : ''
}

/** The request without its user ID: Loops finds the contact of the email and links nothing. */
function withEmailAlone({ idempotencyKey, body, ...request }: LoopsRequest): LoopsRequest {
  const entries = Object.entries(body).filter(([name]) => name !== 'userId')
  return {
    ...request,
    body: Object.fromEntries(entries),
    // Loops may keep the key of a request that it rejected.
    ...(idempotencyKey !== undefined && { idempotencyKey: `${idempotencyKey}-email` }),
  }
}

function isSame(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
