/**
 * The PostHog app that sends people and events to Loops. This file holds the hooks that PostHog calls and the path of an
 * event through them: settings, person, request, delivery. PostHog runs `dist/index.js`, which `npm run build` makes of
 * this file and `src/`.
 */
import type { Webhook } from '@posthog/plugin-scaffold'
import { checkKeyAndAccount } from './src/setup/account-check'
import { deliverAgain, deliverReceived } from './src/delivery/deliver'
import { deliverEvent, requestToSend } from './src/delivery/deliver-event'
import { webhookFor } from './src/loops/client'
import { repairContact } from './src/delivery/repair'
import type { WaitingEvent, WaitingRepair } from './src/delivery/waiting'
import type { CapturedEvent } from './src/posthog/event'
import type { AppMeta } from './src/posthog/meta'
import { notePersonChange } from './src/posthog/look-up'
import { parseSettings } from './src/settings/settings'
import type { Settings } from './src/settings/settings'

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
  const problem = await meta.global.accountCheck.catch(() => undefined)
  if (problem !== undefined) throw new Error(problem)
}

/**
 * Sends the event to Loops if `delivery` is "direct". PostHog servers that know `composeWebhook` call both hooks for each
 * event. Not an `async` function: an event that the settings do not want costs the server no promise.
 *
 * @throws what `deliverReceived` throws.
 */
export function onEvent(event: CapturedEvent, meta: AppMeta): Promise<void> | undefined {
  const settings = settingsOf(meta)
  if (settings.delivery !== 'direct') return undefined
  notePersonChange(event, settings, meta)
  return deliverEvent({ event, receivedAt: receiptTime(meta), failures: 0 }, deliverReceived, settings, meta)
}

/**
 * Returns the request for PostHog to send if `delivery` is "webhook"; `null` means that there is nothing to send. PostHog
 * does not wait for promises here, so no person is looked up.
 */
export function composeWebhook(event: CapturedEvent, meta: AppMeta): Webhook | null {
  const settings = settingsOf(meta)
  if (settings.delivery !== 'webhook') return null
  const request = requestToSend(event, settings, Date.now(), meta)
  return request === undefined ? null : webhookFor(request, settings.apiKey)
}

/** The handlers of the jobs that wait in PostHog's queue. PostHog does not run the jobs of a disabled app. */
export const jobs = {
  deliver: (waiting: WaitingEvent, meta: AppMeta): Promise<void> | undefined =>
    deliverEvent(waiting, deliverAgain, settingsOf(meta), meta),
  repair: (repair: WaitingRepair, meta: AppMeta): Promise<void> | undefined => {
    const settings = settingsOf(meta)
    return settings.dryRun ? undefined : repairContact(repair, settings, meta)
  },
}

/** Reads the settings at the first call: PostHog may call a hook before `setupPlugin` has ended. */
function settingsOf({ config, global }: AppMeta): Settings {
  global.settings ??= parseSettings(config)
  return global.settings
}

/** The clock, in milliseconds since 1970. No two events of a worker have the same time: the later one has a later time. */
function receiptTime({ global }: AppMeta): number {
  global.lastReceivedAt = Math.max(Date.now(), (global.lastReceivedAt ?? 0) + 0.001)
  return global.lastReceivedAt
}
