import { runAs, currentCall, hookError, reportFailure } from './hook-calls'
import type { AppVM, HostValues } from './app-vm'
import { composeWebhookPayload, onEventPayload, unchangeable } from './events'
import { createConsole, createMeta, createPosthog, type PassEffect } from './extensions'
import type { FetchInit, FetchResponse } from './fetch'
import type { Job } from './jobs'
import { KillSwitch } from './kill-switch'
import type { Delivery, Effect, InstalledApp, RequestRecord, RunningWorker, Webhook } from './records'
import type { Clock } from '../../lib/clock'
import { firstRetryMilliseconds, SetUp } from './set-up'
import type { CapturedEvent } from '../../lib/shapes'

/**
 * One of the server's workers, with its own VM of the app and so its own `meta.global`. The states:
 *
 * - **alive**: it takes events and jobs. The app in it is not loaded, loaded, set up or off, as `SetUp` describes.
 * - **killed**: for good. Its deliveries and jobs end as killed, its app has no further effect and no timer fires.
 */
export class Worker implements RunningWorker {
  private readonly killSwitch: KillSwitch
  private readonly begun = new Set<CapturedEvent | Job>()
  /** The clock of the machine that the worker runs on. */
  private readonly clock: Clock
  private setUp: SetUp

  /** @param millisecondsAhead how far the clock of the worker's machine is ahead. */
  constructor(
    private readonly installed: InstalledApp,
    millisecondsAhead: () => number,
  ) {
    this.killSwitch = new KillSwitch(installed.clock)
    this.clock = {
      now: () => installed.clock.now() + millisecondsAhead(),
      after: (milliseconds, callback) => installed.clock.after(milliseconds, callback),
    }
    this.setUp = this.newSetUp()
  }

  /** Loads the app again, as the server does when its settings are changed. Calls that are running end in their own VM. */
  reload(): void {
    this.setUp = this.newSetUp()
  }

  /** Loads the app and sets it up, as an event before did on a server that has run for a while. */
  async prepare(): Promise<void> {
    const app = await this.setUp.load()
    if (app !== undefined) await this.setUp.isReady(app)
  }

  /** Hands an event to the hooks that the server knows. Resolves when both have ended, with retries and the webhook. */
  async deliver(event: CapturedEvent): Promise<Delivery> {
    const delivery: Delivery = { webhook: null, requests: [], errors: [], killed: false }
    if (this.installed.enabled && this.alive) {
      this.begun.add(event)
      await this.killSwitch.orKilled(this.callHooks(event, delivery))
      this.begun.delete(event)
    }
    delivery.killed = !this.alive
    return delivery
  }

  /** Runs a job `times` times. Returns false if the worker was killed before the end. */
  async runJob(job: Job, times = 1): Promise<boolean> {
    const run = async () => {
      for (let time = 0; time < times; time++) await this.runJobOnce(job)
    }
    this.begun.add(job)
    await this.killSwitch.orKilled(run())
    this.begun.delete(job)
    return this.alive
  }

  get unfinished(): ReadonlySet<CapturedEvent | Job> {
    return this.begun
  }

  /** Ends all effects of the app in this worker and everything that it waits for. */
  kill(): void {
    this.killSwitch.kill()
  }

  /** Resolves when the worker is killed. */
  get ended(): Promise<void> {
    return this.killSwitch.end
  }

  /** Calls `callback` once after `milliseconds`, unless the worker is killed before. */
  after(milliseconds: number, callback: () => void): void {
    this.killSwitch.after(milliseconds, callback)
  }

  get alive(): boolean {
    return !this.killSwitch.isKilled()
  }

  private newSetUp(): SetUp {
    const vmClock = this.installed.isVirtual ? this.clock : undefined
    return new SetUp(this.installed, this.killSwitch, vmClock, () => this.hostValues())
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
    if (app !== undefined) this.installed.onHandOver(event, this)
    for (let tried = 1; app !== undefined; tried++) {
      try {
        await runAs({ by: 'onEvent', delivery }, () => app.onEvent?.(payload))
        this.installed.succeeded('onEvent')
        return
      } catch (error) {
        const failure = hookError('onEvent', error)
        delivery.errors.push(failure)
        if (!app.isRetryError(error) || tried >= server.onEventTries) {
          reportFailure(this.installed, failure, event)
          return
        }
        await this.killSwitch.sleep(firstRetryMilliseconds * 2 ** (tried - 1))
      }
    }
  }

  private async runComposeWebhook(event: CapturedEvent, payload: object, delivery: Delivery): Promise<void> {
    const app = await this.appWith('composeWebhook', delivery)
    if (app === undefined) return
    if (app.onEvent === undefined) this.installed.onHandOver(event, this)
    try {
      const returned = runAs({ by: 'composeWebhook', delivery }, () => app.composeWebhook?.(payload))
      delivery.webhook = webhookOf(this.installed.server.composeWebhookAwaited ? await returned : returned)
      if (delivery.webhook === null) return
      this.installed.succeeded('composeWebhook')
    } catch (error) {
      // The server counts this failure and does not log it.
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
      const request = runAs({ by: 'webhook', delivery }, () => this.fetch(webhook.url, init))
      const response = await this.killSwitch.within(server.webhookTimeoutSeconds * 1000, request, () =>
        Object.assign(new Error(`network timeout at: ${webhook.url}`), { name: 'FetchError' }),
      )
      if (response.ok) {
        this.installed.succeeded('webhook')
      } else {
        const message = `Fetch to ${webhook.url} failed with ${response.statusText}`
        const failure = { by: 'webhook', name: 'Error', message }
        delivery.errors.push(failure)
        reportFailure(this.installed, failure, event, message)
      }
    } catch (error) {
      const failure = hookError('webhook', error)
      delivery.errors.push(failure)
      reportFailure(this.installed, failure, event)
    }
  }

  private async runJobOnce(job: Job): Promise<void> {
    const app = await this.setUp.load()
    const run = app?.jobs.get(job.name)
    try {
      if (app === undefined || run === undefined) throw new Error(`Task "${job.name}" not found`)
      if (!(await this.setUp.isReady(app))) return
      await runAs({ by: job.name, delivery: undefined }, () => run(JSON.parse(job.payload)))
    } catch (error) {
      // The server does not pass the error on: the queue takes the job as done, and the metrics know nothing of it.
      const failure = hookError(job.name, error)
      this.installed.log(job.name, 'ERROR', `${failure.name}: ${failure.message}`)
      this.installed.jobFailed(failure)
    }
  }

  /** The app, set up; undefined if it has no such hook or is off. */
  private async appWith(hook: 'onEvent' | 'composeWebhook', delivery: Delivery): Promise<AppVM | undefined> {
    const app = await this.setUp.load()
    if (app?.[hook] === undefined) return undefined
    return (await this.setUp.isReady(app, delivery)) ? app : undefined
  }

  private fetch(url: string, init: FetchInit = {}): Promise<FetchResponse> {
    const { by, delivery } = currentCall()
    const { method = 'GET', headers = {}, body, redirect, timeout } = init
    const sent = { method, headers: { ...headers }, ...(body !== undefined && { body }) }
    return this.effect({ kind: 'fetch', name: `${method} ${url}` }, async () => {
      const record: RequestRecord = { by, url, ...sent, at: this.installed.clock.now() }
      this.installed.requests.push(record)
      delivery?.requests.push(record)
      try {
        const all = {
          ...sent,
          ...(redirect !== undefined && { redirect }),
          ...(timeout !== undefined && { timeout }),
        }
        const response = await this.installed.fetch(url, all, this)
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
        if (this.alive) this.installed.log(currentCall().by, level, message)
      }),
      posthog: createPosthog(this.installed, effect),
      meta: createMeta(this.installed, effect, this.clock),
      fetch: (url, init) => this.fetch(url, init),
      after: (milliseconds, callback) => this.killSwitch.after(milliseconds, callback),
      awaited: () => {
        this.installed.counts.awaits += 1
      },
    }
  }

  private effect<Answer>(effect: Effect, act: () => Answer | Promise<Answer>): Promise<Answer> {
    const { beforeEffect, afterEffect } = this.installed
    if (effect.kind === 'cache') return this.cacheCommand(effect, act)
    return this.killSwitch.pass(
      () => beforeEffect(this, effect),
      act,
      () => afterEffect(this, effect),
    )
  }

  /** A command of the cache: half of the round trip passes before Redis does it, half until the app has the answer. */
  private cacheCommand<Answer>(effect: Effect, act: () => Answer | Promise<Answer>): Promise<Answer> {
    const { beforeEffect, afterEffect, cacheMilliseconds, counts, redis } = this.installed
    counts.cacheCommands += 1
    const oneWay = cacheMilliseconds === undefined ? 0 : cacheMilliseconds() / 2
    return this.killSwitch.pass(
      async () => {
        await beforeEffect(this, effect)
        if (oneWay > 0) await this.killSwitch.sleep(oneWay)
        await redis.whenReachable()
      },
      act,
      async () => {
        if (oneWay > 0) await this.killSwitch.sleep(oneWay)
        await afterEffect(this, effect)
      },
    )
  }
}

/** Reads the webhook that the app returned; its fields may have any type. */
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
