import { AsyncLocalStorage } from 'node:async_hooks'
import { types } from 'node:util'
import type { CapturedEvent } from './ingestion'
import { loadApp, type AppVM, type HostValues } from './app-vm'
import { composeWebhookPayload, onEventPayload, unchangeable } from './event-payloads'
import { createConsole, createMeta, createPosthog, type PassEffect } from './extensions'
import type { FetchInit, FetchResponse } from './fetch'
import type { InstalledApp } from './installed-app'
import type { Job } from './jobs'
import { KillSwitch } from './kill-switch'

/** What `composeWebhook` returned. */
export interface Webhook {
  url: string
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** A request that an app, or PostHog for it, has made, and how it was answered. */
export interface RequestRecord {
  /** The hook or job that made it; `webhook` if PostHog sent what `composeWebhook` returned. */
  by: string
  method: string
  url: string
  headers: Record<string, string>
  body?: string
  /** Milliseconds since 1970. */
  at: number
  status?: number
  /** Why there was no answer. */
  error?: string
}

export interface HookError {
  /** The hook or job that threw; `webhook` if sending failed. */
  by: string
  name: string
  message: string
}

/** What came of one event in one worker. */
export interface Delivery {
  webhook: Webhook | null
  requests: RequestRecord[]
  errors: HookError[]
  /** The worker was killed before it was through. */
  killed: boolean
}

/** Something an app does that can be seen from outside its VM. */
export interface Effect {
  readonly kind: 'fetch' | 'cache' | 'storage' | 'jobs' | 'posthog'
  /** The method, or the request's method and address. */
  readonly name: string
}

interface Activity {
  by: string
  delivery: Delivery | undefined
}

/**
 * Tells for what a `fetch` is made, across the awaits inside the app. All workers share it: Node.js carries each storage
 * that was ever used along with every promise.
 */
const activities = new AsyncLocalStorage<Activity>()

const setUpTries = 5
const firstWaitMilliseconds = 5000

/** One of the server's workers, with its own VM of the app and so its own `meta.global`. */
export class Worker {
  private app: Promise<AppVM | undefined> | undefined
  private isSetUp = false
  private setUpsTried = 0
  private callOffSetUp: () => void = () => undefined
  private readonly killSwitch: KillSwitch
  private readonly inHand = new Set<CapturedEvent | Job>()

  constructor(private readonly installed: InstalledApp) {
    this.killSwitch = new KillSwitch(installed.clock)
  }

  /** Hands an event to the hooks that the server knows. Resolves when both are through, retries and the webhook included. */
  async deliver(event: CapturedEvent): Promise<Delivery> {
    const delivery: Delivery = { webhook: null, requests: [], errors: [], killed: false }
    if (this.installed.enabled && this.alive) {
      this.inHand.add(event)
      await Promise.race([this.killSwitch.end, this.callHooks(event, delivery)])
      this.inHand.delete(event)
    }
    delivery.killed = !this.alive
    return delivery
  }

  /** Runs a job `times` times. Tells whether the worker lived to see the end of it. */
  async runJob(job: Job, times = 1): Promise<boolean> {
    const run = async () => {
      for (let time = 0; time < times; time++) await this.runJobOnce(job)
    }
    this.inHand.add(job)
    await Promise.race([this.killSwitch.end, run()])
    this.inHand.delete(job)
    return this.alive
  }

  /** The events and jobs that it is not through with. */
  get unfinished(): ReadonlySet<CapturedEvent | Job> {
    return this.inHand
  }

  /** From now on nothing that the app does in this worker has an effect, and nothing it waits for comes. */
  kill(): void {
    this.killSwitch.cut()
  }

  get alive(): boolean {
    return !this.killSwitch.isCut()
  }

  private async callHooks(event: CapturedEvent, delivery: Delivery): Promise<void> {
    const { server, freeze } = this.installed
    const properties = freeze ? unchangeable(event.properties, 'event.properties') : event.properties
    const hooks: Promise<void>[] = []
    if (server.onEvent) hooks.push(this.runOnEvent(event, onEventPayload(event, properties), delivery))
    if (server.composeWebhook === 'called') {
      hooks.push(this.runComposeWebhook(event, composeWebhookPayload(event, properties), delivery))
    }
    await Promise.all(hooks)
  }

  private async runOnEvent(event: CapturedEvent, payload: object, delivery: Delivery): Promise<void> {
    const app = await this.appWith('onEvent', delivery)
    const { server } = this.installed
    for (let tried = 1; app !== undefined; tried++) {
      try {
        await activities.run({ by: 'onEvent', delivery }, () => app.onEvent?.(payload))
        this.installed.succeeded('onEvent')
        return
      } catch (error) {
        const failure = hookError('onEvent', error)
        delivery.errors.push(failure)
        if (!app.isRetryError(error) || tried >= server.onEventTries) {
          this.report(failure, event)
          return
        }
        await this.killSwitch.sleep(firstWaitMilliseconds * 2 ** (tried - 1))
      }
    }
  }

  private async runComposeWebhook(event: CapturedEvent, payload: object, delivery: Delivery): Promise<void> {
    const app = await this.appWith('composeWebhook', delivery)
    if (app === undefined) return
    try {
      const returned = activities.run({ by: 'composeWebhook', delivery }, () => app.composeWebhook?.(payload))
      delivery.webhook = webhookOf(this.installed.server.composeWebhookAwaited ? await returned : returned)
      if (delivery.webhook === null) return
      this.installed.succeeded('composeWebhook')
    } catch (error) {
      // The server counts this failure and writes nothing into the app's log.
      const failure = hookError('composeWebhook', error)
      delivery.errors.push(failure)
      this.installed.failed(failure, event)
      return
    }
    await this.sendWebhook(delivery.webhook, event, delivery)
  }

  private async sendWebhook(webhook: Webhook, event: CapturedEvent, delivery: Delivery): Promise<void> {
    const { server } = this.installed
    const body = server.webhookBodyEncodedTwice ? JSON.stringify(webhook.body) : webhook.body
    const init = {
      method: webhook.method ?? 'POST',
      headers: webhook.headers ?? { 'Content-Type': 'application/json' },
      ...(body !== undefined && { body }),
    }
    try {
      const request = activities.run({ by: 'webhook', delivery }, () => this.fetch(webhook.url, init))
      const response = await this.killSwitch.within(server.webhookTimeoutSeconds * 1000, request, () =>
        Object.assign(new Error(`network timeout at: ${webhook.url}`), { name: 'FetchError' }),
      )
      if (response.ok) {
        this.installed.succeeded('webhook')
      } else {
        const message = `Fetch to ${webhook.url} failed with ${response.statusText}`
        const failure = { by: 'webhook', name: 'Error', message }
        delivery.errors.push(failure)
        this.report(failure, event, message)
      }
    } catch (error) {
      const failure = hookError('webhook', error)
      delivery.errors.push(failure)
      this.report(failure, event)
    }
  }

  private async runJobOnce(job: Job): Promise<void> {
    const app = await this.load()
    const run = app?.jobs.get(job.name)
    try {
      if (app === undefined || run === undefined) throw new Error(`Task "${job.name}" not found`)
      if (!this.isSetUp) await this.setUp(app)
      if (!this.installed.enabled) return
      await activities.run({ by: job.name, delivery: undefined }, () => run(JSON.parse(job.payload)))
      this.installed.succeeded(job.name)
    } catch (error) {
      // The server keeps the error to itself, so the job queue takes the job for done.
      this.report(hookError(job.name, error))
    }
  }

  /** The app, ready to have `hook` called; undefined if it has no such hook or is turned off. */
  private async appWith(hook: 'onEvent' | 'composeWebhook', delivery: Delivery): Promise<AppVM | undefined> {
    const app = await this.load()
    if (app?.[hook] === undefined) return undefined
    if (!this.isSetUp) await this.setUp(app, delivery)
    return this.installed.enabled ? app : undefined
  }

  private load(): Promise<AppVM | undefined> {
    this.app ??= this.loadOnce()
    return this.app
  }

  private async loadOnce(): Promise<AppVM | undefined> {
    const { source, server, vmClock, random, trusted } = this.installed
    try {
      const app = loadApp(source, this.hostValues(), { server, clock: vmClock, random, trusted })
      if (server.jobs && app.jobs.size > 0) {
        await this.setUp(app)
        // The server does not look at how it went, so an app with jobs is not set up again before its first event.
        this.isSetUp = true
      }
      return app
    } catch (error) {
      this.report(hookError('load', error))
      this.installed.enabled = false
      return undefined
    }
  }

  /** After a `RetryError` events go to the app all the same while the next try is waited for. */
  private async setUp(app: AppVM, delivery?: Delivery): Promise<void> {
    if (!this.installed.enabled) return
    const tried = ++this.setUpsTried
    try {
      await activities.run({ by: 'setupPlugin', delivery }, () => app.setupPlugin?.())
      this.isSetUp = true
      this.installed.succeeded('setupPlugin')
    } catch (error) {
      const failure = hookError('setupPlugin', error)
      delivery?.errors.push(failure)
      this.report(failure)
      if (app.isRetryError(error) && tried < setUpTries) {
        const wait = firstWaitMilliseconds * 2 ** (tried - 1)
        this.installed.log('setupPlugin', 'ERROR', `setupPlugin is tried again in ${wait / 1000} s.`)
        this.callOffSetUp()
        this.callOffSetUp = this.killSwitch.after(wait, () => void this.setUp(app))
      } else {
        this.installed.log('setupPlugin', 'ERROR', 'The app could not be set up and is turned off.')
        this.installed.enabled = false
      }
    }
  }

  private report(failure: HookError, event?: CapturedEvent, text = `${failure.name}: ${failure.message}`): void {
    this.installed.log(failure.by, 'ERROR', text)
    this.installed.failed(failure, event)
  }

  private fetch(url: string, init: FetchInit = {}): Promise<FetchResponse> {
    const { by, delivery } = activities.getStore() ?? { by: 'load', delivery: undefined }
    const { method = 'GET', headers = {}, body, redirect, timeout } = init
    const sent = { method, headers: { ...headers }, ...(body !== undefined && { body }) }
    return this.effect({ kind: 'fetch', name: `${method} ${url}` }, async () => {
      const record: RequestRecord = { by, url, ...sent, at: this.installed.clock.now() }
      this.installed.requests.push(record)
      delivery?.requests.push(record)
      try {
        const response = await this.installed.fetch(url, {
          ...sent,
          ...(redirect !== undefined && { redirect }),
          ...(timeout !== undefined && { timeout }),
        })
        record.status = response.status
        return response
      } catch (error) {
        record.error = hookError(by, error).message
        throw error
      }
    })
  }

  private hostValues(): HostValues {
    const effect: PassEffect = (kind, name, act) => this.effect({ kind, name }, act)
    return {
      console: createConsole((level, message) => {
        if (this.alive) this.installed.log(activities.getStore()?.by ?? 'load', level, message)
      }),
      posthog: createPosthog(this.installed, effect),
      meta: createMeta(this.installed, effect),
      fetch: (url, init) => this.fetch(url, init),
      after: (milliseconds, callback) => this.killSwitch.after(milliseconds, callback),
    }
  }

  private effect<Answer>(effect: Effect, act: () => Answer | Promise<Answer>): Promise<Answer> {
    const { beforeEffect, afterEffect } = this.installed
    return this.killSwitch.pass(
      () => beforeEffect(this, effect),
      act,
      () => afterEffect(this, effect),
    )
  }
}

function hookError(by: string, error: unknown): HookError {
  // An error of a plain context is none of this one's.
  return error instanceof Error || types.isNativeError(error)
    ? { by, name: error.name, message: error.message }
    : { by, name: 'Error', message: String(error) }
}

/** A copy of what the app returned, whose fields may be anything. */
function webhookOf(returned: unknown): Webhook | null {
  if (returned === null || returned === undefined || returned === false || returned === '') return null
  const { url, method, headers, body } = returned as Record<string, unknown>
  return {
    url: String(url),
    ...(typeof method === 'string' && method !== '' && { method }),
    ...(typeof headers === 'object' && headers !== null && { headers: { ...headers } }),
    ...(body !== undefined &&
      body !== null && { body: typeof body === 'string' ? body : Object.prototype.toString.call(body) }),
  }
}
