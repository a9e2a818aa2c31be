import { availableParallelism } from 'node:os'
import { appDirectory } from '../../lib/app-files'
import { chosen, optionsIn, wholeNumber } from '../../lib/command-line'
import { UsageError } from '../../lib/usage-error'
import { serverVersions } from '../../simulators/posthog/versions'
import type { CampaignOptions } from './campaign'
import { faultMixes } from './fault-mixes'

export interface FaultsOptions {
  /** Ordered by table, then by row. */
  campaigns: readonly CampaignOptions[]
  processes: number
  expectNoneLost: boolean
}

export const help = `Sends people and events through the app, in a simulator of PostHog's plugin server, into a simulator of Loops, while
things go wrong; and counts what was lost, sent twice or written out of order.

Usage: npm run lab faults -- [options]

  --server VERSION       one PostHog server: ${serverVersions.map(({ name }) => name).join(', ')}
  --delivery MODE        direct or webhook
  --faults MIX, ...      some of the fault mixes, such as backlog
  --seeds N              how often each is done, with other random numbers (1)
  --first-seed N         the first seed (1)
  --events N             how many events there are, unless the mix sets it (400)
  --people N             how many people they are of, unless the mix sets it (80)
  --no-chatter           leave out the updates that only repeat the one before
  --runners N            how many jobs run at once in all (1), as JOB_QUEUE_GRAPHILE_CONCURRENCY says for each process;
                         servers of 2021 and 2022 start a job without waiting for the one before
  --loops-milliseconds N how long Loops takes to answer, unless the mix sets it (150)
  --in-vm                run the app in the VM of real servers, which takes some ten times as long
  --app FOLDER           the folder of the app: plugin.json and the file that it names (this project)
  --processes N          how many processes share the work (${availableParallelism()})
  --expect-none-lost     fail if direct delivery on a server with jobs loses, doubles or reorders anything, is too slow or too
                         fast for Loops; except where workers are killed or the cache is down
  --help                 show this

Four server processes take ten events at once each; all events of a distinct_id go to one process, or on servers of 2021 and 2022 to any thread. "by two workers" counts what is out of order because two of them knew of each other only through the cache, a known limit. "out of order" goes by the order in which the app received the events.
"most in a second" is the largest number of requests in any second; Loops allows 10. "time to drain" is how many times as long the events of a burst take as the limit of Loops alone would make them.
With several seeds it is their mean, with that of the worst seed in brackets, as for "requests an event".

Servers: all, unless one is named. Faults: all of ${faultMixes.map(({ name }) => name).join(', ')}.
`

const chatterShare = 0.05

/**
 * Reads the command line.
 *
 * @returns `undefined` if help is asked for.
 * @throws UsageError for an unknown option or value, or if the options leave nothing to do.
 */
export function parseOptions(args: string[]): FaultsOptions | undefined {
  const values = parsedArguments(args)
  if (values.help === true) return undefined
  const expectNoneLost = values['expect-none-lost'] ?? false
  const campaigns = campaignsOf(values)
  if (campaigns.length === 0) throw new UsageError(`PostHog ${values.server ?? ''} sends nothing by webhook.`)
  if (expectNoneLost && !campaigns.some(mustLoseNothing)) {
    throw new UsageError(
      '--expect-none-lost needs direct delivery on a server with jobs, with faults that lose nothing: change the options.',
    )
  }
  const processes = wholeNumber('processes', values.processes, availableParallelism())
  return { campaigns, processes, expectNoneLost }
}

/** True if the app can retry with jobs, keeps its jobs and has a cache: it must then lose, duplicate and reorder nothing. */
export function mustLoseNothing({ server, delivery, mix }: CampaignOptions): boolean {
  return server.jobs && delivery === 'direct' && mix.rates.kill === 0 && mix.rates.cache < 1
}

type Arguments = ReturnType<typeof parsedArguments>

function campaignsOf(values: Arguments): CampaignOptions[] {
  const servers = chosen('server', values.server, serverVersions)
  const deliveries = chosen('delivery', values.delivery, [{ name: 'direct' }, { name: 'webhook' }] as const)
  const mixes = (values.faults?.split(',') ?? [undefined]).flatMap((name) => chosen('faults', name?.trim(), faultMixes))
  const firstSeed = wholeNumber('first-seed', values['first-seed'], 1)
  const seeds = Array.from({ length: wholeNumber('seeds', values.seeds, 1) }, (_, index) => firstSeed + index)
  const same = {
    directory: values.app ?? appDirectory,
    events: wholeNumber('events', values.events, 400),
    people: wholeNumber('people', values.people, 80),
    chatter: values['no-chatter'] === true ? 0 : chatterShare,
    jobRunners: wholeNumber('runners', values.runners, 1),
    loopsMilliseconds: wholeNumber('loops-milliseconds', values['loops-milliseconds'], 150),
    inVm: values['in-vm'] === true,
  }
  return servers.flatMap((server) =>
    deliveries
      .filter(({ name }) => name === 'direct' || server.composeWebhook === 'called')
      .flatMap(({ name: delivery }) =>
        mixes.flatMap((mix) => seeds.map((seed) => ({ ...same, server, delivery, mix, seed }))),
      ),
  )
}

function parsedArguments(args: string[]) {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const
  return optionsIn('npm run lab faults', args, {
    server: text,
    delivery: text,
    faults: text,
    seeds: text,
    'first-seed': text,
    events: text,
    people: text,
    'no-chatter': flag,
    runners: text,
    'loops-milliseconds': text,
    'in-vm': flag,
    app: text,
    processes: text,
    'expect-none-lost': flag,
    help: flag,
  })
}
