import { start, simulateMany, event } from './given'

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
