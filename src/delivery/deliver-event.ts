/** The way of an event to its delivery: the person that its settings need, the translation, and what a dry run logs. */
import { RetryError } from '@posthog/plugin-scaffold'
import type { CapturedEvent } from '../event'
import { logDryRun, logSkip } from '../log'
import type { AppMeta } from '../meta'
import { lookUpPerson } from '../person/look-up'
import type { StoredPerson } from '../rules/person'
import type { Settings } from '../settings'
import { MINUTE, SECOND } from '../time'
import { filtersNeedPerson, needsPerson, settingsWithoutPerson } from '../translate/needs-person'
import { translate } from '../translate/translate'
import type { LoopsRequest, SkipReason } from '../translate/translate'
import { deliveryOf } from './deliver'
import type { Delivery } from './deliver'
import { tryAgain } from './queue'
import { backOff, givenUp, isTooLate } from './retry'
import type { WaitingEvent } from './waiting'

type Deliver = (delivery: Delivery) => Promise<void>

/**
 * Translates an event and delivers the request, if there is one.
 *
 * @param deliver `deliverReceived` or `deliverAgain`.
 * @returns `undefined`, before any promise, for an event that the settings do not want.
 * @throws what `deliver` throws; RetryError if a filter needs a person that PostHog does not return, and no job can wait.
 */
export function deliverEvent(
  waiting: WaitingEvent,
  deliver: Deliver,
  settings: Settings,
  meta: AppMeta,
): Promise<void> | undefined {
  const { event } = waiting
  if (needsPerson(event, settings)) return deliverWithPerson(waiting, deliver, settings, meta)
  const request = requestToSend(event, settings, meta)
  return request && deliver(deliveryOf({ waiting, request, askedAt: undefined, settings, meta }, request.body))
}

const PERSON_MISSING: SkipReason = 'PostHog did not return the person that a filter needs'

/**
 * Delivers an event that needs its person. If PostHog does not return the person, the event waits for up to a day; then, and
 * on servers without jobs, it goes on with its own data, unless a filter needs the person.
 */
async function deliverWithPerson(
  waiting: WaitingEvent,
  deliver: Deliver,
  settings: Settings,
  meta: AppMeta,
): Promise<void> {
  const { event } = waiting
  let person: Awaited<ReturnType<typeof lookUpPerson>> = 'failed'
  try {
    person = await lookUpPerson(event, settings, meta)
  } catch {
    // PostHog ends each wait of an app after 30 seconds, the outer ones first.
  }
  if (typeof person === 'object') {
    const request = requestToSend(event, settings, meta, person)
    if (request === undefined) return
    const ownBody = bodyWithoutPerson(event, settings, request)
    return deliver(deliveryOf({ waiting, request, askedAt: person.askedAt, settings, meta }, ownBody))
  }
  const isBusy = person === 'busy'
  const wait = isBusy ? (2 + 2 * Math.random()) * SECOND : backOff(MINUTE, waiting.failures)
  const mayWait = meta.jobs !== undefined && !settings.dryRun && !isTooLate(waiting.receivedAt, wait)
  if (mayWait) return tryAgain(waiting, meta, PERSON_MISSING, wait, isBusy ? { failed: 0 } : {})
  if (filtersNeedPerson(event, settings)) {
    if (settings.dryRun) {
      logSkip(event, PERSON_MISSING, settings, meta.global)
      return
    }
    throw meta.jobs === undefined ? new RetryError(PERSON_MISSING) : givenUp(waiting.failures + 1, PERSON_MISSING)
  }
  const request = requestToSend(event, settingsWithoutPerson(event, settings), meta)
  if (request === undefined) return
  return deliver(deliveryOf({ waiting, request, askedAt: undefined, settings, meta }, request.body))
}

/** Of what the request says, what the event alone gives, whoever it is about and whatever the filters need of the person. */
function bodyWithoutPerson(event: CapturedEvent, settings: Settings, request: LoopsRequest): LoopsRequest['body'] {
  const { eventsToSend, contactUpdates } = settings
  const own = translate(event, {
    ...settings,
    email: [],
    userId: ['whoever'],
    eventsToSend: { ...eventsToSend, filters: [] },
    contactUpdates: { ...contactUpdates, filters: [] },
  })
  const body = own !== undefined && 'request' in own ? own.request.body : {}
  return Object.fromEntries(Object.entries(body).filter(([name]) => name in request.body))
}

/** Translates the event; `undefined` if nothing is to be sent. Logs a skipped event, and the request of a dry run. */
export function requestToSend(
  event: CapturedEvent,
  settings: Settings,
  { global }: AppMeta,
  stored?: StoredPerson,
): LoopsRequest | undefined {
  const translation = translate(event, settings, stored)
  if (translation === undefined) return undefined
  if ('skipped' in translation) {
    logSkip(event, translation.skipped, settings, global)
    return undefined
  }
  if (!settings.dryRun) return translation.request
  logDryRun(translation.request)
  return undefined
}
