import { isLoopback, personalKey, projectId, safeAddress, serverAddress } from '../posthog-api/options'
import { keyIn } from '../lib/keys'
import { optionsIn } from '../lib/command-line'
import { UsageError } from '../lib/usage-error'

/** What the command needs of the key of PostHog. */
export const SCOPES = ['hog_function:write']

export interface DeployOptions {
  /** The URL of PostHog, without a slash at the end. */
  readonly posthog: string
  /** An ID; `@current` if none is given. */
  readonly project: string
  /** The names of the events to send, between commas. */
  readonly events?: string
  /** A file with the settings of either edition, as the playground saves them. */
  readonly config?: string
  /** Creates a destination although another one that sends to Loops is on. */
  readonly another: boolean
  readonly disabled: boolean
  readonly dryRun: boolean
  readonly keys: Keys
  /** A simulator of Loops on this machine. */
  readonly loopsSimulator?: string
}

export interface Keys {
  readonly posthog: string
  readonly loops: string
}

export const help = `Installs the Loops destination in PostHog. Run again, it updates that destination.

Usage: npm run deploy -- --posthog URL [options]

  --posthog URL       https://eu.posthog.com, https://us.posthog.com, or the URL of your own server
  --project ID        the number in any PostHog URL (/project/12345/); a new destination needs it if the key has access
                      to several projects
  --events NAMES      the events to send, like "user signed up, order completed"; turns the destination on
  --config FILE       the settings, as the playground saves them (new: the defaults; update: those in PostHog stay)
  --another           create a new destination although another one that sends to Loops is on
  --disabled          turn it off
  --insecure          send the keys over plain http to another machine
  --dry-run           check everything and show the requests, change nothing
  --help              show this

The keys are read from the environment variables POSTHOG_API_KEY and LOOPS_API_KEY only.
`

/**
 * Reads the command line and the keys.
 *
 * @returns `undefined` if help is asked for.
 * @throws UsageError for an unknown option, a URL that is not PostHog's, or a missing or wrong key.
 */
export function parseOptions(args: string[], environment: NodeJS.ProcessEnv): DeployOptions | undefined {
  const values = parsedArguments(args, environment)
  if (values.help === true) return undefined
  const { posthog, project, config, events } = values
  if (config !== undefined && events !== undefined) {
    throw new UsageError('--events and --config both say which events are sent: leave one of them out.')
  }
  const { LOOPS_SIMULATOR: loopsSimulator = '' } = environment
  return {
    posthog: safeAddress(serverAddress(posthog), 'both keys', values.insecure),
    project: projectId(project),
    ...(config !== undefined && { config }),
    ...(events !== undefined && { events }),
    another: values.another ?? false,
    disabled: values.disabled ?? false,
    dryRun: values['dry-run'] ?? false,
    keys: {
      posthog: personalKey(environment, SCOPES),
      loops: keyIn(environment, 'LOOPS_API_KEY', 'copy one from Loops, Settings -> API'),
    },
    ...(loopsSimulator !== '' && { loopsSimulator: parseSimulator(loopsSimulator) }),
  }
}

function parsedArguments(args: string[], environment: NodeJS.ProcessEnv) {
  const options = {
    posthog: { type: 'string' },
    project: { type: 'string' },
    events: { type: 'string' },
    config: { type: 'string' },
    another: { type: 'boolean' },
    insecure: { type: 'boolean' },
    disabled: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    help: { type: 'boolean' },
  } as const
  return optionsIn('npm run deploy', args, options, environment)
}

/** Only this machine: another machine would get the key. */
function parseSimulator(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' && isLoopback(url.hostname)) return url.origin
  throw new UsageError(
    'LOOPS_SIMULATOR is for trials on this machine: write it like http://127.0.0.1:8012, or unset it.',
  )
}
