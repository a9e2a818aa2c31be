import { join } from 'node:path'
import { appDirectory } from '../app-files'
import { systemClock, sleep } from '../clock'
import { readConfigFile } from '../config-file'
import type { AppConfig } from '../config-file'
import { DryRuns } from '../dry-runs'
import { readEventFile } from '../event-file'
import { LoopsApi, serveLoopsApi } from '../loops-api'
import { Mistake } from '../mistake'
import { createInstallation, fetchOf, routeTo } from '../plugin-server'
import type { Fetch, Installation } from '../plugin-server'
import { help, parseOptions } from './options'
import type { ReplayOptions } from './options'
import { eventReport, logReport, loopsReport } from './report'

const LOOPS = 'https://app.loops.so'
const PROGRESS_EVERY = 1000

/** Where the replay writes to: what it has to say, and what goes wrong or how far it is. */
export interface Output {
  say(text: string): void
  tell(text: string): void
}

/**
 * Replays events as the command line asks.
 *
 * @returns the exit code: 1, after one sentence to `output.tell`, if the person at the command line made a mistake.
 */
export async function run(args: string[], environment: NodeJS.ProcessEnv, output: Output): Promise<number> {
  try {
    const options = parseOptions(args, environment, join(appDirectory, 'sandbox'))
    if (options === undefined) output.say(help)
    else if (options.liveKey === undefined) await replayIntoStandIn(options, output)
    else await replay(options, options.liveKey, fetchOf(options.server), 'the real Loops', output)
    return 0
  } catch (error) {
    if (!(error instanceof Mistake)) throw error
    output.tell(`${error.message}\n`)
    return 1
  }
}

async function replayIntoStandIn(options: ReplayOptions, output: Output): Promise<void> {
  const api = new LoopsApi()
  const server = await serveLoopsApi(api)
  try {
    const fetch = routeTo(LOOPS, server.url, fetchOf(options.server))
    await replay(options, 'loops-sandbox-key', fetch, `the Loops stand-in, ${server.url}`, output)
    output.say(loopsReport(api.contacts(), api.events()))
  } finally {
    await server.close()
  }
}

async function replay(
  options: ReplayOptions,
  apiKey: string,
  fetch: Fetch,
  target: string,
  output: Output,
): Promise<void> {
  const config: AppConfig = { ...readConfigFile(options.config), apiKey, ...(options.dryRun && { dryRun: 'Yes' }) }
  const answers: string[] = []
  const installation = createInstallation({
    directory: appDirectory,
    server: options.server,
    config,
    fetch: overheard(fetch, answers),
    autoRunJobs: true,
  })
  const dryRuns = new DryRuns(config, options.server)
  output.say(`PostHog ${options.server.name} -> ${target}\n\n`)
  try {
    await replayEvents(options.events, installation, dryRuns, answers, output)
  } finally {
    dryRuns.close()
    installation.close()
  }
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

async function replayEvents(
  path: string,
  installation: Installation,
  dryRuns: DryRuns,
  answers: string[],
  output: Output,
): Promise<void> {
  const { requests, failures, logs } = installation
  const worker = installation.startWorker()
  let place = 0
  for await (const event of readEventFile(path)) {
    place += 1
    const before = { requests: requests.length, failures: failures.length, logs: logs.length }
    const explanation = await dryRuns.explain(event)
    await worker.deliver(event)
    await jobsAreRun(installation)
    if (!installation.enabled) throw new Mistake(`PostHog turns the app off: ${lastFailure(installation)}`)

    for (const entry of logs.slice(before.logs)) if (entry.level !== 'ERROR') output.say(`${logReport(entry)}\n`)
    const made = requests.slice(before.requests).map((request, index) => ({
      ...request,
      answer: answers[before.requests + index] ?? '',
    }))
    const errors = failures.slice(before.failures).map(({ failure }) => failure)
    output.say(`${eventReport(place, event, explanation, { made, errors, waits: isWaiting(installation) })}\n`)
    if (place % PROGRESS_EVERY === 0) output.tell(`${place} events replayed\n`)
  }
}

function lastFailure({ failures }: Installation): string {
  return failures.at(-1)?.failure.message ?? 'it says not why'
}

function isWaiting({ jobs }: Installation): boolean {
  return jobs.pending().length > 0
}

/** What waits for its turn goes out soon; what waits for Loops to recover may take an hour. */
async function jobsAreRun(installation: Installation): Promise<void> {
  const patience = Date.now() + 2000
  while (isWaiting(installation) && Date.now() < patience) await sleep(systemClock, 10)
}
