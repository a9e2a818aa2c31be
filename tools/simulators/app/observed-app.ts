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
  /** True if the event is in the job queue, for a slot or for another try. */
  waits: boolean
  /** True if an earlier event with the same uuid was sent. */
  isRepeated: boolean
  /** The user IDs for which Loops has answered that no contact exists. */
  unknownUserIds: ReadonlySet<string>
}

const LOOPS_REQUESTS_PER_SECOND = 10
/** The request, one retry after a failure, and one question or repair after the answer. */
const REQUESTS_PER_EVENT = 3
const ROOM = LOOPS_REQUESTS_PER_SECOND - REQUESTS_PER_EVENT
/** Not all requests take equally long to arrive, so a second of the rate limit is counted a tenth longer. */
const RATE_WINDOW_MILLISECONDS = 1100
const LONGEST_JOB_WAIT_MILLISECONDS = 2000

/** Runs the app on a server with one worker and reports the outcome of each event. Deliver one event at a time. */
export class ObservedApp {
  /** The text of each answer, for the requests since the last event. */
  private readonly answers: Answer[] = []
  /** The times of the last requests, as many as Loops' limit leaves room for. */
  private recentRequests: number[] = []
  private readonly clock: Clock
  private readonly sentEvents = new SentEvents()
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

  /** Delivers an event and waits for the jobs that it leads to, up to two seconds. */
  async deliver(event: CapturedEvent): Promise<Outcome> {
    if (!this.hasJobs) await this.waitForRateLimit()
    const jobsBefore = new Set(this.jobs().map(({ id }) => id))
    await this.worker.deliver(event)
    await this.waitForJobs()
    const { requests, failures, jobErrors, logs } = this.installation
    const made = requests.map((request, index) => ({ ...request, answer: this.answers[index]?.text ?? '' }))
    const errors = [...failures.map(({ failure }) => failure), ...jobErrors]
    const hasNewJob = this.jobs().some(({ id }) => !jobsBefore.has(id))
    // The app's spare job stays in the queue after Loops has taken or refused the event: the event does not wait then.
    const waits = hasNewJob && errors.length === 0 && !made.some(isFinal)
    const isRepeated = this.sentEvents.has(event)
    this.sentEvents.add(event, made, waits)
    const { unknownUserIds } = this.sentEvents
    const outcome = { made, errors, logs: [...logs], waits, isRepeated, unknownUserIds }
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

  /** A job that waits for a slot runs soon; a job that waits for Loops to recover may take an hour and is left. */
  private async waitForJobs(): Promise<void> {
    const deadline = this.clock.now() + LONGEST_JOB_WAIT_MILLISECONDS
    const isBusy = () => this.worker.unfinished.size > 0 || this.jobs().some(({ runAt }) => runAt <= deadline)
    while (isBusy() && this.clock.now() < deadline) await sleep(this.clock, 10)
  }
}

/** What the app has sent, and which user IDs Loops did not know, as far as it decides whether the next event is sent. */
class SentEvents {
  private readonly uuids = new Set<string>()
  /** The user IDs for which Loops has answered that no contact exists, and has created none since. */
  readonly unknownUserIds = new Set<string>()

  /** True if Loops has an event or update with this uuid, or will have it by a job. */
  has({ uuid }: CapturedEvent): boolean {
    return this.uuids.has(uuid)
  }

  add({ uuid }: CapturedEvent, made: readonly AnsweredRequest[], waits: boolean): void {
    if (waits || made.some(isTaken)) this.uuids.add(uuid)
    for (const request of made) {
      const { pathname, searchParams } = new URL(request.url)
      const asked = searchParams.get('userId')
      if (pathname.endsWith('/contacts/find') && asked !== null && request.answer === '[]') {
        this.unknownUserIds.add(asked)
      }
      if (isTaken(request)) this.unknownUserIds.delete(String(userIdIn(request.body)))
    }
  }
}

/** True if Loops has taken or refused the request for good, so that the app does not retry it. */
function isFinal({ method, status }: RequestRecord): boolean {
  return method !== 'GET' && status !== undefined && status < 500 && status !== 429
}

/** True if Loops has stored what the request writes; it answers 409 to an event that it already has. */
function isTaken({ method, status }: RequestRecord): boolean {
  return method !== 'GET' && status !== undefined && (status < 300 || status === 409)
}

function userIdIn(body = '{}'): unknown {
  return (JSON.parse(body) as { userId?: unknown } | null)?.userId
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
