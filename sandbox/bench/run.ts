import { cpus } from 'node:os'
import { serverVersion } from '../posthog/versions'
import { cases, sizes } from './cases'
import type { BenchCase } from './cases'
import { measureBody, measureInside, measureOutside, measureSettings, timeSetUp } from './measure'
import type { CaseTiming, Measure } from './measure'
import type { BenchResults } from './report'

export interface BenchOptions {
  readonly measure: Measure
  /**
   * How often everything is measured. The lowest of each figure counts, since other programs only ever add to it, and since
   * in the first round the code has not yet seen all kinds of events.
   */
  readonly rounds: number
  readonly sizes?: readonly number[]
}

type Figures = Omit<BenchResults, 'node' | 'cpu'>

/** Measures everything. The figures that are compared are taken one after the other. */
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

/** Number by number the lower of two rounds. */
function lowest<Part>(one: Part, other: Part): Part {
  if (typeof one === 'number' && typeof other === 'number') return Math.min(one, other) as Part
  if (typeof one !== 'object' || one === null) return one
  const fields = Object.entries(one).map(([name, value]) => [name, lowest<unknown>(value, other[name as keyof Part])])
  return (Array.isArray(one) ? fields.map(([, value]) => value) : Object.fromEntries(fields)) as Part
}
