/**
 * The PostHog app that sends people and events to Loops. This file holds the hooks that PostHog calls, and makes the parts of
 * the app for a worker. PostHog runs `dist/index.js`, which `npm run build` makes from this file and `src/`.
 */
import type { Webhook } from '@posthog/plugin-scaffold'
import { createCircuitBreaker } from './src/circuit-breaker'
import { createContactLog } from './src/delivery/contact-log'
import { deliverEvent, requestToSend } from './src/delivery/deliver-event'
import { createLanes } from './src/delivery/lanes'
import { createLastAccepted } from './src/delivery/last-accepted'
import { createLinks } from './src/delivery/links'
import { createEventLog } from './src/delivery/log'
import type { Parts } from './src/delivery/parts'
import { createEventQueue } from './src/delivery/queue'
import { createRateLimit } from './src/delivery/rate-limit'
import type { WaitingEvent } from './src/delivery/waiting'
import { hashOf } from './src/hash'
import { webhookFor } from './src/loops/client'
import type { CapturedEvent } from './src/posthog/event'
import { createPersonLookUp } from './src/posthog/look-up'
import type { PostHogMeta } from './src/posthog/meta'
import { settingFields } from './src/settings/field'
import { parseSettings } from './src/settings/settings'
import type { Settings } from './src/settings/settings'
import { checkAtSetUp } from './src/setup/account-check'

interface AppMeta extends PostHogMeta {
  /** What the hooks of one worker share. */
  readonly global: { app?: App }
}

interface App extends Parts {
  /** The running or finished check of the API key. PostHog may call `setupPlugin` twice at once if the app has two hooks. */
  check?: Promise<string | undefined>
  /** When the last event was received: milliseconds since 1970. */
  lastReceivedAt: number
}

/**
 * Reads the settings and, unless it is a dry run, checks the API key and the settings against the Loops account.
 *
 * @throws Error that lists the problems if a setting is wrong or Loops rejects the key: PostHog then disables the app and
 * shows the message. If Loops does not answer, the app logs a warning and goes on.
 */
export async function setupPlugin(meta: AppMeta): Promise<void> {
  const app = appOf(meta)
  const { settings } = app
  if (settings.delivery === 'webhook' && app.check === undefined) {
    console.warn('Delivery "webhook" works only on PostHog servers from 2024-01-19 to 2025-05-22.')
  }
  if (settings.dryRun) return
  app.check ??= checkAtSetUp(app, meta.cache)
  // A timeout must not throw: PostHog disables an app whose setupPlugin throws.
  const problem = await app.check.catch(() => undefined)
  if (problem !== undefined) throw new Error(problem)
}

/**
 * Sends the event to Loops if `delivery` is "direct". PostHog servers that know `composeWebhook` call both hooks for each
 * event. Not an `async` function: an event that matches no setting costs the server no promise.
 *
 * @throws what `deliverEvent` throws.
 */
export function onEvent(event: CapturedEvent, meta: AppMeta): Promise<void> | undefined {
  const app = appOf(meta)
  if (app.settings.delivery !== 'direct') return undefined
  app.lookUp.noteChange(event)
  // No two events of a worker have the same time.
  app.lastReceivedAt = Math.max(Date.now(), app.lastReceivedAt + 0.001)
  return deliverEvent({ event, receivedAt: app.lastReceivedAt, failures: 0, jobs: 0 }, app)
}

/**
 * Returns the request for PostHog to send if `delivery` is "webhook"; `null` means that there is nothing to send. PostHog
 * does not wait for promises here, so no person is looked up.
 */
export function composeWebhook(event: CapturedEvent, meta: AppMeta): Webhook | null {
  const { settings, log } = appOf(meta)
  if (settings.delivery !== 'webhook') return null
  const request = requestToSend({ event, receivedAt: Date.now(), settings, log })
  return request === undefined ? null : webhookFor(request, settings.apiKey)
}

/** The handlers of the jobs that wait in PostHog's queue. PostHog does not run the jobs of a disabled app. */
export const jobs = {
  deliver: (waiting: Omit<WaitingEvent, 'jobs'> & { jobs?: number }, meta: AppMeta): Promise<void> | undefined =>
    // Versions before the first release did not count the jobs.
    deliverEvent({ ...waiting, jobs: waiting.jobs ?? 1 }, appOf(meta)),
}

/** The app of this worker, made at the first call: PostHog may call a hook before `setupPlugin` has ended. */
function appOf(meta: AppMeta): App {
  meta.global.app ??= createApp(parseSettings(meta.config), meta)
  return meta.global.app
}

/** Makes the parts of the app, which live as long as the worker. */
function createApp(settings: Settings, { cache, jobs: queue }: AppMeta): App {
  const { apiKey, posthogUrl, requestsPerSecond } = settings
  // Another Loops account starts with empty caches.
  const keyPrefix = `${hashOf(apiKey)}-`
  const { label } = settingFields.posthogUrl
  return {
    settings,
    lastReceivedAt: 0,
    log: createEventLog(settings),
    queue: createEventQueue(queue),
    lanes: createLanes(),
    links: createLinks(),
    rateLimit: createRateLimit(requestsPerSecond, cache, keyPrefix),
    contactLog: createContactLog(cache, keyPrefix),
    lastAccepted: createLastAccepted(cache, keyPrefix),
    circuitBreaker: createCircuitBreaker(),
    lookUp: createPersonLookUp({ posthogUrl, label, apiKey }, cache, keyPrefix),
  }
}
