/** `npm start`: shows what the app makes of PostHog events. `npm start -- --help` lists the options. */
import { join } from 'node:path'
import { appDirectory } from '../app/app-files'
import { readConfigFile } from '../app/config-file'
import type { AppConfig } from '../app/config-file'
import { DryRuns } from '../app/dry-runs'
import { readEventFile } from '../app/event-file'
import { LoopsApi } from '../loops/loops-api'
import { serveLoopsApi } from '../loops/server'
import { fetchOf, routeTo } from '../posthog/fetch'
import type { Fetch } from '../posthog/fetch'
import { exitCodeOf, runInTerminal } from '../lib/command-line'
import type { Output } from '../lib/command-line'
import { UsageError } from '../lib/usage-error'
import { whyNothingWasSent } from '../app/why-nothing-was-sent'
import { ObservedApp } from '../app/observed-app'
import type { Outcome } from '../app/observed-app'
import { help, parseOptions } from './options'
import type { ReplayOptions } from './options'
import { eventReport, loopsReport, setUpReport } from './report'

const LOOPS = 'https://app.loops.so'
const PROGRESS_EVERY = 1000

/**
 * Replays events as the command line asks.
 *
 * @returns the exit code: 1 after a usage error, which goes to `output.tell` as one sentence.
 */
export function run(args: string[], environment: NodeJS.ProcessEnv, output: Output): Promise<number> {
  return exitCodeOf(async () => {
    const options = parseOptions(args, environment, join(appDirectory, 'sandbox'))
    if (options === undefined) output.say(help)
    else if (options.liveKey === undefined) await replayIntoStandIn(options, output)
    else await replayIntoLoops(options, options.liveKey, output)
    return 0
  }, output)
}

function replayIntoLoops(options: ReplayOptions, apiKey: string, output: Output): Promise<void> {
  return replay({ ...options, apiKey, fetch: fetchOf(options.server), output }, 'the real Loops')
}

async function replayIntoStandIn(options: ReplayOptions, output: Output): Promise<void> {
  const api = new LoopsApi({ contactProperties: [{ key: 'plan', label: 'Plan', type: 'string' }] })
  const server = await serveLoopsApi(api)
  try {
    const fetch = routeTo(LOOPS, server.url, fetchOf(options.server))
    await replay({ ...options, apiKey: 'loops-sandbox-key', fetch, output }, `the Loops stand-in, ${server.url}`)
    output.say(loopsReport(api.contacts(), api.events()))
  } finally {
    await server.close()
  }
}

interface Replay extends ReplayOptions {
  apiKey: string
  fetch: Fetch
  output: Output
}

async function replay({ apiKey, fetch, output, ...options }: Replay, target: string): Promise<void> {
  const { events, server } = options
  const given = readConfigFile(options.config)
  const config: AppConfig = { ...given, apiKey, ...(options.dryRun && { dryRun: 'Yes' }) }
  const app = new ObservedApp({ server, config, fetch })
  const dryRuns = new DryRuns(config, server)
  output.say(`PostHog ${server.name} -> ${target}\n`)
  for (const sentence of ignoredSettings(given, options)) output.say(`${sentence}\n`)
  output.say('\n')
  try {
    let place = 0
    for await (const event of readEventFile(events)) {
      place += 1
      const explanation = await dryRuns.explain(event)
      const outcome = await app.deliver(event)
      if (!app.enabled) throw new UsageError(`PostHog turns the app off: ${lastMessage(outcome)}`)

      const reason = whyNothingWasSent(config, server, explanation, outcome)
      output.say(setUpReport(outcome.logs))
      output.say(`${eventReport(place, event, { matched: explanation.matched, reason, outcome })}\n`)
      if (place % PROGRESS_EVERY === 0) output.tell(`${place} events replayed\n`)
    }
  } finally {
    dryRuns.close()
    app.close()
  }
}

/** A sentence for each setting that the replay ignores. */
function ignoredSettings({ apiKey, posthogUrl = '' }: AppConfig, { config, liveKey }: ReplayOptions): string[] {
  const instead = liveKey === undefined ? 'the stand-in has a key of its own' : 'the key in LOOPS_API_KEY is'
  return [
    ...(apiKey === undefined ? [] : [`The "apiKey" in ${config} is not used: ${instead}.`]),
    ...(posthogUrl === ''
      ? []
      : ['There is no PostHog to ask, so "posthogUrl" finds nobody: of a person only what the event sets is known.']),
  ]
}

function lastMessage({ errors }: Outcome): string {
  return errors.at(-1)?.message ?? 'it gives no reason'
}

if (require.main === module) void runInTerminal((output) => run(process.argv.slice(2), process.env, output))
