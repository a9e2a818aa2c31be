import { VirtualClock } from '../../../tools/lib/clock'
import type { CapturedEvent } from '../../../tools/lib/shapes'
import { HOUR, MINUTE, event, failed, purchase, set, simulate, simulateMany, start } from './setup'
import type { Surroundings } from './setup'

const ofSomebody = (number: number): CapturedEvent =>
  event(
    number % 3 === 0 ? 'purchase' : '$set',
    { $set: { email: `p${number % 100}@example.com`, plan: `plan ${number}` } },
    { distinct_id: `user_${number % 100}` },
  )

describe('what the app keeps in the Redis of PostHog', () => {
  it('ends two hours after the last event', async () => {
    const { clock, app, faults, deliver } = simulateMany()
    for (let number = 0; number < 600; number++) {
      if (number % 10 === 0) faults.push(failed)
      deliver(ofSomebody(number))
      await clock.run(clock.now() + 1000)
    }
    expect(app.cache.usage().keysWithoutLife).toEqual([])
    expect(app.cache.usage().bytes / 600).toBeLessThan(1100)
    await clock.run(clock.now() + 2 * HOUR)
    expect(app.cache.usage()).toMatchObject({ keys: 0, bytes: 0 })
  })

  it.each<[string, () => CapturedEvent]>([
    ['one update', () => set({ plan: 'pro' })],
    ['one event', () => purchase({ plan: 'pro' })],
    ['a user ID alone', () => event('$set', { $set: { plan: 'pro' } })],
    ['a user ID that Loops does not know', () => event('$pageview', {}, { distinct_id: 'stranger' })],
  ])('has a life where %s is repeated thirty times', async (_, one) => {
    const { clock, app, deliver } = simulateMany()
    for (let time = 0; time < 30; time++) {
      deliver(one())
      await clock.run(clock.now() + 1000)
    }
    await clock.run(start + 10 * MINUTE)
    expect(app.cache.usage().keysWithoutLife).toEqual([])
  })

  it('has a life where `expire` overtakes the `incr` of set-up', async () => {
    // A later one would bring the life of its key.
    const oneRequest = { contactProperties: '', contactEvents: '' }
    const clock = new VirtualClock(start)
    const beforeEffect: Surroundings['beforeEffect'] = (_, { kind, name }) =>
      kind === 'cache' && name === 'incr' ? new Promise<void>((ends) => void clock.after(5, ends)) : undefined
    const { app, worker } = simulate('2024-02', oneRequest, { beforeEffect }, clock)
    void worker.prepare()
    await clock.run(start + MINUTE)
    expect(app.cache.usage().keysWithoutLife).toEqual([])
  })

  it('has a life where a handler is killed between any two commands', async () => {
    for (let moment = 0, isThrough = false; !isThrough; moment++) {
      let effects = 0
      const { clock, app, deliver } = simulateMany(
        {},
        {
          cacheMilliseconds: () => 2,
          afterEffect: (worker, { kind }) => {
            if (kind === 'cache' && effects++ === moment) worker.kill()
          },
        },
      )
      deliver(purchase({ plan: 'pro' }))
      await clock.run(start + MINUTE)
      isThrough = effects <= moment
      // The event comes again, and others follow.
      const worker = app.startWorker()
      for (let time = 0; time < 5; time++) {
        deliver(purchase({ plan: `plan ${time}` }), worker)
        await clock.run(clock.now() + MINUTE)
      }
      expect({ moment, forEver: app.cache.usage().keysWithoutLife }).toEqual({ moment, forEver: [] })
    }
  })

  it('is read in small parts by a busy contact', async () => {
    const { clock, app, deliver } = simulateMany({}, { autoRunJobs: 'polling' })
    for (let number = 0; number < 300; number++) {
      deliver(set({ plan: `plan ${number}` }))
      await clock.run(clock.now() + 20)
    }
    await clock.run()
    expect(app.cache.usage().bytesRead / 300).toBeLessThan(25_000)
  })
})
