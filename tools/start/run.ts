/** `npm start`: shows what the app or the destination makes of PostHog events. `npm start -- --help` lists the options. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { appDirectory } from '../lib/app-files'
import { compileInAnotherProcess } from '../simulators/app/compile-app'
import type { AppConfig } from '../lib/shapes'
import { readEventFile } from '../simulators/posthog/event-file'
import type { FileEvent, ReadingOptions } from '../simulators/posthog/event-file'
import { networkTo } from '../simulators/app/network'
import { accountWarnings, CHECKING_SERVER } from '../simulators/app/account-warnings'
import { builtDestination } from '../../destination/from-settings/body'
import { readAppFile, readDestinationFile } from './settings-file'
import { systemClock, VirtualClock } from '../lib/clock'
import type { Clock } from '../lib/clock'
import { exitCodeOf, runInTerminal } from '../lib/command-line'
import type { Output } from '../lib/command-line'
import { LoopsApi } from '../simulators/loops/loops-api'
import { fetchOf } from '../simulators/posthog/fetch'
import type { Fetch } from '../simulators/posthog/fetch'
import type { ServerVersion } from '../simulators/posthog/versions'
import { messageOf, UsageError } from '../lib/usage-error'
import { AppEdition } from './app-edition'
import { DestinationEdition } from './destination-edition'
import type { Edition, EventResult } from './edition'
import { heading } from './heading'
import { IdentityHints } from './identity-hints'
import { help, parseOptions } from './options'
import type { ReplayOptions } from './options'
import { noProgress, progressBar, progressLines } from './progress'
import type { Progress } from './progress'
import { readRecordedEvents, RECORDED_STRANGER } from '../simulators/posthog/recorded-events'
import { effortReport, eventReport, LINES_OF_LOOPS, loopsReport, nextSteps, plain, setUpReport } from './report'
import type { Tally } from './report'

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
  const tally = await replay(options, surroundings, output, host)
  output.say(effortReport(tally))
  output.say(nextSteps(options, tally))
}

async function replayIntoSimulator(options: ReplayOptions, output: Output, host: Host): Promise<void> {
  const clock = new VirtualClock(Date.now())
  const apiKey = 'loops-sandbox-key'
  // The sample's settings map a property that the user has created in Loops.
  const contactProperties = options.hasSampleSettings ? [{ key: 'plan', label: 'Plan', type: 'string' as const }] : []
  const api = new LoopsApi({ apiKey, clock, contactProperties, mostShown: LINES_OF_LOOPS })
  const fetch = networkTo(api, clock, options.server === 'today' ? { importedFetch: 'undici' } : options.server)
  const settled = <Result>(promise: Promise<Result>): Promise<Result> => clock.settled(promise)
  const tally = await replay(options, { target: 'the Loops simulator', apiKey, fetch, clock, settled }, output, host)
  output.say(loopsReport(api.contacts(), api.events(), api.eventCount()))
  output.say(effortReport(tally))
  output.say(nextSteps(options, tally))
}

async function replay(options: ReplayOptions, surroundings: Surroundings, output: Output, host: Host): Promise<Tally> {
  const begun = performance.now()
  const edition = await editionFor(options, surroundings, output, host)
  const tally: Tally = { events: 0, skipped: 0, tooOld: 0, withPerson: 0, milliseconds: 0 }
  const identityHints = new IdentityHints()
  const skip = (sentence: string): void => {
    tally.skipped += 1
    output.tell(`Skipped: ${plain(sentence)}\n`)
  }
  let [bytesRead, progress]: [number, Progress | undefined] = [0, undefined]
  const onRead = (bytes: number): void => void (bytesRead = bytes)
  try {
    for await (const event of eventsOf(options, { onRead, onSkipped: skip })) {
      progress ??= options.events === undefined ? noProgress : progressOf(options.events, output, host)
      const result = await resultOf(event, edition, surroundings, skip)
      if (result !== undefined) {
        note(event, result, tally)
        output.say(setUpReport(result.outcome.logs))
        const hints = [...result.hints, ...identityHints.note(event, result)]
        const report = { ...result, hints, note: noteOn(event, result, options) }
        output.say(`${eventReport(tally.events, event.event, report)}\n`)
      }
      progress.update(tally.events, bytesRead)
      // Lets the process notice Ctrl-C.
      await new Promise((resolve) => setImmediate(resolve))
      if (host.interrupted.aborted) break
    }
  } finally {
    progress?.stop()
    edition.close()
  }
  if (host.interrupted.aborted) output.say(`Interrupted after ${tally.events} events.\n\n`)
  else if (tally.events === 0) throw new UsageError('All events were skipped.')
  output.say(identityHints.summary())
  return { ...tally, milliseconds: performance.now() - begun }
}

async function* eventsOf({ events }: ReplayOptions, reading: ReadingOptions): AsyncGenerator<FileEvent> {
  if (events !== undefined) yield* readEventFile(events, reading)
  else for (const event of await readRecordedEvents()) yield { event, person: undefined }
}

/** The result of the event; `undefined` if a value of it makes the simulators fail, which `skip` is told. */
async function resultOf(
  event: FileEvent,
  edition: Edition,
  { settled }: Surroundings,
  skip: (sentence: string) => void,
): Promise<EventResult | undefined> {
  try {
    return await settled(edition.replay(event))
  } catch (error) {
    if (error instanceof UsageError) throw error
    skip(`the simulators cannot process the event "${event.event.event}": ${messageOf(error)}.`)
    return undefined
  }
}

function note({ person }: FileEvent, { reason = '' }: EventResult, tally: Tally): void {
  tally.events += 1
  if (/\bolder than\b|\bhours old\b/.test(reason)) tally.tooOld += 1
  if (person !== undefined) tally.withPerson += 1
}

/** A sentence on a rejection that has a remedy, or none. */
function noteOn({ event }: FileEvent, { outcome: { made, errors } }: EventResult, { events }: ReplayOptions) {
  const { status, body = '' } = made.at(-1) ?? {}
  if (status !== 400 || body.includes('"email":')) return undefined
  if (errors.some(({ message }) => message.includes('The user ID is an email'))) return undefined
  if (events === undefined && event.distinct_id === RECORDED_STRANGER) {
    return 'This rejection is intended: it shows what happens to a user ID that Loops does not know.'
  }
  return 'The request has only a user ID, and Loops does not know it: set the email with this event or with one before it.'
}

/** Loads the edition, and says which it is and with which settings it runs. */
async function editionFor(options: ReplayOptions, { target, ...rest }: Surroundings, output: Output, host: Host) {
  const { server, config: path, dryRun, liveKey } = options
  if (server === 'today') {
    const { body, settings } = path === undefined ? { body: builtDestination } : await readDestinationFile(path)
    const edition = await DestinationEdition.load({ ...rest, body, dryRun, isOfApp: settings !== undefined })
    const given = settings === undefined ? { destination: body } : { app: settings }
    if (!dryRun) host.prepare(CHECKING_SERVER)
    const warnings = dryRun ? [] : await rest.settled(accountWarnings(body.mappings, rest))
    output.say(
      heading(options, target, given, [...destinationNotes, ...warnings.map((warning) => plain(`WARN ${warning}`))]),
    )
    return edition
  }
  const given = path === undefined ? {} : readAppFile(path)
  const config = { ...given, apiKey: rest.apiKey, ...(dryRun && { dryRun: 'Yes' }) }
  host.prepare(server)
  output.say(heading(options, target, { app: given }, ignoredSettings(given, path ?? '', liveKey)))
  return new AppEdition({ ...rest, server, config })
}

const destinationNotes = [
  'Persons are those of the file, or else as its events set them. Test accounts are included: only PostHog knows them.',
]

/** A sentence for each setting that the replay ignores. */
function ignoredSettings({ apiKey, posthogUrl = '' }: AppConfig, path: string, liveKey: string | undefined): string[] {
  const instead = liveKey === undefined ? 'the simulator has a key of its own' : 'the key in LOOPS_API_KEY is'
  return [
    ...(apiKey === undefined ? [] : [`The "apiKey" in ${path} is not used: ${instead}.`]),
    ...(posthogUrl === ''
      ? []
      : ['PostHog is not connected: "posthogUrl" finds only the persons in the file of events.']),
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
