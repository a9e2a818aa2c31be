/**
 * The PostHog app that sends people and events to Loops. This file holds the hooks that PostHog calls and the path of an
 * event through them: settings, person, request, delivery. PostHog runs `dist/index.js`, which `npm run build` makes of
 * this file and `src/`.
 */
import { RetryError } from '@posthog/plugin-scaffold'
import type { Webhook } from '@posthog/plugin-scaffold'
import { checkKeyAndAccount } from './src/account-check'
import { orElse } from './src/cache'
import { deliver } from './src/delivery/deliver'
import { webhookFor } from './src/delivery/loops-client'
import { jobOf, runJob, withSpare } from './src/delivery/queue'
import { backOff, givenUp, isTooLate } from './src/delivery/retry'
import type { CapturedEvent } from './src/event'
import { logDryRun, logSkip } from './src/log'
import type { AppMeta } from './src/meta'
import { deliveryOf } from './src/payloads'
import type { Delivery, Undecided } from './src/payloads'
import { UNANSWERED, followPerson, storedPerson } from './src/person/look-up'
import type { StoredPerson } from './src/rules/person'
import { parseSettings } from './src/settings'
import type { Settings } from './src/settings'
import { MINUTE } from './src/time'
import { filtersNeedPerson } from './src/translate/needs-person'
import { translate } from './src/translate/translate'
import type { LoopsRequest, SkipReason } from './src/translate/translate'

/**
 * Reads the settings and, unless it is a dry run, checks the API key and the settings against the Loops account.
 *
 * @throws Error that lists the problems if a setting is wrong or Loops refuses the key: PostHog then disables the app and
 * shows the message. If Loops does not answer, the app logs a warning and goes on.
 */
export async function setupPlugin(meta: AppMeta): Promise<void> {
  const settings = settingsOf(meta)
  if (settings.delivery === 'webhook' && meta.global.accountCheck === undefined) {
    console.warn('Delivery "webhook" works only on PostHog servers from 2024-01-19 to 2025-05-22.')
  }
  if (settings.dryRun) return
  meta.global.accountCheck ??= checkKeyAndAccount(settings, meta)
  // A timeout must not throw: PostHog disables an app whose setupPlugin throws.
  const problem = await orElse(meta.global.accountCheck, undefined)
  if (problem !== undefined) throw new Error(problem)
}

/**
 * Sends the event to Loops if `delivery` is "direct". PostHog servers that know `composeWebhook` call both hooks for each
 * event.
 *
 * @throws the errors of `deliver`; RetryError if PostHog does not return the person that a filter needs and the server has
 * no jobs.
 */
export async function onEvent(event: CapturedEvent, meta: AppMeta): Promise<void> {
  const settings = settingsOf(meta)
  if (settings.delivery !== 'direct') return
  await orElse(followPerson(event, settings, meta), undefined)
  await decide({ event, firstTried: Date.now(), failures: 0 }, settings, meta)
}

/**
 * Returns the request for PostHog to send if `delivery` is "webhook"; `null` means that there is nothing to send. PostHog
 * does not wait for promises here, so no person is looked up.
 */
export function composeWebhook(event: CapturedEvent, meta: AppMeta): Webhook | null {
  const settings = settingsOf(meta)
  if (settings.delivery !== 'webhook') return null
  const request = requestToSend(event, settings, meta)
  return request === undefined ? null : webhookFor(request, settings.apiKey)
}

/** The handlers of the jobs that wait in PostHog's queue. PostHog does not run the jobs of a disabled app. */
export const jobs = {
  decide: async (undecided: Undecided, meta: AppMeta): Promise<void> => {
    const settings = settingsOf(meta)
    await runJob(jobOf(undecided), settings, meta, () => decide(undecided, settings, meta))
  },
  deliver: async (delivery: Delivery, meta: AppMeta): Promise<void> => {
    const settings = settingsOf(meta)
    await runJob(delivery, settings, meta, async () => {
      if (settings.dryRun) logDryRun(delivery.request)
      else await deliver(delivery, settings, meta)
    })
  },
}

/** Reads the settings at the first call: PostHog may call a hook before `setupPlugin` has ended. */
function settingsOf({ config, global }: AppMeta): Settings {
  global.settings ??= parseSettings(config)
  return global.settings
}

async function decide(undecided: Undecided, settings: Settings, meta: AppMeta): Promise<void> {
  const { event, firstTried, failures } = undecided
  const stored = await orElse(storedPerson(event, settings, meta), UNANSWERED)
  if (stored === UNANSWERED && filtersNeedPerson(event, settings)) return decideLater(undecided, settings, meta)
  const request = requestToSend(event, settings, meta, stored === UNANSWERED ? undefined : stored)
  if (request === undefined) return
  const delivery = deliveryOf(request, event)
  await deliver(failures === 0 ? delivery : { ...delivery, since: firstTried }, settings, meta)
}

const PERSON_UNKNOWN: SkipReason = 'PostHog did not return the person that a filter needs'

/** Puts the event off until PostHog returns the person: without it a filter could let the wrong people through. */
async function decideLater(undecided: Undecided, settings: Settings, meta: AppMeta): Promise<void> {
  const { event, firstTried, failures } = undecided
  if (settings.dryRun) {
    logSkip(event, PERSON_UNKNOWN, settings, meta.global)
    return
  }
  const wait = backOff(MINUTE, failures)
  if (isTooLate(firstTried, wait)) throw givenUp(failures + 1, PERSON_UNKNOWN)
  const { jobs: queue } = meta
  const next: Undecided = { event, firstTried, failures: failures + 1 }
  const waits =
    queue !== undefined &&
    (await withSpare(jobOf(next), Date.now() + wait, meta, (isSpare, time) =>
      queue.decide({ ...next, isSpare }).runAt(time),
    ))
  if (!waits) throw new RetryError(PERSON_UNKNOWN)
}

/** Translates the event; `undefined` if nothing is to be sent. Logs a skipped event, and the request of a dry run. */
function requestToSend(
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
