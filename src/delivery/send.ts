/** Sends one request to Loops and acts on its answer. */
import { answerIn, startRequest, withoutAnswer } from '../loops/client'
import type { Answer } from '../loops/client'
import { bodyOf, contactValues, identityOf } from '../loops/request'
import type { LoopsBody, LoopsRequest } from '../loops/request'
import { isEmail } from '../loops/values'
import { settingFields } from '../settings/field'
import { MINUTE, SECOND } from '../time'
import { entriesIn } from './contact-log'
import { delayedRequest, skipReason } from './delayed-request'
import type { Delivery } from './delivery'
import { isSame, nextForm, requestIn, withEmail } from './forms'
import type { Parts } from './parts'
import { backoff, waitAfterFailure, waitForService } from './retry'
import type { Form } from './waiting'

interface Sending {
  /** `later values`: an update with what later events have written, after Loops has had the event itself before. */
  readonly form: Form | 'later values'
  readonly request: LoopsRequest
  readonly isSecondTry?: boolean
}

/**
 * Sends the request of the delivery. While Loops hangs, a job holds the event.
 *
 * @throws as `deliver` does.
 */
export function send(delivery: Delivery, parts: Parts): Promise<void> {
  const form = delivery.waiting.form ?? 'as it is'
  return sendOnce({ form, request: requestIn(form, delivery) }, delivery, parts)
}

async function sendOnce(sending: Sending, delivery: Delivery, parts: Parts): Promise<void> {
  const { circuitBreaker, queue, settings } = parts
  const until = circuitBreaker.waitsUntil()
  if (until !== undefined) {
    const reason = 'Loops cannot be reached: it has not answered several requests in a row'
    const wait = waitForService(until, delivery.waiting.receivedAt)
    return queue.retry(delivery.waiting, { reason, wait, isFailure: false })
  }
  // A request right after another one has no slot of its own: it is counted, so that later requests find its slot taken.
  if (sending.form !== (delivery.waiting.form ?? 'as it is') || sending.isSecondTry === true) parts.rateLimit.count()
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
  const { form, request } = sending
  const waiting = form === 'later values' ? delivery.waiting : { ...delivery.waiting, form }
  // Unless Loops says that it has accepted the request, the values of the contact are unknown now.
  if (answer.kind !== 'accepted') parts.lastAccepted.forget(identityOf(request.body))
  switch (answer.kind) {
    case 'accepted':
      noteAccepted(sending, parts)
      return
    case 'duplicate':
      return sendLaterValues(sending, delivery, parts)
    case 'rejected':
      return handleRejection(answer, sending, delivery, parts)
    case 'unauthorized': {
      const { reason } = answer
      parts.log.warnOnce(
        'unauthorized',
        `${reason}. Events wait and are retried for a day, if PostHog has jobs: copy a key from Loops, Settings -> API.`,
      )
      return parts.queue.retry(waiting, { reason, wait: backoff(MINUTE, waiting.failures) })
    }
    case 'retryable': {
      const { reason, timedOut, mayRetryAtOnce } = answer
      // If no job can hold the event, it is retried immediately and only once.
      const secondTry = (): Promise<void> => sendOnce({ ...sending, isSecondTry: true }, delivery, parts)
      const otherwise = mayRetryAtOnce && sending.isSecondTry !== true ? secondTry : undefined
      return parts.queue.retry(waiting, { reason, wait: waitAfterFailure(waiting.failures, timedOut), otherwise })
    }
  }
}

function noteAccepted({ form, request }: Sending, { lastAccepted, log }: Parts): void {
  lastAccepted.note(request)
  log.forgetWarning('unauthorized')
  if (form !== 'email alone' && form !== 'own values, email alone') return
  log.warnOnce(
    'two contacts',
    'Loops rejected a request with both an email and a user ID, and accepted it with the email alone: the two belong to ' +
      'different contacts in Loops. To merge them, delete one there. Later requests of this kind are not logged.',
  )
}

/** An earlier try has brought the event's own values, perhaps late: those that were received since go out alone. */
async function sendLaterValues({ form, request }: Sending, delivery: Delivery, parts: Parts): Promise<void> {
  const hasOwnValuesOnly = form === 'own values' || form === 'own values, email alone'
  if (form === 'later values' || hasOwnValuesOnly || isSame(contactOf(request), contactOf(delivery.original))) return
  return sendNow(delivery, parts, (current) => {
    const body = contactOf(requestIn(form, current))
    return { form: 'later values', request: { method: 'PUT', path: '/v1/contacts/update', body } }
  })
}

function contactOf({ body }: LoopsRequest): LoopsBody {
  return bodyOf(identityOf(body), contactValues(body))
}

/** Sends a second request, with what was received until Loops has answered the first, unless that excludes its contact. */
async function sendNow(delivery: Delivery, parts: Parts, next: (current: Delivery) => Sending): Promise<void> {
  const current = await upToDate(delivery, parts)
  const whySkipped = skipReason(current, parts.settings.excludedEmails)
  if (whySkipped === undefined) return sendOnce(next(current), current, parts)
  parts.log.skipOnce(whySkipped)
}

/** The delivery with the values received until Loops has answered: another worker may have sent them meanwhile. */
async function upToDate(delivery: Delivery, { contactLog }: Parts): Promise<Delivery> {
  const { entry, waiting } = delivery
  try {
    const lists = await contactLog.read(entry, waiting.takenOver?.readAt ?? waiting.receivedAt)
    return delayedRequest(delivery, lists.map(entriesIn))
  } catch {
    return delivery
  }
}

async function handleRejection(
  { status, reason }: Extract<Answer, { kind: 'rejected' }>,
  { form, request }: Sending,
  delivery: Delivery,
  parts: Parts,
): Promise<void> {
  const { entry, writes } = delivery
  // Loops has the event itself: a job would send it a second time.
  if (form === 'later values') throw new Error(reason)
  const next = nextForm(form, delivery, status)
  if (next !== undefined) {
    return sendNow(delivery, parts, (current) => ({ form: next, request: requestIn(next, current) }))
  }
  if (request.body.email === undefined) return handleUnknownUserId(reason, request, delivery, parts)
  if (writes) parts.contactLog.addRejection(entry)
  throw new Error(reason)
}

/** Loops may not know the user ID yet: the event that brings its email may be on its way. */
async function handleUnknownUserId(
  reason: string,
  request: LoopsRequest,
  delivery: Delivery,
  parts: Parts,
): Promise<void> {
  const { original, waiting } = delivery
  const { links, lastAccepted, queue } = parts
  const identity = identityOf(request.body)
  links.forget(identity)
  const again = { ...waiting, userIdWasUnknown: true }
  if (waiting.userIdWasUnknown !== true && queue.exists) {
    return queue.postpone(again, Date.now() + 5 * SECOND, () => Promise.reject(new Error(reason)))
  }
  if (waiting.userIdWasUnknown !== true && original.emailIfUnknown !== undefined) {
    const withItsEmail = withEmail(original.emailIfUnknown, delivery.request)
    return send({ ...delivery, waiting: again, request: withItsEmail }, parts)
  }
  lastAccepted.noteRejection(request)
  throw new Error(reason + emailAsUserIdRemedy(identity.userId))
}

/** The remedy if Loops does not know the user ID and it is an email. */
function emailAsUserIdRemedy(userId = ''): string {
  const { label } = settingFields.email
  return isEmail(userId)
    ? ` The user ID is an email: write {person.properties.email}, {event.distinct_id} in "${label}".`
    : ''
}
