/** The way of an event to its delivery: the person that its settings need, the translation, and what a dry run logs. */
import { RetryError } from '@posthog/plugin-scaffold'
import type { CapturedEvent } from '../posthog/event'
import { logDryRun, logOnce, logSkip, logUnwanted } from './log'
import type { AppMeta, Memory } from '../posthog/meta'
import { lookUpPerson } from '../posthog/look-up'
import type { StoredPerson } from '../posthog/person'
import type { Settings } from '../settings/settings'
import { HOUR, MINUTE, SECOND } from '../time'
import { filtersNeedPerson, needsPerson, settingsWithoutPerson } from '../translate/needs-person'
import { translate } from '../translate/translate'
import type { LoopsRequest, SkipReason, Translation } from '../translate/translate'
import { similarNameReason, unmetReason, unmetReasonWithValues } from '../translate/unwanted'
import type { UnmetFilter } from '../translate/unwanted'
import { deliveryOf } from './delivery'
import type { Delivery } from './delivery'
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
  const { event, receivedAt } = waiting
  if (needsPerson(event, settings, receivedAt)) return deliverWithPerson(waiting, deliver, settings, meta)
  const request = requestToSend(event, settings, receivedAt, meta)
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
  const { event, receivedAt } = waiting
  let person: Awaited<ReturnType<typeof lookUpPerson>> = 'failed'
  try {
    person = await lookUpPerson(event, settings, meta)
  } catch {
    // PostHog ends each wait of an app after 30 seconds, the outer ones first.
  }
  if (typeof person === 'object') {
    const request = requestToSend(event, settings, receivedAt, meta, person)
    if (request === undefined) return
    const ownBody = bodyWithoutPerson(waiting, settings, request)
    return deliver(deliveryOf({ waiting, request, askedAt: person.askedAt, settings, meta }, ownBody))
  }
  const isBusy = person === 'busy'
  const wait = isBusy ? busyWait(receivedAt) : backOff(MINUTE, waiting.failures)
  const mayWait = meta.jobs !== undefined && !settings.dryRun && !isTooLate(receivedAt, wait + LEFT_FOR_DELIVERY)
  if (mayWait) return tryAgain(waiting, meta, PERSON_MISSING, wait, isBusy ? { failed: 0 } : {})
  if (filtersNeedPerson(event, settings, receivedAt)) {
    if (settings.dryRun) {
      logSkip(event, PERSON_MISSING, settings, meta.global)
      return
    }
    throw meta.jobs === undefined ? new RetryError(PERSON_MISSING) : givenUp(waiting.failures + 1, PERSON_MISSING)
  }
  const request = requestToSend(event, settingsWithoutPerson(event, settings), receivedAt, meta)
  if (request === undefined) return
  return deliver(deliveryOf({ waiting, request, askedAt: undefined, settings, meta }, request.body))
}

/** Of the day that an event may take, what the wait for its person leaves for the way to Loops. */
const LEFT_FOR_DELIVERY = HOUR

/** Two seconds, and a quarter of the event's age if that is more, with jitter. */
function busyWait(receivedAt: number): number {
  return Math.max(2 * SECOND, (Date.now() - receivedAt) / 4) * (1 + Math.random() / 2)
}

/** Of what the request says, what the event alone gives, whoever it is about and whatever the filters need of the person. */
function bodyWithoutPerson(
  { event, receivedAt }: WaitingEvent,
  settings: Settings,
  request: LoopsRequest,
): LoopsRequest['body'] {
  const { eventsToSend, contactUpdates } = settings
  const own = translate(
    event,
    {
      ...settings,
      email: [],
      userId: ['whoever'],
      eventsToSend: { ...eventsToSend, filters: [] },
      contactUpdates: { ...contactUpdates, filters: [] },
    },
    receivedAt,
  )
  const body = own !== undefined && 'request' in own ? own.request.body : {}
  return Object.fromEntries(Object.entries(body).filter(([name]) => name in request.body))
}

/**
 * Translates the event; `undefined` if nothing is to be sent. Logs why an event is skipped, and the request of a dry run.
 *
 * @param receivedAt when PostHog handed the event to the app for the first time: milliseconds since 1970.
 */
export function requestToSend(
  event: CapturedEvent,
  settings: Settings,
  receivedAt: number,
  { global }: AppMeta,
  stored?: StoredPerson,
): LoopsRequest | undefined {
  const translation = translate(event, settings, receivedAt, stored)
  if (settings.dryRun) {
    logTranslation(event, translation, settings, global)
    return undefined
  }
  if (translation === undefined) return undefined
  if ('request' in translation) {
    const { request, unsent } = translation
    if (unsent !== undefined) logSkip(event, unsent, settings, global, 'not sent')
    return request
  }
  if ('skipped' in translation) logSkip(event, translation.skipped, settings, global)
  else logUnmet(translation.unmet, global)
  return undefined
}

/** Logs the filters that do not hold, once each. An event that they keep back costs the server no text after that. */
function logUnmet(unmet: readonly UnmetFilter[], memory: Memory): void {
  const logged = (memory.loggedFilters ??= new Set())
  if (unmet.every(({ filter }) => logged.has(filter))) return
  for (const { filter } of unmet) logged.add(filter)
  logOnce(unmetReason(unmet), memory)
}

/** Logs in a dry run what becomes of the event, and nothing of an event whose name is like none in the settings. */
function logTranslation(event: CapturedEvent, translation: Translation, settings: Settings, memory: Memory): void {
  if (translation === undefined || 'unmet' in translation) {
    const reason = translation ? unmetReasonWithValues(translation.unmet) : similarNameReason(event, settings)
    if (reason !== undefined) logUnwanted(event, reason, settings)
  } else if ('skipped' in translation) {
    logSkip(event, translation.skipped, settings, memory)
  } else {
    if (translation.unsent !== undefined) logSkip(event, translation.unsent, settings, memory, 'not sent')
    logDryRun(translation.request)
  }
}
