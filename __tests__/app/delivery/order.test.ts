import { VirtualClock } from '../../../tools/lib/clock'
import { createCache } from '../../../tools/simulators/posthog/cache'
import { MINUTE, start, simulate, simulateMany, event, set, failed } from './setup'

describe('the event received last wins', () => {
  it('an update that failed is dropped once a later event has written the same', async () => {
    const { clock, api, faults, deliver, sent } = simulate()
    faults.push(failed)
    deliver(set({ plan: 'old' }))
    await clock.run(start + 500)
    deliver(set({ plan: 'new' }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
    expect(sent().map(([, , body]) => (body as { plan: string }).plan)).not.toEqual(['old', 'new', 'old'])
  })

  it('a failed update still writes the newest values', async () => {
    const { clock, api, faults, deliver, sent } = simulate()
    faults.push(failed)
    deliver(set({ plan: 'old', seats: 3 }))
    await clock.run(start + 500)
    deliver(set({ plan: 'new' }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new', seats: 3 }])
    expect(sent().at(-1)?.[2]).toEqual({ plan: 'new', seats: 3, email: 'ada@example.com', userId: 'user_1' })
  })

  it('an update that Loops acts on after its time-out is overwritten by its second try', async () => {
    const { clock, api, faults, deliver, sent } = simulate()
    faults.push({ kind: 'delay', milliseconds: 15_000 })
    deliver(set({ plan: 'old' }))
    await clock.run(start + 1000)
    deliver(set({ plan: 'new' }))
    await clock.run(start + 14_000)
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
    await clock.run(start + 20_000)
    expect(api.contacts()).toMatchObject([{ plan: 'old' }])
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
    expect(sent()).toHaveLength(3)
  })

  it.each<[event: string, properties: object, changes: object]>([
    ['the user ID alone', {}, {}],
    ['the email alone', { $is_identified: false, $set: { email: 'ada@example.com' } }, { distinct_id: 'visitor' }],
    ['both', { $set: { email: 'ada@example.com' } }, {}],
  ])('whichever worker runs its job, if one with %s waits for a slow update', async (_, properties, changes) => {
    const { clock, api, app, faults, deliver } = simulate()
    deliver(set({ plan: 'first' }))
    await clock.run(start + MINUTE)
    // The other worker runs all jobs.
    const worker = app.startWorker(0)
    faults.push({ kind: 'delay', milliseconds: 5000 })
    deliver(set({ plan: 'old', seats: 1 }), worker)
    await clock.run(clock.now() + 10)
    deliver(event('$pageview', { ...properties }, changes), worker)
    await clock.run(clock.now() + 10)
    deliver(set({ plan: 'new' }), worker)
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new', seats: 1 }])
    expect(api.events()).toHaveLength(1)
  })

  it('a mailing list that a later event has left stays left', async () => {
    const { clock, api, faults, deliver } = simulate('2024-02', { contactMailingLists: 'l1: {event.properties.news}' })
    faults.push(failed)
    deliver(event('$set', { news: true, $set: { email: 'ada@example.com', plan: 'p' } }))
    await clock.run(start + 500)
    deliver(event('$set', { news: false, $set: { email: 'ada@example.com' } }))
    await clock.run()
    expect(api.contacts().map(({ plan, mailingLists }) => [plan, mailingLists])).toEqual([['p', {}]])
  })

  it('a request that waits finds what was received since, however much that is', async () => {
    const { clock, api, faults, deliver } = simulateMany()
    faults.push({ kind: 'delay', milliseconds: 15_000 })
    deliver(set({ plan: 'old', seats: 3 }))
    await clock.run(start + 1000)
    deliver(set({ plan: 'new' }))
    for (let count = 0; count < 120; count++) {
      deliver(event('$pageview', { $set: { email: 'ada@example.com' } }))
      await clock.run(clock.now() + 100)
    }
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new', seats: 3 }])
  })

  it('of values that are too large for the log a delayed update leaves the names to the later one', async () => {
    const pushed: string[] = []
    const inner = createCache(new VirtualClock(start))
    const lpush: typeof inner.lpush = (key, texts) => {
      pushed.push(String(texts))
      return inner.lpush(key, texts)
    }
    const all = { includeAllPersonProperties: 'Yes' }
    const { clock, api, faults, deliver } = simulateMany(all, { cache: { ...inner, lpush } })
    const large = Object.fromEntries(Array.from({ length: 200 }, (_, name) => [`name ${name}`, 'x'.repeat(200)]))
    faults.push(failed)
    deliver(set({ 'name 1': 'old', plan: 'pro' }))
    await clock.run(start + 500)
    deliver(set(large))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ ...large, plan: 'pro' }])
    expect(Math.max(...pushed.map((text) => text.length))).toBeLessThan(10_000)
  })

  it('a value that Loops rejected does not count as newer', async () => {
    const { clock, api, app, faults, deliver } = simulate('2024-02', {
      contactProperties: 'plan: {person.properties.plan}',
    })
    deliver(set({ plan: 'text' }))
    await clock.run(start + 1000)
    faults.push(failed)
    deliver(set({ plan: 'older' }))
    await clock.run(start + 1500)
    deliver(set({ plan: 5 }))
    await clock.run()
    expect(app.failures).toHaveLength(1)
    expect(api.contacts()).toMatchObject([{ plan: 'older' }])
  })

  it('a rejected value of a later event does not stop an earlier one', async () => {
    const { clock, api, faults, deliver } = simulate()
    faults.push(failed, failed)
    deliver(event('purchase', { $set: { email: 'ada@example.com', plan: 'pro', seats: 1 } }))
    await clock.run(start + 500)
    deliver(set({ seats: 'many' }))
    await clock.run()
    expect(api.events()).toHaveLength(1)
    expect(api.contacts()).toMatchObject([{ plan: 'pro', seats: 1 }])
  })
})
