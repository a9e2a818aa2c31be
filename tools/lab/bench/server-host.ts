import { createCache } from '../../simulators/posthog/cache'
import type { Cache, MeasuredCache } from '../../simulators/posthog/cache'
import type { FetchResponse } from '../../simulators/posthog/fetch'
import { jobsExtension } from '../../simulators/posthog/jobs'
import { serverVersion } from '../../simulators/posthog/versions'
import { loadOnServer } from './server-vm'
import type { AppOnServer } from './server-vm'

export interface EnqueuedJob {
  readonly name: string
  readonly payload: unknown
  /** Milliseconds since 1970. */
  readonly runAt: number
}

/** A step of an app that the server takes part in. */
export interface Step {
  readonly kind: 'await' | 'cache' | 'fetch' | 'job'
  /** The command with its key, the address, or the name of the job; empty for an await. */
  readonly text: string
}

const guardMilliseconds = 30_000

/**
 * One app on a server whose cache, queue and Loops answer at once, in a later turn of the event loop. The server notes
 * what the app does: call `clear` before and `settle` after the event that counts.
 */
export class BenchServer {
  readonly app: AppOnServer
  readonly steps: Step[] = []
  readonly jobs: EnqueuedJob[] = []
  private readonly timers: NodeJS.Timeout[] = []
  private readonly cache: MeasuredCache
  private running = 0

  /**
   * @param now the clock of the app and the cache.
   */
  constructor(source: string, config: object, now = () => Date.now()) {
    const clock = { now, after: () => () => undefined }
    this.cache = createCache(clock)
    const enqueue = (name: string, payload: unknown, runAt: number) => {
      const job: EnqueuedJob = { name, payload: JSON.parse(JSON.stringify(payload)) as unknown, runAt }
      return this.answer('job', name, () => this.jobs.push(job)).then(() => undefined)
    }
    this.app = loadOnServer(source, {
      meta: {
        config: { ...config },
        attachments: {},
        cache: this.cacheCommands(this.cache),
        jobs: jobsExtension(clock, enqueue),
      },
      fetch: (url) => this.answer('fetch', url, () => accepted),
      guard: (promise, name) => this.guard(promise, name),
      now,
    })
  }

  /** Forgets the steps and jobs so far, and their timers. */
  clear(): void {
    this.timers.splice(0).forEach((timer) => {
      clearTimeout(timer)
    })
    this.steps.splice(0)
    this.jobs.splice(0)
  }

  /** The memory that the entries of the cache need now. */
  redisBytes(): number {
    return this.cache.usage().bytes
  }

  /** Resolves when nothing that the app has asked for is unanswered. */
  async settle(): Promise<void> {
    for (let quietTurns = 0; quietTurns < 5; quietTurns++) {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.running > 0) quietTurns = 0
    }
  }

  /**
   * As on the real servers: the timer is not called off when the promise has settled. The guard around the hook itself,
   * which bears the hook's name, is no step of the app.
   */
  private guard(promise: unknown, name: string): Promise<unknown> {
    if (name === 'await' || name === 'Promise.then') this.note('await', '')
    const timeout = new Promise((_, reject) => {
      const end = () => {
        reject(new Error(`No answer within ${guardMilliseconds} ms (${name})`))
      }
      this.timers.push(setTimeout(end, guardMilliseconds))
    })
    return Promise.race([promise, timeout])
  }

  private cacheCommands(cache: Cache): object {
    const commands = serverVersion('2024-02').cache.map((name) => [
      name,
      (key: string, ...values: unknown[]) =>
        this.answer('cache', `${name} ${key}`, () => (cache[name] as (...all: unknown[]) => unknown)(key, ...values)),
    ])
    return Object.fromEntries(commands) as object
  }

  private async answer<Answer>(kind: Step['kind'], text: string, act: () => Answer | Promise<Answer>): Promise<Answer> {
    this.note(kind, text)
    this.running++
    await new Promise((resolve) => setImmediate(resolve))
    try {
      return await act()
    } finally {
      this.running--
    }
  }

  private note(kind: Step['kind'], text: string): void {
    this.steps.push({ kind, text })
  }
}

const accepted: FetchResponse = {
  status: 200,
  ok: true,
  statusText: 'OK',
  headers: { get: () => 'application/json' },
  text: () => Promise.resolve('{"success":true}'),
  json: () => Promise.resolve({ success: true }),
}
