import { appDirectory } from '../../lib/app-files'
import { optionsIn, wholeNumber } from '../../lib/command-line'

export interface IntegrationOptions {
  /** The app's folder. */
  readonly directory: string
  readonly events: number
  readonly people: number
  readonly seed: number
  /** Requests per second, of the app's setting and of Loops' limit. */
  readonly rate: number
  /** Whether outages are shorter and the calm phase is left out, so that the run takes about a minute. */
  readonly short: boolean
  /** The name of the only phase to run; undefined for all. */
  readonly phase: string | undefined
  /** Whether the app runs in a plain context instead of vm2. */
  readonly trusted: boolean
  /** Undefined for a server of the run's own. */
  readonly redisUrl: string | undefined
  readonly databaseUrl: string | undefined
}

export const help = `Sends people and events through the app in two server processes, with a real Redis, PostgreSQL and Graphile Worker, in
real time, into a simulator of Loops that fails a fifth of the requests; and counts what was lost, sent twice or written
out of order while a process is killed, Redis is frozen, PostgreSQL is restarted, and Redis is restarted without its data.

Usage: npm run lab integration -- [options]

  --short         300 events, shorter outages and no calm phase: about a minute
  --phase NAME    only one phase: calm, kill, freeze, postgres or redis
  --events N      how many events there are (2000)
  --people N      how many people they are of (200)
  --rate N        how many requests a second Loops accepts and the app's settings allow (50)
  --seed N        the seed of the random numbers (1)
  --vm2           run the app in vm2, as real servers do, instead of a plain context
  --app FOLDER    another app's folder, with plugin.json and the file that it names
  --help          show this

Debian's packages redis-server and postgresql must be installed; the run starts servers of its own, on loopback. REDIS_URL
and DATABASE_URL name others to use; the run neither stops nor freezes them.

The exit code is 1 if more is lost than one event for each process that has ended and for each failure that PostHog's
metrics show (while PostgreSQL is away, no job can hold a failed event), or if anything is sent twice or ends
out of order (but for the phase in which Redis loses its data).
`

/**
 * Reads the command line and the environment.
 *
 * @returns `undefined` if help is asked for.
 * @throws UsageError for an unknown option or value.
 */
export function parseOptions(args: string[], environment: NodeJS.ProcessEnv): IntegrationOptions | undefined {
  const values = parsedArguments(args)
  if (values.help === true) return undefined
  const short = values.short ?? false
  return {
    directory: values.app ?? appDirectory,
    events: wholeNumber('events', values.events, short ? 300 : 2000),
    people: wholeNumber('people', values.people, short ? 60 : 200),
    seed: wholeNumber('seed', values.seed, 1),
    rate: wholeNumber('rate', values.rate, 50),
    short,
    phase: values.phase,
    trusted: values.vm2 !== true,
    redisUrl: environment['REDIS_URL'],
    databaseUrl: environment['DATABASE_URL'],
  }
}

function parsedArguments(args: string[]) {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const
  return optionsIn('npm run lab integration', args, {
    ...{ short: flag, phase: text, events: text, people: text, seed: text, rate: text },
    ...{ vm2: flag, app: text, help: flag },
  })
}
