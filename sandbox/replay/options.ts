import { parseArgs } from 'node:util'
import { messageOf, UsageError, usageErrorIn } from '../lib/usage-error'
import { serverVersion, serverVersions } from '../posthog/versions'
import type { ServerVersion } from '../posthog/versions'

export interface ReplayOptions {
  events: string
  config: string
  server: ServerVersion
  dryRun: boolean
  /** The key of a real Loops account. Without it the requests go to the stand-in. */
  liveKey?: string
}

export const help = `Replays PostHog events through the app, in a stand-in for PostHog's plugin server, into a stand-in for Loops.

Usage: npm start -- [options]

  --events FILE     events as a JSON list, or as JSON lines as PostHog exports them (sandbox/events/sample.json)
  --config FILE     the app's settings as a JSON object, their "apiKey" unused (sandbox/events/sample-config.json)
  --server VERSION  the PostHog server: ${serverVersions.map(({ name }) => name).join(', ')} (2024-02)
  --dry-run         turn the app's "Dry run" on: send nothing, show what would be sent
  --live            send to the real Loops, with the key in the environment variable LOOPS_API_KEY; needs --events and
                    --config, unless it is a --dry-run
  --help            show this
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
  const values = parsedArguments(args)
  const { help: wantsHelp, live, server } = values
  if (wantsHelp === true) return undefined
  return {
    events: values.events ?? `${directory}/events/sample.json`,
    config: values.config ?? `${directory}/events/sample-config.json`,
    server: knownServer(server ?? '2024-02'),
    dryRun: values['dry-run'] ?? false,
    ...(live === true && { liveKey: liveKey(values, environment) }),
  }
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

function parsedArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        events: { type: 'string' },
        config: { type: 'string' },
        server: { type: 'string' },
        'dry-run': { type: 'boolean' },
        live: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    throw usageErrorIn('npm start', error)
  }
}

function knownServer(name: string): ServerVersion {
  try {
    return serverVersion(name)
  } catch (error) {
    throw new UsageError(`--server: ${messageOf(error)}`)
  }
}
