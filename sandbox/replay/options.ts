import { parseArgs } from 'node:util'
import { messageOf, Mistake } from '../mistake'
import { serverVersion, serverVersions } from '../server-versions'
import type { ServerVersion } from '../server-versions'

export interface ReplayOptions {
  events: string
  config: string
  server: ServerVersion
  dryRun: boolean
  /** The key of a real Loops account; without it the requests go to the stand-in. */
  liveKey?: string
}

export const help = `Replays PostHog events through the app, in a stand-in for PostHog's plugin server, into a stand-in for Loops.

Usage: npm start -- [options]

  --events FILE     events as a JSON list, or as JSON lines as PostHog exports them (sandbox/events/sample.json)
  --config FILE     the app's settings as a JSON object (sandbox/events/sample-config.json)
  --server VERSION  the PostHog server: ${serverVersions.map(({ name }) => name).join(', ')} (2024-02)
  --dry-run         send nothing, show what would be sent
  --live            send to the real Loops, with the key in the environment variable LOOPS_API_KEY
  --help            show this
`

/**
 * Reads the command line.
 *
 * @returns `undefined` if help is asked for.
 * @throws Mistake for an unknown option, an unknown server version, or `--live` without a key.
 */
export function parseOptions(
  args: string[],
  environment: NodeJS.ProcessEnv,
  directory: string,
): ReplayOptions | undefined {
  const { help: wantsHelp, live, server, ...values } = parsedArguments(args)
  if (wantsHelp === true) return undefined
  const key = environment.LOOPS_API_KEY
  if (live === true && (key === undefined || key === '')) {
    throw new Mistake('--live needs the key of your Loops account in the environment variable LOOPS_API_KEY.')
  }
  return {
    events: values.events ?? `${directory}/events/sample.json`,
    config: values.config ?? `${directory}/events/sample-config.json`,
    server: knownServer(server ?? '2024-02'),
    dryRun: values['dry-run'] ?? false,
    ...(live === true && key !== undefined && { liveKey: key }),
  }
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
    throw new Mistake(`${messageOf(error).split('. ')[0] ?? ''}. See npm start -- --help.`)
  }
}

function knownServer(name: string): ServerVersion {
  try {
    return serverVersion(name)
  } catch (error) {
    throw new Mistake(`--server: ${messageOf(error)}`)
  }
}
