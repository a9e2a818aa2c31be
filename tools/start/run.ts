/** `npm start`: shows what the app or the destination makes of PostHog events. `npm start -- --help` lists the options. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { appDirectory } from '../lib/app-files'
import { compileInAnotherProcess } from '../simulators/app/compile-app'
import { readConfigFile } from '../lib/config-file'
import type { AppConfig } from '../lib/config-file'
import { readEventFile } from '../simulators/posthog/event-file'
import { networkTo } from '../simulators/app/network'
import { builtDestination } from '../../destination/from-settings/body'
import { readDestinationFile } from './destination-file'
import { systemClock, VirtualClock } from '../lib/clock'
import type { Clock } from '../lib/clock'
import { exitCodeOf, runInTerminal } from '../lib/command-line'
import type { Output } from '../lib/command-line'
import { LoopsApi } from '../simulators/loops/loops-api'
import { fetchOf } from '../simulators/posthog/fetch'
import type { Fetch } from '../simulators/posthog/fetch'
import type { ServerVersion } from '../simulators/posthog/versions'
import { AppEdition } from './app-edition'
import { DestinationEdition } from './destination-edition'
import { help, parseOptions } from './options'
import type { ReplayOptions } from './options'
import { progressBar, progressLines } from './progress'
import type { Progress } from './progress'
import { effortReport, eventReport, loopsReport, setUpReport } from './report'

/** What the process around the replay offers. */
export interface Host {
  /** Ends the replay after the event at hand. */
  readonly interrupted: AbortSignal
  readonly hasProgressBar: boolean
  /** Prepares the app for the server before it is loaded. */
  readonly prepare: (server: ServerVersion) => void
}

const plainHost: Host = {
  interrupted: new AbortController().signal,
  hasProgressBar: false,
  prepare: () => undefined,
}

/** The exit code of a process that Ctrl-C ends. */
const INTERRUPTED = 130

/**
 * Replays events as the command line asks.
 *
 * @returns the exit code: 1 after a usage error, which goes to `output.tell`; 130 after an interruption.
 */
export function run(args: string[], environment: NodeJS.ProcessEnv, output: Output, host = plainHost): Promise<number> {
  return exitCodeOf(async () => {
    const options = parseOptions(args, environment, join(appDirectory, 'tools/start'))
    if (options === undefined) {
      output.say(help)
      return 0
    }
    if (options.liveKey === undefined) await replayIntoSimulator(options, output, host)
    else await replayIntoLoops(options, options.liveKey, output, host)
    return host.interrupted.aborted ? INTERRUPTED : 0
  }, output)
}

/** The way to Loops, real or not. */
interface Surroundings {
  readonly target: string
  readonly apiKey: string
  readonly fetch: Fetch
  readonly clock: Clock
  /** Lets the clock's time pass until the promise is settled. */
  readonly settled: <Result>(promise: Promise<Result>) => Promise<Result>
}

async function replayIntoLoops(options: ReplayOptions, apiKey: string, output: Output, host: Host): Promise<void> {
  const fetchLibrary = options.server === 'today' ? fetch : fetchOf(options.server)
  const settled = <Result>(promise: Promise<Result>): Promise<Result> => promise
  const surroundings = { target: 'the real Loops', apiKey, fetch: fetchLibrary, clock: systemClock, settled }
  output.say(await replay(options, surroundings, output, host))
}

async function replayIntoSimulator(options: ReplayOptions, output: Output, host: Host): Promise<void> {
  const clock = new VirtualClock(Date.now())
  const apiKey = 'loops-sandbox-key'
  const api = new LoopsApi({ apiKey, clock, contactProperties: [{ key: 'plan', label: 'Plan', type: 'string' }] })
  const fetch = networkTo(api, clock, options.server === 'today' ? { importedFetch: 'undici' } : options.server)
  const settled = <Result>(promise: Promise<Result>): Promise<Result> => clock.settled(promise)
  const effort = await replay(options, { target: 'the Loops simulator', apiKey, fetch, clock, settled }, output, host)
  output.say(loopsReport(api.contacts(), api.events()))
  output.say(effort)
}

/** @returns how many events were replayed, and what that took. */
async function replay(options: ReplayOptions, surroundings: Surroundings, output: Output, host: Host): Promise<string> {
  const begun = performance.now()
  const edition = await editionFor(options, surroundings, output, host)
  let [events, bytesRead] = [0, 0]
  let progress: Progress | undefined
  try {
    for await (const event of readEventFile(options.events, (bytes) => (bytesRead = bytes))) {
      progress ??= progressOf(options.events, output, host)
      const result = await surroundings.settled(edition.replay(event))
      events += 1
      output.say(setUpReport(result.outcome.logs))
      output.say(`${eventReport(events, event, result)}\n`)
      progress.update(events, bytesRead)
      // Lets the process notice Ctrl-C.
      await new Promise((resolve) => setImmediate(resolve))
      if (host.interrupted.aborted) break
    }
  } finally {
    progress?.stop()
    edition.close()
  }
  if (host.interrupted.aborted) output.say(`Interrupted after ${events} events.\n\n`)
  return effortReport(events, performance.now() - begun, process.resourceUsage().maxRSS * 1024)
}

/** Loads the edition, and says which it is and what plays no part in it. */
async function editionFor(options: ReplayOptions, { target, ...rest }: Surroundings, output: Output, host: Host) {
  const { server, config: path, dryRun, liveKey } = options
  const begin = (name: string, notes: readonly string[]): void => {
    output.say([`PostHog ${name} -> ${target}`, ...notes, '', ''].join('\n'))
  }
  if (server === 'today') {
    const body = path === undefined ? builtDestination : await readDestinationFile(path)
    const edition = await DestinationEdition.load({ ...rest, body, dryRun })
    begin('today (destination)', destinationNotes)
    return edition
  }
  const given = path === undefined ? {} : readConfigFile(path)
  const config = { ...given, apiKey: rest.apiKey, ...(dryRun && { dryRun: 'Yes' }) }
  host.prepare(server)
  begin(server.name, ignoredSettings(given, path ?? '', liveKey))
  return new AppEdition({ ...rest, server, config })
}

const destinationNotes = [
  'Persons are as the events of the file have made them. Test accounts are not left out, since only PostHog knows them.',
]

/** A sentence for each setting that the replay ignores. */
function ignoredSettings({ apiKey, posthogUrl = '' }: AppConfig, path: string, liveKey: string | undefined): string[] {
  const instead = liveKey === undefined ? 'the simulator has a key of its own' : 'the key in LOOPS_API_KEY is'
  return [
    ...(apiKey === undefined ? [] : [`The "apiKey" in ${path} is not used: ${instead}.`]),
    ...(posthogUrl === ''
      ? []
      : ['There is no PostHog to ask, so "posthogUrl" finds nobody: of a person only what the event sets is known.']),
  ]
}

function progressOf(path: string, output: Output, host: Host): Progress {
  const { size } = statSync(path)
  return host.hasProgressBar ? progressBar(size) : progressLines(size, output)
}

function hostOfProcess(): Host {
  const controller = new AbortController()
  process.once('SIGINT', () => {
    controller.abort()
  })
  // On a terminal the reports of the events would tear the bar.
  const hasProgressBar = process.stderr.isTTY && !process.stdout.isTTY
  return { interrupted: controller.signal, hasProgressBar, prepare: compileInAnotherProcess }
}

if (require.main === module) {
  void runInTerminal((output) => run(process.argv.slice(2), process.env, output, hostOfProcess()))
}
