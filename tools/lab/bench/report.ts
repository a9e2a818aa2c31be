import type { BenchCase } from './cases'
import type { CaseTiming, SetUpTiming } from './measure'
import { table, times, verdict } from './tables'
import type { Verdict } from './tables'

export interface BenchResults {
  readonly node: string
  readonly cpu: string
  readonly timings: readonly CaseTiming[]
  /** Nanoseconds for `JSON.stringify` of a body with 30 properties. */
  readonly body: number
  /** Nanoseconds for `parseSettings`. */
  readonly settings: number
  readonly setUps: readonly SetUpTiming[]
}

/**
 * Compares the figures of the translation with the targets. Only figures from outside the VM count, because the cost of the
 * VM is not the app's.
 */
export function verdictsOn({ timings, body }: BenchResults): Verdict[] {
  const outside = (name: BenchCase['name'], properties: number): CaseTiming | undefined =>
    timings.find((one) => one.place === 'outside the VM' && one.name === name && one.properties === properties)
  const ratio = (above: number | undefined, below: number | undefined): number => (above ?? NaN) / (below ?? NaN)
  const includeAll = outside('include all', 30)
  const growth = growthOf(timings.filter(({ place }) => place === 'outside the VM'))
  return [
    verdict('unwanted event / JSON.stringify of 30 properties', 0.1, ratio(outside('unwanted', 30)?.app, body)),
    verdict('include all, 30 properties / hand-written', 2.5, ratio(includeAll?.app, includeAll?.handWritten)),
    ...growth.map(({ label, app }) => verdict(`${label}: cost of a property at 3000 / at 30`, 1.3, app)),
  ]
}

const casesThatReadAll: readonly BenchCase['name'][] = ['include all', 'contact update', 'both halves']

/** How the cost of one more property grows from 30 to 3000, for each case that reads all of them. */
export function growthOf(timings: readonly CaseTiming[]): { label: string; app: number; handWritten: number }[] {
  return timings.flatMap((most) => {
    const few = timings.find(({ place, name, properties }) => {
      return properties === 30 && place === most.place && name === most.name
    })
    if (most.properties !== 3000 || few === undefined || !casesThatReadAll.includes(most.name)) return []
    const label = `${most.name}, ${most.place}`
    return [{ label, app: most.app / few.app / 100, handWritten: most.handWritten / few.handWritten / 100 }]
  })
}

/** The results as tables to read. */
export function readable(results: BenchResults): string {
  const { timings, setUps, settings, node, cpu } = results
  const header = ['where', 'event', 'properties', 'app', 'hand-written', 'ratio', 'stringify', 'ratio']
  const rows = timings.map(({ place, name, properties, app, handWritten, stringify }) => [
    ...[place, name, `${properties}`, duration(app), duration(handWritten), times(app / handWritten)],
    ...(stringify === undefined ? ['', ''] : [duration(stringify), times(app / stringify)]),
  ])
  const growth = growthOf(timings).map(({ label, app, handWritten }) => [label, times(app), times(handWritten)])
  const starts = setUps.map(({ babel, compile, load, firstEvent }) => [
    ...[`Babel ${babel}`, ...[compile, load, firstEvent].map((one) => `${one.toFixed(1)} ms`)],
  ])
  return [
    `Node.js ${node}, ${cpu}`,
    table([header, ...rows]),
    'Cost of a property with 3000 of them / with 30',
    table([['event', 'app', 'hand-written'], ...growth]),
    `Reading the settings: ${duration(settings)}`,
    table([['set-up in the VM', 'compile', 'load', 'first event'], ...starts]),
  ].join('\n\n')
}

function duration(nanoseconds: number): string {
  if (nanoseconds < 1000) return `${nanoseconds.toFixed(0)} ns`
  const microseconds = nanoseconds / 1000
  return microseconds < 1000 ? `${microseconds.toFixed(1)} µs` : `${(microseconds / 1000).toFixed(2)} ms`
}
