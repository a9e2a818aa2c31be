import { networkTo } from '../../../tools/simulators/app/network'
import { serverVersion } from '../../../tools/simulators/posthog/versions'
import { Consumer } from '../../../tools/simulators/posthog/consumer'
import type { CapturedEvent } from '../../../tools/lib/shapes'
import { MINUTE, event, simulateMany, start } from './setup'
import type { Simulation } from './setup'

const minutes = 4

/** The set-up has asked Loops before. */
const quietStart = start + 10_000

const of = (userId: string, name: string, properties: Record<string, unknown> = {}): CapturedEvent =>
  event(name, { $set: { email: `${userId}@example.com`, ...properties } }, { distinct_id: userId })

/** Job runners look every two seconds, as on real servers. Loops takes so many milliseconds to answer. */
function simulateServer(
  loopsMilliseconds: number,
): Simulation & { handOver: (at: number, one: CapturedEvent) => void } {
  const simulation = simulateMany({}, { autoRunJobs: 'polling', cacheMilliseconds: () => 2, fetch: viaNetwork })
  const { clock, api, worker } = simulation
  const network = networkTo(api, clock, serverVersion('2024-02'), loopsMilliseconds)
  function viaNetwork(...request: Parameters<typeof network>) {
    return network(...request)
  }
  void worker.prepare()
  const consumer = new Consumer(worker, { clock })
  const handOver = (at: number, one: CapturedEvent) => {
    clock.after(quietStart + at - clock.now(), () => void consumer.deliver(one))
  }
  return { ...simulation, handOver }
}

describe('a fresh event does not wait for the events that wait', () => {
  it('of a steady load at less than half the limit none waits a minute after a burst', async () => {
    const { clock, app, api, handOver } = simulateServer(300)
    const steady = 4 * 60 * minutes
    for (let number = 0; number < steady; number++) handOver(number * 250, of(`steady_${number}`, 'purchase'))
    for (let number = 0; number < 60; number++) handOver(MINUTE + number, of(`burst_${number}`, 'purchase'))
    const waiting: number[] = []
    for (let minute = 1; minute <= minutes; minute++) {
      await clock.run(quietStart + minute * MINUTE + 500)
      waiting.push(app.jobs.pending().length)
    }
    await clock.run()
    expect(api.events()).toHaveLength(steady + 60)
    expect(Math.max(...waiting.slice(2))).toBeLessThanOrEqual(3)
  })

  it('a nightly bulk of updates delays no sign-up', async () => {
    const { clock, api, handOver } = simulateServer(150)
    for (let number = 0; number < 1000; number++) handOver(number * 10, of(`bulk_${number}`, '$set', { plan: 'pro' }))
    handOver(20_000, of('ada', 'purchase'))
    await clock.run()
    expect(api.contacts()).toHaveLength(1001)
    const [signUp] = api.events()
    expect(((signUp?.at ?? Infinity) - quietStart - 20_000) / 1000).toBeLessThan(30)
  })
})
