/**
 * `npm run lab bench`: measures what an event costs, against the least that it could cost. `-- --json` prints JSON, `-- --steps`
 * adds each await and cache command in order, `-- --compare FILE` only compares the app with another file of it.
 */
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { appDirectory } from '../../lib/app-files'
import { serverVersion } from '../../simulators/posthog/versions'
import { cases, sizes } from './cases'
import type { BenchCase } from './cases'
import { compareFiles, readableComparison } from './compare'
import { countEvents } from './counts'
import { directVerdicts, readableDirect, readableSteps } from './direct-report'
import type { DirectResults } from './direct-report'
import { startLoopbackLoops } from './loopback-loops'
import { measureBody, measureInside, measureOutside, measureSettings, timeSetUp } from './measure'
import type { CaseTiming, Measure } from './measure'
import { measureProcessorTimes } from './processor-time'
import type { Rounds } from './processor-time'
import { readable, verdictsOn } from './report'
import type { BenchResults } from './report'
import { verdictTable } from './tables'

export interface BenchOptions {
  readonly measure: Measure
  /**
   * How often everything is measured. The lowest of each figure counts: other programs only ever add to it, and in the
   * first round the code has not yet met all kinds of events.
   */
  readonly rounds: number
  readonly sizes?: readonly number[]
}

type Figures = Omit<BenchResults, 'node' | 'cpu'>

/** Measures every case and the set-up. Figures that are compared are taken one after the other. */
export async function runBench({ measure, rounds, sizes: counts = sizes }: BenchOptions): Promise<BenchResults> {
  let figures = await measureAll(measure, counts)
  for (let round = 1; round < rounds; round++) figures = lowest(figures, await measureAll(measure, counts))
  return { node: process.versions.node, cpu: cpus()[0]?.model ?? 'unknown', ...figures }
}

async function measureAll(measure: Measure, counts: readonly number[]): Promise<Figures> {
  const timings: CaseTiming[] = []
  for (const measureCase of [measureOutside, measureInside]) {
    for (const one of cases) {
      for (const count of counts) timings.push(await measureCase(one, count, measure))
    }
  }
  const includeAll = caseNamed('include all')
  return {
    timings,
    body: await measureBody(includeAll, 30, measure),
    settings: await measureSettings(caseNamed('filters').config, measure),
    setUps: ['1.40', '2024-02'].map((name) => timeSetUp(serverVersion(name), includeAll)),
  }
}

function caseNamed(name: BenchCase['name']): BenchCase {
  const found = cases.find((one) => one.name === name)
  if (found === undefined) throw new Error(`There is no case '${name}'.`)
  return found
}

/** Takes the lower of each number of two rounds. */
function lowest<Part>(one: Part, other: Part): Part {
  if (typeof one === 'number' && typeof other === 'number') return Math.min(one, other) as Part
  if (typeof one !== 'object' || one === null) return one
  const fields = Object.entries(one).map(([name, value]) => [name, lowest<unknown>(value, other[name as keyof Part])])
  return (Array.isArray(one) ? fields.map(([, value]) => value) : Object.fromEntries(fields)) as Part
}

/** Counts and measures what an event costs with the delivery `direct`. */
export async function runDirectBench(rounds: Rounds): Promise<DirectResults> {
  const source = readFileSync(join(appDirectory, 'dist/index.js'), 'utf8')
  const counts = await countEvents(source)
  const inVm = await measureProcessorTimes(source, rounds)
  const loops = await startLoopbackLoops()
  try {
    return { counts, inVm, withNetwork: await measureProcessorTimes(source, { ...rounds, fetch: loops.fetch }) }
  } finally {
    loops.stop()
  }
}

/** A hundred events a turn: the processor's time is known to the microsecond, and no event waits for its turn. */
const rounds: Rounds = { rounds: 15, batch: 100 }

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      steps: { type: 'boolean', default: false },
      compare: { type: 'string' },
    },
  })
  if (options.compare !== undefined) {
    process.stdout.write(`${readableComparison(await compareFiles(options.compare, rounds))}\n`)
    return
  }
  const direct = await runDirectBench(rounds)
  // An ES module, which `require` does not load on every Node.js.
  const { measure } = await import('mitata')
  const results = await runBench({
    // The lowest figure: other programs on the machine only ever add to it.
    measure: async (run) => (await measure(run, { min_cpu_time: 100_000_000 })).min,
    rounds: 3,
  })
  const verdicts = [...directVerdicts(direct), ...verdictsOn(results)]
  const text = options.json
    ? JSON.stringify({ ...results, direct, verdicts }, null, 2)
    : [
        readable(results),
        readableDirect(direct),
        ...(options.steps ? [readableSteps(direct.counts)] : []),
        verdictTable(verdicts),
      ].join('\n\n')
  process.stdout.write(`${text}\n`)
}

if (require.main === module) void main()
