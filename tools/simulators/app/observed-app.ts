import { sleep, systemClock } from '../../lib/clock'
import type { Clock } from '../../lib/clock'
import type { Fetch } from '../posthog/fetch'
import type { Job } from '../posthog/jobs'
import { createInstallation } from '../posthog/plugin-server'
import type { Installation, InstallationOptions } from '../posthog/plugin-server'
import type { HookError, LogEntry, RequestRecord } from '../posthog/records'
import type { CapturedEvent } from '../../lib/shapes'
import type { Worker } from '../posthog/worker'
import { appDirectory } from '../../lib/app-files'

type AnsweredRequest = RequestRecord & { answer: string }

/** What the app did about an event. */
export interface Outcome {
  /** The requests, each with the text of its answer. */
  made: readonly AnsweredRequest[]
  errors: readonly HookError[]
  /** The lines of the app's Logs tab. */
  logs: readonly LogEntry[]
  /** Milliseconds until a job tries the event again, if it is in the job queue; undefined if it is not. */
  waitsFor: number | undefined
}

const LOOPS_REQUESTS_PER_SECOND = 10
/** The request, one retry after a failure, and one more with the email alone after a rejection. */
const REQUESTS_PER_EVENT = 3
const ROOM = LOOPS_REQUESTS_PER_SECOND - REQUESTS_PER_EVENT
/** Not all requests take equally long to arrive, so a second of the rate limit is counted a tenth longer. */
const RATE_WINDOW_MILLISECONDS = 1100
/** Long enough for the second try of a user ID that Loops does not know, after five seconds. */
const LONGEST_JOB_WAIT_MILLISECONDS = 7000

/** Runs the app on a server with one worker and reports the outcome of each event. Deliver one event at a time. */
export class ObservedApp {
  /** The text of each answer, for the requests since the last event. */
  private readonly answers: Answer[] = []
  /** The times of the last requests, as many as Loops' limit leaves room for. */
  private recentRequests: number[] = []
  private readonly clock: Clock
  private readonly installation: Installation
  private readonly worker: Worker
  private readonly hasJobs: boolean

  constructor(options: Omit<InstallationOptions, 'directory' | 'autoRunJobs' | 'fetch'> & { fetch: Fetch }) {
    this.clock = options.clock ?? systemClock
    this.installation = createInstallation({
      ...options,
      directory: appDirectory,
      fetch: recordAnswers(options.fetch, this.answers),
      autoRunJobs: true,
    })
    this.worker = this.installation.startWorker()
    this.hasJobs = options.server.jobs && options.config.delivery !== 'webhook'
  }

  /** False once PostHog has turned the app off; the last of the outcome's errors says why. */
  get enabled(): boolean {
    return this.installation.enabled
  }

  /** Delivers an event and waits for the jobs that it leads to, unless they are due in more than seven seconds. */
  async deliver(event: CapturedEvent): Promise<Outcome> {
    if (!this.hasJobs) await this.waitForRateLimit()
    const jobsBefore = new Set(this.jobs().map(({ id }) => id))
    await this.worker.deliver(event)
    await this.waitForJobs()
    const { requests, failures, jobErrors, logs } = this.installation
    const made = requests.map((request, index) => ({ ...request, answer: this.answers[index]?.text ?? '' }))
    const errors = [...failures.map(({ failure }) => failure), ...jobErrors]
    const dueAt = this.jobs().flatMap(({ id, runAt }) => (jobsBefore.has(id) ? [] : [runAt]))
    const waitsFor = dueAt.length === 0 ? undefined : Math.max(0, Math.min(...dueAt) - this.clock.now())
    const outcome = { made, errors, logs: [...logs], waitsFor }
    this.forget()
    return outcome
  }

  close(): void {
    this.installation.close()
  }

  /** Many events must not fill the memory. */
  private forget(): void {
    const times = this.installation.requests.map(({ at }) => at)
    this.recentRequests = [...this.recentRequests, ...times].slice(-ROOM - 1)
    this.installation.forget()
    this.answers.length = 0
  }

  private jobs(): readonly Job[] {
    return this.installation.jobs.pending()
  }

  /** Recorded events arrive here faster than Loops allows. Where the app has no jobs to wait with, `npm start` waits. */
  private async waitForRateLimit(): Promise<void> {
    const last = this.recentRequests.at(-ROOM - 1)
    if (last !== undefined) await sleep(this.clock, Math.max(0, last + RATE_WINDOW_MILLISECONDS - this.clock.now()))
  }

  /** A job that waits for its slot runs soon; a job that waits for Loops to recover may take an hour and is left. */
  private async waitForJobs(): Promise<void> {
    const deadline = this.clock.now() + LONGEST_JOB_WAIT_MILLISECONDS
    const isBusy = () => this.worker.unfinished.size > 0 || this.jobs().some(({ runAt }) => runAt <= deadline)
    while (isBusy() && this.clock.now() < deadline) await sleep(this.clock, 10)
  }
}

interface Answer {
  text: string
}

/** A `fetch` that adds each answer to `answers`, in the order of the requests. */
function recordAnswers(fetch: Fetch, answers: Answer[]): Fetch {
  return async (url, init) => {
    const answer = { text: '' }
    answers.push(answer)
    const response = await fetch(url, init)
    const text = await response.text()
    answer.text = text
    return {
      status: response.status,
      ok: response.ok,
      statusText: response.statusText,
      headers: response.headers,
      text: () => Promise.resolve(text),
      json: () => Promise.resolve(JSON.parse(text) as unknown),
    }
  }
}
