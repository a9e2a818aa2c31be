import { appDirectory } from './app-files'
import { sleep, systemClock } from '../lib/clock'
import type { CapturedEvent } from '../posthog/ingestion'
import { SentEvents } from './sent-events'
import { createInstallation } from '../posthog/plugin-server'
import type {
  Fetch,
  HookError,
  Installation,
  InstallationOptions,
  Job,
  LogEntry,
  RequestRecord,
  Worker,
} from '../posthog/plugin-server'

/** What the app did about an event. */
export interface Outcome {
  /** The requests, each with what Loops said. */
  made: readonly (RequestRecord & { answer: string })[]
  errors: readonly HookError[]
  /** The lines of the app's Logs tab. */
  logs: readonly LogEntry[]
  /** Whether the event waits in the job queue for its turn or for another try. */
  waits: boolean
  /** Whether an event with its uuid was sent before. */
  isRepeated: boolean
  /** Those of which Loops has answered that it knows no contact. */
  unknownUserIds: ReadonlySet<string>
}

const LOOPS_REQUESTS_PER_SECOND = 10
/** The request, the same again after a failure, and a question or a repair after the answer. */
const REQUESTS_OF_AN_EVENT = 3

/** The app on a server with one worker, which tells of each event what came of it. Deliver one event at a time. */
export class ObservedApp {
  private readonly answers: string[] = []
  private readonly past = new SentEvents()
  private readonly installation: Installation
  private readonly worker: Worker
  private readonly canPutOff: boolean

  constructor(options: Omit<InstallationOptions, 'directory' | 'autoRunJobs'>) {
    this.installation = createInstallation({
      ...options,
      directory: appDirectory,
      fetch: overheard(options.fetch, this.answers),
      autoRunJobs: true,
    })
    this.worker = this.installation.startWorker()
    this.canPutOff = options.server.jobs && options.config.delivery !== 'webhook'
  }

  /** False once PostHog has turned the app off; then the last of the errors tells why. */
  get enabled(): boolean {
    return this.installation.enabled
  }

  async deliver(event: CapturedEvent): Promise<Outcome> {
    if (!this.canPutOff) await this.hasRoom()
    const { requests, failures, logs } = this.installation
    const before = { requests: requests.length, failures: failures.length, logs: logs.length, jobs: this.jobs() }
    await this.worker.deliver(event)
    await this.jobsAreRun()
    const made = requests.slice(before.requests).map((request, index) => ({
      ...request,
      answer: this.answers[before.requests + index] ?? '',
    }))
    const errors = failures.slice(before.failures).map(({ failure }) => failure)
    const hasNewJob = this.jobs().some(({ id }) => !before.jobs.some((job) => job.id === id))
    // A job that is there just in case stays behind an event that is done with.
    const waits = hasNewJob && errors.length === 0 && !made.some(isDecisive)
    const isRepeated = this.past.hasSent(event)
    this.past.note(event, { made, waits })
    const { unknownUserIds } = this.past
    return { made, errors, logs: logs.slice(before.logs), waits, isRepeated, unknownUserIds }
  }

  close(): void {
    this.installation.close()
  }

  private jobs(): readonly Job[] {
    return this.installation.jobs.pending()
  }

  /** A recorded day comes within a moment here. Where nothing can be put off, Loops would refuse most of it. */
  private async hasRoom(): Promise<void> {
    const room = LOOPS_REQUESTS_PER_SECOND - REQUESTS_OF_AN_EVENT
    const last = this.installation.requests.at(-room - 1)
    // A tenth more, as not all requests take equally long to arrive.
    if (last !== undefined) await sleep(systemClock, Math.max(0, last.at + 1100 - Date.now()))
  }

  /** What waits for its turn goes out soon; what waits for Loops to recover may take an hour. */
  private async jobsAreRun(): Promise<void> {
    const patience = Date.now() + 2000
    const isBusy = () => this.worker.unfinished.size > 0 || this.jobs().some(({ runAt }) => runAt <= patience)
    while (isBusy() && Date.now() < patience) await sleep(systemClock, 10)
  }
}

/** Whether Loops has taken or refused what was to be written, so that no other try is needed. */
function isDecisive({ method, status }: RequestRecord): boolean {
  return method !== 'GET' && status !== undefined && status < 500 && status !== 429
}

/** Keeps the text of each answer, which the app alone would see, in the order of the requests. */
function overheard(fetch: Fetch, answers: string[]): Fetch {
  return async (url, init) => {
    const place = answers.push('') - 1
    const response = await fetch(url, init)
    const text = await response.text()
    answers[place] = text
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
