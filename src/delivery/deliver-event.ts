/** From an event to its delivery: looks up the person that the settings need, and translates the event. */
import { RetryError } from '@posthog/plugin-scaffold'
import type { LoopsBody, LoopsRequest } from '../loops/request'
import type { CapturedEvent } from '../posthog/event'
import { keptPersonIn } from '../posthog/look-up'
import type { LookedUpPerson, LookUpResult } from '../posthog/look-up'
import type { StoredPerson } from '../posthog/person'
import type { Settings } from '../settings/settings'
import { HOUR, MINUTE, SECOND } from '../time'
import { filtersNeedPerson, needsPerson, settingsWithoutPerson } from '../translate/needs-person'
import { translate } from '../translate/translate'
import type { SkipReason } from '../translate/translate'
import { deliver } from './deliver'
import { deliveryOf } from './delivery'
import { logDrySkip } from './log'
import type { EventLog } from './log'
import type { Parts } from './parts'
import type { Retry } from './queue'
import { backoff, givenUp, isTooLate, waitForService } from './retry'
import type { WaitingEvent } from './waiting'

/**
 * Translates an event and delivers the request, if there is one.
 *
 * @returns `undefined`, before any promise, for an event that matches no setting.
 * @throws what `deliver` throws; RetryError if a filter needs a person that PostHog does not return, and no job can wait.
 */
export function deliverEvent(waiting: WaitingEvent, parts: Parts): Promise<void> | undefined {
  const { event, receivedAt, jobs } = waiting
  const { settings, log } = parts
  if (settings.dryRun && jobs > 0) return waitForEndOfDryRun(waiting, parts)
  if (needsPerson(event, settings, receivedAt)) return deliverWithPerson(waiting, parts)
  const request = requestToSend({ event, receivedAt, settings, log })
  return request && deliver(deliveryOf(waiting, request), parts)
}

/** A dry run neither sends nor loses events that wait. */
function waitForEndOfDryRun(waiting: WaitingEvent, { queue }: Parts): Promise<void> {
  return queue.retry(waiting, { reason: 'the app is in a dry run', wait: 10 * MINUTE, isFailure: false })
}

const PERSON_MISSING: SkipReason = 'PostHog did not return the person that a filter needs'

/** Delivers an event that needs its person, or lets it wait until PostHog returns the person. */
async function deliverWithPerson(waiting: WaitingEvent, parts: Parts): Promise<void> {
  const { event } = waiting
  let result: LookUpResult = { kind: 'failed' }
  try {
    const kept = keptPersonIn(await parts.lookUp.startKept(event))
    result = kept === undefined ? await parts.lookUp.ask(event) : { kind: 'found', person: kept }
  } catch {
    // The cache is down, or PostHog has ended the wait after 30 seconds.
  }
  if (result.kind === 'found') return deliverWith(result.person, waiting, parts)
  // The server finds persons a few seconds after it has made them.
  const isEarly = result.kind === 'missing' && waiting.personWasMissing !== true
  const retry = retryAfter(result, waiting)
  const { dryRun } = parts.settings
  const mayWait = parts.queue.exists && !dryRun && !isTooLate(waiting.receivedAt, retry.wait + LEFT_FOR_DELIVERY)
  if (mayWait && (isEarly || result.kind !== 'missing')) {
    return parts.queue.retry({ ...waiting, personWasMissing: isEarly || waiting.personWasMissing === true }, retry)
  }
  return result.kind === 'missing' ? deliverWith(result.person, waiting, parts) : deliverWithoutPerson(waiting, parts)
}

/** The part of its day that an event does not spend on the wait for its person. */
const LEFT_FOR_DELIVERY = HOUR

function retryAfter(result: LookUpResult, { receivedAt, failures }: WaitingEvent): Retry {
  const reason = PERSON_MISSING
  switch (result.kind) {
    case 'busy':
      return { reason, wait: waitForService(Date.now() + 2 * SECOND, receivedAt), isFailure: false }
    case 'open':
      return { reason, wait: waitForService(result.until, receivedAt), isFailure: false }
    case 'failed':
      return { reason, wait: backoff(MINUTE, failures) }
    case 'missing':
    case 'found':
      return { reason, wait: 10 * SECOND, isFailure: false }
  }
}

async function deliverWith(person: LookedUpPerson, waiting: WaitingEvent, parts: Parts): Promise<void> {
  const { event, receivedAt } = waiting
  const { settings, log } = parts
  const request = requestToSend({ event, receivedAt, settings, log, stored: person })
  if (request === undefined) return
  const ownBody = bodyWithoutPerson(waiting, settings, request)
  return deliver(deliveryOf(waiting, request, { at: person.lookedUpAt, ownBody }), parts)
}

/** PostHog has not returned the person for a day, or no job can wait: the event is sent with its own data. */
async function deliverWithoutPerson(waiting: WaitingEvent, parts: Parts): Promise<void> {
  const { event, receivedAt, failures } = waiting
  const { settings, log, queue } = parts
  if (filtersNeedPerson(event, settings, receivedAt)) {
    if (settings.dryRun) {
      logDrySkip(event, PERSON_MISSING)
      return
    }
    throw queue.exists ? givenUp(failures + 1, PERSON_MISSING) : new RetryError(PERSON_MISSING)
  }
  const request = requestToSend({ event, receivedAt, settings: settingsWithoutPerson(event, settings), log })
  if (request !== undefined) return deliver(deliveryOf(waiting, request), parts)
}

/** The part of the request that the event alone gives, whatever its identity and whatever the filters need. */
function bodyWithoutPerson({ event, receivedAt }: WaitingEvent, settings: Settings, request: LoopsRequest): LoopsBody {
  const { eventsToSend, contactUpdates } = settings
  const own = translate(
    event,
    {
      ...settings,
      email: [],
      userId: ['anybody'],
      eventsToSend: { ...eventsToSend, filters: [] },
      contactUpdates: { ...contactUpdates, filters: [] },
    },
    receivedAt,
  )
  const body = own !== undefined && 'request' in own ? own.request.body : {}
  return Object.fromEntries(Object.entries(body).filter(([name]) => name in request.body))
}

/** An event and what is known when it is translated. */
interface EventToTranslate {
  readonly event: CapturedEvent
  /** When PostHog handed the event to the app for the first time: milliseconds since 1970. */
  readonly receivedAt: number
  readonly settings: Settings
  readonly log: EventLog
  readonly stored?: StoredPerson
}

/** Translates the event; `undefined` if nothing is to be sent. Logs why an event is skipped, and the request of a dry run. */
export function requestToSend({
  event,
  receivedAt,
  settings,
  log,
  stored,
}: EventToTranslate): LoopsRequest | undefined {
  const translation = translate(event, settings, receivedAt, stored)
  log.translated(event, translation, stored)
  if (settings.dryRun || translation === undefined || !('request' in translation)) return undefined
  return translation.request
}
