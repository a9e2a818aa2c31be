import { performance } from 'node:perf_hooks'
import { cases } from '../../../tools/lab/bench/cases'
import { handWritten } from '../../../tools/lab/bench/hand-written-app'
import { measureInside, measureOutside } from '../../../tools/lab/bench/measure'
import { growthOf, readable, verdictsOn } from '../../../tools/lab/bench/report'
import type { BenchResults } from '../../../tools/lab/bench/report'
import { runBench } from '../../../tools/lab/bench/run'
import { eventWith, requestFrom, translated } from '../../app/setup'

/** One call, since here it is not asked how long it takes. */
function measureOnce(run: () => unknown): Promise<number> {
  const start = performance.now()
  run()
  return Promise.resolve((performance.now() - start) * 1e6 + 1)
}

describe('the benchmark', () => {
  let results: BenchResults

  beforeAll(async () => {
    // Each run compiles a source of its own, which no other run can use.
    process.env['COMPILED'] = ''
    results = await runBench({ measure: measureOnce, rounds: 1, sizes: [5, 30] })
  }, 120_000)

  it('measures each case outside the VM and through composeWebhook in it', () => {
    const measured = results.timings.map(({ place, name, properties }) => `${name}, ${properties}, ${place}`)
    expect(new Set(measured).size).toBe(cases.length * 2 * 2)
    const figures = results.timings.flatMap(({ app, handWritten: floor }) => [app, floor])
    expect(figures.every((figure) => figure > 0)).toBe(true)
  })

  it('measures the set-up under both Babels', () => {
    expect(results.setUps.map(({ babel }) => babel)).toEqual(['7.13.7', '7.21.4'])
    expect(
      results.setUps.every(({ compile, load, firstEvent }) => [compile, load, firstEvent].every((one) => one > 0)),
    ).toBe(true)
  })

  it('prints them', () => {
    expect(readable(results)).toContain('include all')
  })
})

describe('what is measured', () => {
  const [unwanted, ...wanted] = cases

  it.each(wanted.map((one) => [one.name, one] as const))('%s: the same body as by hand', (name, { config, event }) => {
    const byHand: unknown = JSON.parse(handWritten[name](event(30)) ?? '')
    expect(requestFrom(event(30), config).body).toEqual(byHand)
  })

  it('unwanted: nothing', () => {
    expect(unwanted && translated(unwanted.event(30), unwanted.config)).toBeUndefined()
    expect(handWritten.unwanted(eventWith({}, { event: 'other' }))).toBeNull()
  })

  it('refuses an event that the app skips and the loop by hand sends', async () => {
    const [, mapped] = cases
    if (mapped === undefined) throw new Error('There is no second case.')
    const old = { ...mapped, event: (count: number) => ({ ...mapped.event(count), timestamp: '2024-05-01T10:00:00Z' }) }
    const problem = 'The app and the loop by hand do different work: mapped.'
    await expect(measureOutside(old, 5, measureOnce)).rejects.toThrow(problem)
    await expect(measureInside(old, 5, measureOnce)).rejects.toThrow(problem)
  })
})

describe('the verdict', () => {
  const timing = { place: 'outside the VM', handWritten: 1000, stringify: undefined } as const
  const timings = [
    { ...timing, name: 'unwanted', properties: 30, app: 100 },
    { ...timing, name: 'include all', properties: 30, app: 2500 },
    { ...timing, name: 'include all', properties: 3000, app: 400_000 },
  ] as const
  const measured: BenchResults = { node: '20', cpu: 'any', timings, body: 1000, settings: 1, setUps: [] }

  it('is met at the target and missed beyond', () => {
    expect(verdictsOn(measured).map(({ measured: ratio, isMet }) => [ratio, isMet])).toEqual([
      [0.1, true],
      [2.5, true],
      [1.6, false],
    ])
  })

  it('says how the cost grows', () => {
    expect(growthOf(timings)).toEqual([{ label: 'include all, outside the VM', app: 1.6, handWritten: 0.01 }])
  })
})
