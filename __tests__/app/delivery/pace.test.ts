import { Consumer } from '../../../tools/simulators/posthog/consumer'
import { start, simulateMany, event } from './setup'
import type { Simulation } from './setup'

describe('pacing', () => {
  it.each([
    ['10', 1],
    ['5', 1],
    ['2', 1],
  ])('sends at most %s a second across workers, and drains a burst at that rate', async (requestsPerSecond) => {
    const rate = Number(requestsPerSecond)
    const { clock, api, app, deliver } = simulateMany({ requestsPerSecond, contactEvents: '' })
    const workers = [app.startWorker(), app.startWorker(), app.startWorker()]
    // Their set-up asks Loops too, and is not put off.
    for (const one of [undefined, ...workers]) deliver(event('other', {}), one)
    await clock.run(start + 10_000)
    const burst = Array.from({ length: 40 }, (_, index) =>
      event('purchase', { $set: { email: `p${index}@example.com` } }, { distinct_id: `user_${index}` }),
    )
    burst.forEach((one, index) => {
      deliver(one, workers[index % 3])
    })
    await clock.run()
    const times = api.requests().flatMap(({ at }) => (at > start + 10_000 ? [at] : []))
    const busiest = Math.max(
      ...times.map((time) => times.filter((other) => other >= time && other < time + 1000).length),
    )
    expect(busiest).toBeLessThanOrEqual(rate)
    expect(api.events()).toHaveLength(40)
    expect(Math.max(...times) - start - 10_000).toBeLessThan(((40 * 1.2) / rate) * 1000 + 1000)
    expect(api.requests().filter(({ status }) => status === 429)).toHaveLength(0)
  })
})

describe('ten handlers at once', () => {
  /** The set-up has asked Loops before. */
  const quietStart = start + 10_000

  /** Hands over an event of another person at each of the times: milliseconds after the quiet start. */
  const deliverAt = async (times: readonly number[], version: string, jobRunners = 1): Promise<Simulation> => {
    const simulation = simulateMany(
      { contactEvents: '' },
      { autoRunJobs: 'polling', cacheMilliseconds: () => 2 },
      version,
    )
    const { clock, app } = simulation
    const worker = app.startWorker(jobRunners)
    void worker.prepare()
    await clock.run(quietStart)
    const consumer = new Consumer(worker, { clock })
    times.forEach((time, index) => {
      const one = event('purchase', { $set: { email: `p${index}@example.com` } }, { distinct_id: `user_${index}` })
      clock.after(time, () => void consumer.deliver(one))
    })
    await clock.run()
    return simulation
  }

  const expectPace = ({ api }: Simulation, events: number): void => {
    expect(api.events()).toHaveLength(events)
    const requests = api.requests().filter(({ at }) => at >= quietStart)
    const times = requests.map(({ at }) => at)
    const inSecondFrom = (time: number) => times.filter((other) => other >= time && other < time + 1000).length
    expect(Math.max(...times.map(inSecondFrom))).toBeLessThanOrEqual(12)
    expect(requests.filter(({ status }) => status === 429).length).toBeLessThanOrEqual(events / 100)
  }

  it.each([
    ['1.30', 1],
    ['1.40', 1],
    ['2023-11', 1],
    ['2024-02', 1],
    ['2024-02', 10],
  ])('on %s, with %d job runners: keep the limit in a burst', async (version, jobRunners) => {
    expectPace(
      await deliverAt(
        Array.from({ length: 300 }, (_, number) => number),
        version,
        jobRunners,
      ),
      300,
    )
  })

  it.each([1, 10])(
    'keep the limit while eight new events come in a second, with %d job runners',
    async (jobRunners) => {
      const burst = Array.from({ length: 100 }, (_, number) => number)
      const later = Array.from({ length: 480 }, (_, number) => 1000 + number * 125)
      expectPace(await deliverAt([...burst, ...later], '2024-02', jobRunners), 580)
    },
  )
})
