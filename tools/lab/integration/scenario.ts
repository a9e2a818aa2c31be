import { measure } from '../faults/measures'
import type { RequestMeasures } from '../faults/measures'
import { Receipts } from '../faults/receipts'
import { addContacts, apiKey, loopsFaults } from '../faults/loops'
import type { FaultMix } from '../faults/fault-mixes'
import { Random } from '../faults/random'
import { makeTraffic, trafficConfig } from '../faults/traffic'
import type { ExpectedWrite } from '../faults/traffic'
import { sleep, systemClock } from '../../lib/clock'
import type { CapturedEvent } from '../../lib/shapes'
import { LoopsApi } from '../../simulators/loops/loops-api'
import { serveLoopsApi } from '../../simulators/loops/server'
import { handOver } from './consumer'
import { createTables } from './graphile-queue'
import type { QueueTables } from './graphile-queue'
import type { Counts } from './messages'
import type { IntegrationOptions } from './options'
import type { Phase, Surroundings } from './phases'
import { ServerProcess } from './server-process'
import type { ProcessObserver } from './server-process'
import { externalService, startPostgres, startRedis } from './services'

/** The results of one phase, or of the whole run. */
export interface PhaseResult {
  readonly title: string
  /** Events handed over, those that repeat an earlier one included; redelivered ones count once. */
  readonly events: number
  readonly outcome: Outcome
  readonly counts: Counts
  /** The server processes that were killed or have stopped themselves. */
  readonly ended: number
  readonly keepsOrder: boolean
  /** What hooks and jobs have thrown, and why processes have stopped themselves. */
  readonly failures: readonly string[]
  /** Whether the queue was empty at the end. */
  readonly drained: boolean
}

/** What Loops got of the events. */
export interface Outcome {
  readonly measures: RequestMeasures
  readonly findings: readonly string[]
}

const processCount = 2
const chatterShare = 0.05
const quietMilliseconds = 2000
const longestDrain = 5 * 60_000

/** A fifth of the requests: half of them before Loops applies them, the rest after. */
const aFifth: FaultMix['rates'] = {
  '429': 0,
  fails: 0.2,
  hang: 0,
  tail: 0,
  kill: 0,
  jobs: 0,
  cache: 0,
  slowCache: 0,
}

/**
 * Runs the phases one after the other, each until its queue is empty.
 *
 * @param onPhase called with each result.
 * @returns the result of the whole run.
 */
export async function runScenario(
  options: IntegrationOptions,
  phases: readonly Phase[],
  onPhase: (result: PhaseResult) => void,
): Promise<PhaseResult> {
  const run = await setUp(options)
  try {
    const share = Math.ceil(run.events.length / phases.length)
    const [start, requestsBefore] = [Date.now(), run.api.requests().length]
    const results: PhaseResult[] = []
    for (const [index, phase] of phases.entries()) {
      const result = await runPhase(phase, run.events.slice(index * share, (index + 1) * share), run)
      results.push(result)
      onPhase(result)
    }
    return total(results, outcomeOf(run.events, run, { requestsBefore, start }))
  } finally {
    await run.close()
  }
}

interface Run {
  readonly surroundings: Surroundings
  readonly api: LoopsApi
  /** In the order of their hand-over. */
  readonly events: readonly CapturedEvent[]
  readonly writes: readonly ExpectedWrite[]
  /** The hand-overs so far. */
  readonly receipts: Receipts
  readonly tables: QueueTables
  /** What has failed so far. */
  readonly failures: readonly string[]
  close(): Promise<void>
}

async function setUp(options: IntegrationOptions): Promise<Run> {
  const { directory, events, people, seed, rate, trusted } = options
  const redis = options.redisUrl === undefined ? await startRedis() : externalService(options.redisUrl)
  const postgres = options.databaseUrl === undefined ? await startPostgres() : externalService(options.databaseUrl)
  const random = new Random(`integration ${seed}`)
  const api = new LoopsApi({ apiKey, requestsPerSecond: rate })
  const kind = { kind: 'usual', load: 'burst', chatter: chatterShare } as const
  const traffic = makeTraffic({ ...kind, events, people }, Date.now(), random)
  await addContacts(traffic.people, api, () => sleep(systemClock, 1000 / rate))
  // The rate limit counts the requests of a second.
  await sleep(systemClock, 1000)
  api.setFault(loopsFaults({ rates: aFifth }, random))
  const loops = await serveLoopsApi(withLatency(api, random))
  const schema = `loops_integration_${process.pid}`
  const tables = await createTables(postgres.url, schema)
  const settings = {
    directory,
    config: { ...trafficConfig('usual'), apiKey, requestsPerSecond: `${rate}` },
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    schema,
    // PostHog writes the app's and the project's number; the first keeps runs on a given Redis apart.
    keyPrefix: `@plugin/${process.pid}/1/`,
    loopsUrl: loops.url,
    trusted,
  }
  const failures: string[] = []
  const receipts = new Receipts()
  const observer: ProcessObserver = {
    onReceipt: ({ uuid, at, worker }) => {
      receipts.add(uuid, at, worker)
    },
    onFailure: (text) => failures.push(text),
  }
  const processes = Array.from({ length: processCount }, () => new ServerProcess(settings, observer))
  await Promise.all(processes.map((each) => each.whenReady()))
  return {
    surroundings: { redis, postgres, processes },
    api,
    events: traffic.arrivals.toSorted((one, other) => one.at - other.at).map(({ event }) => event),
    writes: traffic.writes,
    receipts,
    tables,
    failures,
    close: async () => {
      for (const each of processes) each.close()
      await tables.drop()
      await Promise.all([loops.close(), redis.end(), postgres.end()])
      await tables.close()
    },
  }
}

/** Answers after 20 to 150 ms. */
function withLatency(api: LoopsApi, random: Random): Pick<LoopsApi, 'answer'> {
  const oneWay = () => sleep(systemClock, random.between(10, 75))
  return {
    answer: async (request) => {
      await oneWay()
      const answer = await api.answer(request)
      await oneWay()
      return answer
    },
  }
}

async function runPhase(phase: Phase, events: readonly CapturedEvent[], run: Run): Promise<PhaseResult> {
  const { api, surroundings } = run
  const { processes } = surroundings
  const before = progressOf(processes)
  const [requestsBefore, failuresBefore] = [api.requests().length, run.failures.length]
  const start = Date.now()
  let broken: Promise<void> | undefined
  let handled = 0
  const onHandled = () => {
    handled += 1
    if (handled >= events.length / 3) broken ??= phase.breaks(surroundings) ?? Promise.resolve()
  }
  await handOver(events, processes, onHandled)
  await broken
  const drained = await drain(run)
  const after = progressOf(processes)
  return {
    title: phase.title,
    events: events.length,
    outcome: outcomeOf(events, run, { requestsBefore, start }),
    counts: { commands: after.commands - before.commands, jobs: after.jobs - before.jobs },
    ended: after.ended - before.ended,
    keepsOrder: phase.keepsOrder,
    failures: run.failures.slice(failuresBefore),
    drained,
  }
}

/** The most that another process may need to learn from Redis what one has received, with ten events at once. */
const cacheMilliseconds = 100

function outcomeOf(
  events: readonly CapturedEvent[],
  { api, writes, receipts }: Run,
  { requestsBefore, start }: { requestsBefore: number; start: number },
): Outcome {
  const uuids = new Set(events.map(({ uuid }) => uuid))
  const expected = writes.filter(({ uuid }) => uuids.has(uuid))
  return measure({ writes: expected, receipts, start, cacheMilliseconds }, api.requests().slice(requestsBefore))
}

function progressOf(processes: readonly ServerProcess[]): Counts & { ended: number } {
  const sum = (count: (each: ServerProcess) => number) => processes.reduce((before, each) => before + count(each), 0)
  return {
    commands: sum((each) => each.counts().commands),
    jobs: sum((each) => each.counts().jobs),
    ended: sum(({ ended }) => ended),
  }
}

/** Waits until the queue is empty and Loops has had no request for two seconds. Returns false after five minutes. */
async function drain({ api, tables }: Run): Promise<boolean> {
  const start = Date.now()
  for (let quietSince = start; Date.now() - quietSince < quietMilliseconds;) {
    const requests = api.requests().length
    await sleep(systemClock, 500)
    if ((await tables.waiting()) > 0 || api.requests().length > requests) quietSince = Date.now()
    if (Date.now() - start > longestDrain) return false
  }
  return true
}

function total(results: readonly PhaseResult[], outcome: Outcome): PhaseResult {
  const sum = (count: (result: PhaseResult) => number) => results.reduce((before, result) => before + count(result), 0)
  return {
    title: 'all',
    events: sum(({ events }) => events),
    outcome,
    counts: { commands: sum(({ counts }) => counts.commands), jobs: sum(({ counts }) => counts.jobs) },
    ended: sum(({ ended }) => ended),
    keepsOrder: results.every(({ keepsOrder }) => keepsOrder),
    failures: results.flatMap(({ failures }) => failures),
    drained: results.every(({ drained }) => drained),
  }
}
