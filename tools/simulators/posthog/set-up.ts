import type { Clock } from '../../lib/clock'
import { loadApp, type AppVM, type HostValues } from './app-vm'
import { hookError, reportFailure, runAs } from './hook-calls'
import type { KillSwitch } from './kill-switch'
import type { Delivery, InstalledApp } from './records'

const mostSetUps = 5

/** The wait before the first retry of a hook that threw `RetryError`; each further wait is twice as long. */
export const firstRetryMilliseconds = 5000

/**
 * Loads the app into one worker's VM and sets it up. The states:
 *
 * - **not loaded**: no event or job has arrived yet.
 * - **loaded**: the app's top level has run. Each event or job calls `setupPlugin` until it succeeds; after a `RetryError`
 *   the clock calls it too, and meanwhile events reach the app all the same.
 * - **set up**: `setupPlugin` has succeeded. An app with jobs is set up while it loads, and PostHog ignores the result.
 * - **off**: the load or the set-up has failed for good. All workers share this state as `InstalledApp.enabled`.
 *
 * The worker's kill switch ends each of them.
 */
export class SetUp {
  private app: Promise<AppVM | undefined> | undefined
  private isSetUp = false
  private tries = 0
  private callOffRetry: () => void = () => undefined

  constructor(
    private readonly installed: InstalledApp,
    private readonly killSwitch: KillSwitch,
    /** The clock of `Date` inside the VM; undefined for the machine's own. */
    private readonly vmClock: Clock | undefined,
    private readonly hostValues: () => HostValues,
  ) {}

  /** The loaded app; undefined if it could not be loaded. Only the first call loads it. */
  load(): Promise<AppVM | undefined> {
    this.app ??= this.loadOnce()
    return this.app
  }

  /** Sets the loaded app up unless that is done. Returns false if the app is off. */
  async isReady(app: AppVM, delivery?: Delivery): Promise<boolean> {
    if (!this.isSetUp) await this.setUp(app, delivery)
    return this.installed.enabled
  }

  private async loadOnce(): Promise<AppVM | undefined> {
    const { source, server, random, trusted } = this.installed
    try {
      const app = loadApp(source, this.hostValues(), { server, clock: this.vmClock, random, trusted })
      if (server.jobs && app.jobs.size > 0) {
        await this.setUp(app)
        // The server ignores the result, so it does not set the app up again before the first event.
        this.isSetUp = true
      }
      return app
    } catch (error) {
      reportFailure(this.installed, hookError('load', error))
      this.installed.enabled = false
      return undefined
    }
  }

  private async setUp(app: AppVM, delivery?: Delivery): Promise<void> {
    if (!this.installed.enabled) return
    const tried = ++this.tries
    try {
      await runAs({ by: 'setupPlugin', delivery }, () => app.setupPlugin?.())
      this.isSetUp = true
      this.installed.succeeded('setupPlugin')
    } catch (error) {
      const failure = hookError('setupPlugin', error)
      delivery?.errors.push(failure)
      reportFailure(this.installed, failure)
      if (app.isRetryError(error) && tried < mostSetUps) this.retryLater(app, tried)
      else this.turnOff()
    }
  }

  private retryLater(app: AppVM, tried: number): void {
    const wait = firstRetryMilliseconds * 2 ** (tried - 1)
    this.installed.log('setupPlugin', 'ERROR', `setupPlugin is retried in ${wait / 1000} s.`)
    this.callOffRetry()
    this.callOffRetry = this.killSwitch.after(wait, () => void this.setUp(app))
  }

  private turnOff(): void {
    this.installed.log('setupPlugin', 'ERROR', 'The app could not be set up and is turned off.')
    this.installed.enabled = false
  }
}
