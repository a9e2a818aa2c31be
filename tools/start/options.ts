import { optionsIn } from '../lib/command-line'
import { messageOf, UsageError } from '../lib/usage-error'
import { serverVersion, serverVersions } from '../simulators/posthog/versions'
import type { ServerVersion } from '../simulators/posthog/versions'

export interface ReplayOptions {
  /** Without it, the recorded events are replayed. */
  readonly events: string | undefined
  /** Without it, the defaults of the app or the destination apply. */
  readonly config: string | undefined
  /** True if `config` is the sample's, because the command line names neither events nor settings. */
  readonly hasSampleSettings: boolean
  /** `today`: a server that runs the destination. */
  readonly server: ServerVersion | 'today'
  readonly dryRun: boolean
  /** The key of a real Loops account. Without it the requests go to the simulator. */
  readonly liveKey?: string
}

export const help = `Replays PostHog events through the app, in a simulator of PostHog's plugin server, or through the destination, in
PostHog's own Hog VM, into a simulator of Loops.

Usage: npm start -- [options]

  --events FILE     events as a JSON list, or as JSON lines as PostHog exports them (the recorded ones of
                    tools/start/sample.json, dated as of today)
  --config FILE     the settings as a JSON object, their "apiKey" unused: those of the app or, with --server today, also
                    "inputs" and "mappings" as in dist/destination.json (the defaults with --events, otherwise
                    tools/start/sample-config.json)
  --server VERSION  the PostHog server: ${serverVersions.map(({ name }) => name).join(', ')} for the app
                    (2024-02), or today for the destination: PostHog Cloud, and self-hosted servers built since
                    mid-September 2025
  --dry-run         send nothing, show what would be sent
  --live            send to the real Loops, with the key in the environment variable LOOPS_API_KEY; needs --events and
                    --config, unless it is a --dry-run
  --help            show this

Ctrl-C ends the replay and shows what Loops has so far. The time of the simulators is virtual: nothing waits for a rate limit.
`

/**
 * Reads the command line.
 *
 * @returns `undefined` if help is asked for.
 * @throws UsageError for an unknown option, an unknown server version, or `--live` without a key or with the samples.
 */
export function parseOptions(
  args: string[],
  environment: NodeJS.ProcessEnv,
  directory: string,
): ReplayOptions | undefined {
  const values = parsedArguments(args, environment)
  const { help: wantsHelp, live, server } = values
  if (wantsHelp === true) return undefined
  // The sample's settings are for the sample's events.
  const hasSampleSettings = values.events === undefined && values.config === undefined
  return {
    events: values.events,
    config: hasSampleSettings ? `${directory}/sample-config.json` : values.config,
    hasSampleSettings,
    server: knownServer(server ?? '2024-02'),
    dryRun: values['dry-run'] ?? false,
    ...(live === true && { liveKey: liveKey(values, environment) }),
  }
}

/** The command that runs the same files through an edition. */
export function commandFor(edition: 'app' | 'today', { events, config, hasSampleSettings }: ReplayOptions): string {
  const args = [
    ...(edition === 'today' ? ['--server today'] : []),
    ...(events === undefined ? [] : [`--events ${events}`]),
    ...(config === undefined || hasSampleSettings ? [] : [`--config ${config}`]),
  ]
  return ['npm start', ...(args.length === 0 ? [] : ['--', ...args])].join(' ')
}

function liveKey(values: ReturnType<typeof parsedArguments>, { LOOPS_API_KEY: key = '' }: NodeJS.ProcessEnv): string {
  if (key === '') {
    throw new UsageError('--live needs the key of your Loops account in the environment variable LOOPS_API_KEY.')
  }
  const { events, config, 'dry-run': isDry } = values
  if (isDry !== true && (events === undefined || config === undefined)) {
    throw new UsageError('--live needs --events and --config: the samples are not for a real account.')
  }
  return key
}

function parsedArguments(args: string[], environment: NodeJS.ProcessEnv) {
  const options = {
    events: { type: 'string' },
    config: { type: 'string' },
    server: { type: 'string' },
    'dry-run': { type: 'boolean' },
    live: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const
  return optionsIn('npm start', args, options, environment)
}

function knownServer(name: string): ServerVersion | 'today' {
  if (name === 'today') return name
  try {
    return serverVersion(name)
  } catch (error) {
    throw new UsageError(`--server: ${messageOf(error).replace(/\.$/, '')}, and today for the destination.`)
  }
}
