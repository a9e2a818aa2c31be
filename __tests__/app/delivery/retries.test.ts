import { apiKey, isSetUpRequest } from '../setup'
import type { CapturedEvent } from '../../../tools/lib/shapes'
import { HOUR, MINUTE, start, simulate, purchase, set, failed } from './setup'
import type { Simulation } from './setup'

describe('retries', () => {
  it('wait longer each time, up to twenty minutes, and give up within the day that Loops knows an idempotency key', async () => {
    const { clock, api, app, deliver, sent } = simulate('2024-02', { contactEvents: '$identify' })
    api.setFault((request) => (isSetUpRequest(request) ? undefined : failed))
    deliver(purchase())
    await clock.run()
    const times = sent().map(([seconds]) => seconds)
    const waits = times.slice(1).map((time, index) => Math.floor(time - (times[index] ?? 0)))
    expect(waits.slice(0, 14)).toEqual([1, 1, 2, 3, 5, 7, 11, 17, 25, 38, 57, 86, 129, 194])
    expect(waits.slice(-10)).toEqual(Array(10).fill(800))
    expect(times.at(-1)).toBeGreaterThan(23 * 3600)
    expect(times.at(-1)).toBeLessThan(24 * 3600)
    expect(app.jobErrors.map(({ by, message }) => `${by}: ${message}`)).toEqual([
      `deliver: Given up after ${times.length} tries within a day: Loops answered 500 to /v1/events/send: Internal server error.`,
    ])
    expect(app.logs.filter(({ level }) => level === 'ERROR')).toHaveLength(1)
    expect(app.jobs.pending()).toEqual([])
  })

  it('spread, so that requests that failed together do not retry together', async () => {
    const waits = await Promise.all(
      [0, 0.5, 0.999].map(async (random) => {
        const { clock, faults, deliver, sent } = simulate('2024-02', {}, { random: () => random })
        faults.push(failed, failed, failed)
        deliver(purchase())
        await clock.run()
        return Math.floor(sent().at(-1)?.[0] ?? 0)
      }),
    )
    expect(waits).toEqual([5, 6, 7])
  })

  it('keep no key in the queue, and use the key of the settings as they are then', async () => {
    const first = simulate()
    first.faults.push(failed)
    first.deliver(purchase())
    await first.clock.run(start + 500)
    const [job] = first.app.jobs.pending()
    expect(job?.payload).toContain('"event":"purchase"')
    expect(job?.payload).not.toContain(apiKey)

    const newKey = 'another0key1of2the3form4that5is6'
    const then = simulate('2024-02', { apiKey: newKey })
    if (job !== undefined) void then.worker.runJob(job)
    await then.clock.run()
    expect(then.app.enabled).toBe(true)
    const delivery = then.app.requests.filter(({ url }) => url.endsWith('/send'))
    expect(delivery.map(({ headers }) => headers.Authorization)).toEqual([`Bearer ${newKey}`])
  })
})

describe('a job of a version that did not count the jobs', () => {
  /** The job of an event that was received `age` milliseconds before the start. */
  const run = (event: CapturedEvent, age: number, { worker }: Simulation): void => {
    const payload = JSON.stringify({ event, receivedAt: start - age, failures: 0 })
    void worker.runJob({ id: 1, name: 'deliver', runAt: start, payload })
  }

  it('writes no old value over a new one', async () => {
    const simulation = simulate()
    simulation.deliver(set({ plan: 'new' }))
    await simulation.clock.run(start + MINUTE)
    run(set({ plan: 'old' }), 5 * MINUTE, simulation)
    await simulation.clock.run()
    expect(simulation.api.contacts()).toMatchObject([{ plan: 'new' }])
  })

  it('goes back in a dry run', async () => {
    const simulation = simulate('2024-02', { dryRun: 'Yes' })
    run(purchase(), 5 * MINUTE, simulation)
    await simulation.clock.run(start + MINUTE)
    expect(simulation.app.jobs.pending()).toHaveLength(1)
  })

  it('is given up after a day', async () => {
    const simulation = simulate()
    run(purchase(), 30 * HOUR, simulation)
    await simulation.clock.run()
    expect(simulation.sent()).toEqual([])
    expect(simulation.app.jobErrors.map(({ message }) => message)).toEqual([
      'Given up after 0 tries within a day: its job ran too late',
    ])
  })
})
