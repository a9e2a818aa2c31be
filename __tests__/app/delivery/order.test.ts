import type { CapturedEvent } from '../../../sandbox/posthog/shapes'
import { MINUTE, HOUR, start, simulate, simulateMany, serial, event, set, purchase, failed } from './given'
import type { Simulation } from './given'

describe('never older over newer', () => {
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

  it('an update that failed still brings what is newest', async () => {
    const { clock, api, faults, deliver, sent } = simulate()
    faults.push(failed)
    deliver(set({ plan: 'old', seats: 3 }))
    await clock.run(start + 500)
    deliver(set({ plan: 'new' }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new', seats: 3 }])
    expect(sent().at(-1)?.[2]).toEqual({ plan: 'new', seats: 3, email: 'ada@example.com', userId: 'user_1' })
  })

  it('an update that Loops acts on late is made good', async () => {
    const { clock, api, faults, deliver } = simulate()
    faults.push({ kind: 'delay', milliseconds: 15_000 })
    deliver(set({ plan: 'old' }))
    await clock.run(start + 1000)
    deliver(set({ plan: 'new' }))
    await clock.run(start + 10_000)
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
    expect(api.requests().map(({ body }) => (body as { plan?: string } | undefined)?.plan)).toEqual([
      undefined,
      undefined,
      'new',
      'old',
      'new',
    ])
  })

  it('an event is sent with the newest values, also if Loops had it already', async () => {
    const { clock, api, faults, deliver } = simulate()
    faults.push({ kind: 'delay', milliseconds: 15_000 })
    deliver(purchase({ plan: 'old' }))
    await clock.run(start + 1000)
    deliver(set({ plan: 'new' }))
    await clock.run()
    expect(api.events()).toHaveLength(1)
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
  })

  it('an event that arrives late does not bring back older values', async () => {
    const { clock, api, deliver } = simulate()
    const late = purchase({ plan: 'old', seats: 3 })
    deliver(set({ plan: 'new' }))
    await clock.run(start + MINUTE)
    deliver(late)
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new', seats: 3 }])
  })

  it('a mailing list that a later event has left stays left', async () => {
    const { clock, api, faults, deliver } = simulate('2024-02', { contactMailingLists: 'l1: {event.properties.news}' })
    faults.push(failed)
    deliver(event('$set', { news: true, $set: { email: 'ada@example.com', plan: 'p' } }))
    await clock.run(start + 500)
    deliver(event('$set', { news: false, $set: { email: 'ada@example.com' } }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'p', mailingLists: {} }])
  })

  it('an address that a later event has changed stays changed', async () => {
    const { clock, api, faults, deliver } = simulate()
    faults.push(undefined, failed)
    deliver(set({ plan: 'first' }))
    await clock.run(start + 1000)
    deliver(set({ plan: 'old', seats: 3 }))
    await clock.run(start + 1500)
    deliver(event('$set', { $set: { email: 'ada@new.example', plan: 'new' } }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ email: 'ada@new.example', userId: 'user_1', plan: 'new', seats: 3 }])
  })

  it('an address that changes in a burst is the newest in the end, and no event is lost', async () => {
    const { clock, api, app, deliver } = simulate()
    const workers = [app.startWorker(), app.startWorker(), app.startWorker()]
    const burst = Array.from({ length: 20 }, (_, index) =>
      event('purchase', { $set: { email: `ada${index}@example.com`, plan: `plan ${index}` } }),
    )
    burst.forEach((one, index) => {
      deliver(one, workers[index % 3])
    })
    await clock.run()
    expect(api.events()).toHaveLength(20)
    expect(api.contacts().filter(({ userId }) => userId === 'user_1')).toMatchObject([
      { email: 'ada19@example.com', plan: 'plan 19' },
    ])
  })

  it('a property is not taken for newer because every object has one of its name', async () => {
    const { clock, deliver, sent } = simulate('2024-02', { includeAllPersonProperties: 'Yes', contactProperties: '' })
    deliver(set({ plan: 'pro' }))
    await clock.run(start + MINUTE)
    deliver({ ...set({ constructor: 'Lotus' }), timestamp: new Date(start - MINUTE).toISOString() })
    await clock.run()
    const [first, second] = sent().map(([, , body]) => body)
    expect(first).toEqual({ plan: 'pro', email: 'ada@example.com', userId: 'user_1' })
    expect(second).toEqual({ constructor: 'Lotus', email: 'ada@example.com', userId: 'user_1' })
  })

  describe('however much has been written to a contact since', () => {
    const view = (): CapturedEvent => event('$pageview', { $set: { email: 'ada@example.com' } })
    const late = (one: CapturedEvent): CapturedEvent => ({ ...one, timestamp: new Date(start - MINUTE).toISOString() })

    async function many({ clock, deliver }: Simulation, made: () => CapturedEvent): Promise<void> {
      for (let count = 0; count < 120; count++) {
        deliver(made())
        await clock.run(clock.now() + 1000)
      }
    }

    it('a property stays', async () => {
      const simulation = simulateMany()
      const { clock, api, deliver, sent } = simulation
      deliver({ ...set({ plan: 'free' }), timestamp: new Date(start - HOUR).toISOString() })
      await clock.run(start + 1000)
      deliver(set({ plan: 'pro' }))
      await many(simulation, view)
      deliver(late(set({ plan: 'team' })))
      await clock.run()
      expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
      expect(sent()).toHaveLength(122)
    })

    it('an address stays', async () => {
      const simulation = simulateMany()
      const { clock, api, deliver } = simulation
      deliver(set({ email: 'new@example.com' }))
      let seats = 0
      await many(simulation, () => event('purchase', { $set: { seats: (seats += 1) } }))
      deliver(late(set({ plan: 'pro' })))
      await clock.run()
      expect(api.contacts()).toMatchObject([{ email: 'new@example.com', plan: 'pro', seats: 120 }])
    })

    it('what stands behind one that Loops refuses in the end stays', async () => {
      const simulation = simulateMany()
      const { clock, api, app, deliver } = simulation
      deliver(set({ plan: 'pro' }))
      await clock.run(start + MINUTE)
      // Loops refuses a number for a text.
      api.setFault(({ body }) => (body.includes('"plan":5') ? failed : undefined))
      deliver(set({ plan: 5 }))
      await many(simulation, view)
      api.setFault(() => undefined)
      await clock.run(clock.now() + HOUR)
      expect(app.failures).toHaveLength(1)
      deliver(late(set({ plan: 'free' })))
      await clock.run()
      expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
    })

    it('what is read stays short', async () => {
      const { clock, app, deliver } = simulateMany({ includeAllPersonProperties: 'Yes' })
      for (let count = 0; count < 60; count++) {
        const own = Object.fromEntries(
          Array.from({ length: 100 }, (_, name) => [`name ${count} ${name}`, 'x'.repeat(200)]),
        )
        deliver(set(own))
        await clock.run(clock.now() + 1000)
      }
      const lines = await app.cache.lrange(`userId-user_1-${Math.floor(start / (25 * HOUR))}`, 0, 1000)
      expect(lines.length).toBeGreaterThan(120)
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(105_000)
      expect(lines.findIndex((line) => line.startsWith('{"summary"'))).toBeLessThan(10)
    })

    it('what is too large to be read each time does not bring back what it overwrites', async () => {
      const { clock, api, deliver, sent } = simulateMany({ includeAllPersonProperties: 'Yes' })
      const large = Object.fromEntries(Array.from({ length: 200 }, (_, name) => [`name ${name}`, 'x'.repeat(200)]))
      deliver(set({ plan: 'free' }))
      await clock.run(start + MINUTE)
      deliver(set({ plan: 'pro', ...large }))
      await clock.run()
      expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
      expect(sent()).toHaveLength(2)
    })

    it('a property stays that one of a burst of large updates has set', async () => {
      const { clock, api, app, deliver } = simulateMany({ includeAllPersonProperties: 'Yes' })
      const large = (): Record<string, string> =>
        Object.fromEntries(Array.from({ length: 60 }, (_, name) => [`name ${name}`, `${serial}`.padEnd(400, 'x')]))
      for (let count = 0; count < 5; count++) {
        deliver(set(large()))
        await clock.run(clock.now() + 1000)
      }
      deliver(set({ plan: 'pro', ...large() }), app.startWorker())
      for (let count = 0; count < 7; count++) deliver(set(large()), app.startWorker())
      await clock.run(clock.now() + MINUTE)
      deliver(late(set({ plan: 'free' })))
      await clock.run()
      expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
    })

    it('what is too large to be read each time is sent all the same', async () => {
      const { clock, app, api, deliver } = simulateMany({ includeAllPersonProperties: 'Yes' })
      const large = Object.fromEntries(Array.from({ length: 200 }, (_, name) => [`name ${name}`, 'x'.repeat(200)]))
      deliver(set(large))
      await clock.run()
      expect(api.contacts()).toMatchObject([large])
      const lines = await app.cache.lrange(`userId-user_1-${Math.floor(start / (25 * HOUR))}`, 0, 1000)
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(30_000)
    })
  })

  it('what Loops refused is not taken for newer', async () => {
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
})
