import { cpus } from 'node:os'
import { serverVersion } from '../server-versions'
import { cases, sizes } from './cases'
import type { BenchCase } from './cases'
import { measureBody, measureInside, measureOutside, measureSettings, timeSetUp } from './measure'
import type { CaseTiming, Measure, SetUpTiming } from './measure'
import type { BenchResults } from './report'

export interface BenchOptions {
  readonly measure: Measure
  /** How often each figure is taken; the lowest counts. */
  readonly rounds: number
  readonly sizes?: readonly number[]
}

/** Measures everything. The figures that are compared are taken one after the other. */
export async function runBench({ measure, rounds, sizes: counts = sizes }: BenchOptions): Promise<BenchResults> {
  const lowest = <Timing extends object>(take: () => Timing | Promise<Timing>) => lowestOf<Timing>(rounds, take)
  const timings: CaseTiming[] = []
  for (const measureCase of [measureOutside, measureInside]) {
    for (const one of cases) {
      for (const count of counts) timings.push(await lowest(() => measureCase(one, count, measure)))
    }
  }
  const includeAll = caseNamed('include all')
  const { body, settings } = await lowest(async () => ({
    body: await measureBody(includeAll, 30, measure),
    settings: await measureSettings(caseNamed('filters').config, measure),
  }))
  const setUps: SetUpTiming[] = []
  for (const name of ['1.40', '2024-02']) {
    setUps.push(await lowest(() => timeSetUp(serverVersion(name), includeAll)))
  }
  return { node: process.versions.node, cpu: cpus()[0]?.model ?? 'unknown', timings, body, settings, setUps }
}

function caseNamed(name: BenchCase['name']): BenchCase {
  const found = cases.find((one) => one.name === name)
  if (found === undefined) throw new Error(`There is no case '${name}'.`)
  return found
}

/** Field by field the lowest number of several rounds. */
async function lowestOf<Timing extends object>(rounds: number, take: () => Timing | Promise<Timing>): Promise<Timing> {
  let lowest: Timing = await take()
  for (let round = 1; round < rounds; round++) {
    const next: Timing = await take()
    const fields = Object.entries(lowest).map(([field, value]: [string, unknown]) => {
      const other: unknown = next[field as keyof Timing]
      return [field, typeof value === 'number' && typeof other === 'number' ? Math.min(value, other) : value]
    })
    lowest = Object.fromEntries(fields) as Timing
  }
  return lowest
}
