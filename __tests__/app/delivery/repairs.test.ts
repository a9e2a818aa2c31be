import { VirtualClock } from '../../../tools/lib/clock'
import { createCache } from '../../../tools/simulators/posthog/cache'
import { HOUR, MINUTE, event, failed, purchase, set, simulate, simulateMany, start } from './setup'
import type { Simulation } from './setup'

const PERIOD = 25 * HOUR

/** The contact is in Loops, and a minute has passed. */
async function withContact(options: Parameters<typeof simulate>[2] = {}): Promise<Simulation> {
  const simulation = simulate('2024-02', {}, options)
  simulation.deliver(set({ plan: 'first', seats: 0 }))
  await simulation.clock.run(start + MINUTE)
  return simulation
}

describe('a repair', () => {
  it.each([
    ['a', undefined],
    ['b', 'b'],
  ])(
    'is made although a later event is answered 409, which changes nothing: the plan ends as %s',
    async (plan, later) => {
      const { clock, api, faults, deliver } = await withContact()
      faults.push({ kind: 'delay', milliseconds: 1000 }, { kind: 'drop', applied: true })
      deliver(set({ plan: 'x', seats: 1 }))
      await clock.run(start + MINUTE + 100)
      deliver(purchase({ plan: 'a', seats: 2 }))
      await clock.run(start + MINUTE + 1150)
      if (later !== undefined) deliver(set({ plan: later }))
      await clock.run()
      expect(api.contacts()).toMatchObject([{ plan, seats: 2 }])
    },
  )

  it.each(['kills the worker', 'refuses the job'])(
    'is made although the one of a later event is lost, as PostHog %s',
    async (what) => {
      let isBroken = false
      const { clock, api, app, faults, deliver } = await withContact({
        beforeEffect: (worker, { kind }) => {
          if (!isBroken || kind !== 'jobs') return
          if (what === 'refuses the job') throw new Error('PostgreSQL is down')
          worker.kill()
        },
      })
      faults.push({ kind: 'delay', milliseconds: 1000 }, failed, { kind: 'delay', milliseconds: 500 })
      deliver(set({ plan: 'x', seats: 1 }))
      await clock.run(start + MINUTE + 100)
      deliver(set({ plan: 'a', seats: 2 }))
      await clock.run(start + MINUTE + 1220)
      isBroken = true
      deliver(set({ plan: 'b' }))
      await clock.run(start + MINUTE + 1900)
      isBroken = false
      app.startWorker()
      await clock.run()
      expect(api.contacts()).toMatchObject([{ plan: 'b', seats: 2 }])
    },
  )

  it('is not asked for by a cache that refuses what is written, and answers what is read', async () => {
    let [isFull, jobs] = [false, 0]
    const { clock, api, deliver } = await withContact({
      beforeEffect: (_, { kind, name }) => {
        if (kind === 'jobs') jobs += 1
        if (isFull && ['lpush', 'incr', 'set'].includes(name)) throw new Error('OOM command not allowed')
      },
    })
    isFull = true
    for (let count = 1; count <= 20; count++) {
      deliver(set({ plan: `plan-${count}` }))
      await clock.run(start + MINUTE + count * 10_000)
    }
    await clock.run(start + HOUR)
    expect(jobs).toBe(0)
    expect(api.contacts()).toMatchObject([{ plan: 'plan-20' }])
  })

  it('is made of a request that is on its way when a period of the log ends', async () => {
    const { clock, api, faults, deliver } = await withContact()
    // The new log gets as many lines as the old one had.
    const end = (Math.floor(start / PERIOD) + 2) * PERIOD
    const update = (plan: string) => event('$set', { $set: { plan } })
    await clock.run(end - 500)
    faults.push({ kind: 'delay', milliseconds: 1000 })
    deliver(update('old'))
    await clock.run(end + 520)
    deliver(update('new'))
    await clock.run()
    const plans = api.requests().flatMap(({ body }) => (body as { plan?: string } | undefined)?.plan ?? [])
    expect(plans.slice(-3)).toEqual(['old', 'new', 'new'])
  })
})

it('an update that says the same again reads at most thirty lines of each log', async () => {
  const inner = createCache(new VirtualClock(start))
  let [reads, lines] = [0, 0]
  const lrange: typeof inner.lrange = async (key, from, to) => {
    const answer = await inner.lrange(key, from, to)
    reads += 1
    lines += answer.length
    return answer
  }
  const { clock, deliver, sent } = simulateMany({}, { cache: { ...inner, lrange } })
  for (let count = 1; count <= 300; count++) {
    deliver(set({ plan: 'pro' }))
    await clock.run(start + count * 10_000)
  }
  expect(sent()).toHaveLength(1)
  expect([reads, lines <= 300 * 2 * 30]).toEqual([600, true])
})
