/**
 * The PostHog app that sends people and events to Loops: the hooks that PostHog calls, in the order in which it calls them.
 * PostHog itself runs `dist/index.js`, which `npm run build` makes of this file and `src/`.
 */
import { RetryError } from '@posthog/plugin-scaffold'
import type { Webhook } from '@posthog/plugin-scaffold'
import { translate } from './src/translate/translate'
import type { LoopsRequest, SkipReason } from './src/translate/translate'
import type { AppMeta } from './src/meta'
import { checkKeyAndAccount } from './src/account-check'
import { orElse } from './src/cache'
import type { CapturedEvent } from './src/event'
import { UNANSWERED, followPerson, storedPerson } from './src/person/look-up'
import { deliveryOf } from './src/payloads'
import type { Delivery, Undecided } from './src/payloads'
import { parseSettings } from './src/settings'
import type { Settings } from './src/settings'
import { filtersNeedPerson } from './src/translate/needs-person'
import { deliver } from './src/delivery/deliver'
import { logDryRun, logSkip } from './src/log'
import { backOff, givenUp, isTooLate } from './src/delivery/retry'
import { MINUTE } from './src/time'
import { jobOf, runJob, withSpare } from './src/delivery/queue'
import { webhookFor } from './src/delivery/loops-client'
import type { StoredPerson } from './src/rules/person'

const PERSON_UNKNOWN: SkipReason = 'PostHog does not tell of the person that a filter looks at'

/**
 * Reads the settings and, unless it is a dry run, asks Loops whether the key is right.
 *
 * @throws Error if a setting or the key is wrong: PostHog then turns the app off and shows the message. Anything else that
 * keeps Loops from answering is a warning, since it may be over before the first event.
 */
export async function setupPlugin(meta: AppMeta): Promise<void> {
  const settings = settingsOf(meta)
  if (settings.delivery === 'webhook' && meta.global.accountCheck === undefined) {
    console.warn('Delivery "webhook" works on PostHog servers from 2024-01-19 to 2025-05-22, and does not on others.')
  }
  if (settings.dryRun) return
  meta.global.accountCheck ??= checkKeyAndAccount(settings, meta)
  // Not to answer in time is no reason to turn the app off, as PostHog does for whatever this throws.
  const problem = await orElse(meta.global.accountCheck, undefined)
  if (problem !== undefined) throw new Error(problem)
}

/** Sends the event with `delivery` "direct". Servers that know `composeWebhook` call both hooks for each event. */
export async function onEvent(event: CapturedEvent, meta: AppMeta): Promise<void> {
  const settings = settingsOf(meta)
  if (settings.delivery !== 'direct') return
  await orElse(followPerson(event, settings, meta), undefined)
  await decide({ event, firstTried: Date.now(), failures: 0 }, settings, meta)
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

/** What a filter makes of half a person may be wrong, and nobody is mailed on a guess. */
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

/** What waits in PostHog's job queue. The jobs of an app that is turned off meanwhile, PostHog does not run. */
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

/** Hands the request to PostHog with `delivery` "webhook". PostHog takes `null` for nothing to send. */
export function composeWebhook(event: CapturedEvent, meta: AppMeta): Webhook | null {
  const settings = settingsOf(meta)
  if (settings.delivery !== 'webhook') return null
  const request = requestToSend(event, settings, meta)
  return request === undefined ? null : webhookFor(request, settings.apiKey)
}

/** PostHog may call a hook before `setupPlugin` is through. */
function settingsOf({ config, global }: AppMeta): Settings {
  global.settings ??= parseSettings(config)
  return global.settings
}

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
