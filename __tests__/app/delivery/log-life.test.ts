import { HOUR, failed, set, simulate, start } from './setup'

/** Each period of so long has a log of its own. */
const PERIOD = 25 * HOUR

describe('the logs of a contact end', () => {
  it.each([
    ['a write that Loops takes in the same period', 2 * HOUR, false],
    ['a write that Loops takes in the next period', -500, true],
  ])('%s', async (_, offset, fails) => {
    const { clock, api, app, faults, deliver } = simulate()
    const period = Math.floor(start / PERIOD) + 1
    await clock.run(period * PERIOD + offset)
    if (fails) faults.push(failed)
    deliver(set({ plan: 'free' }))
    await clock.run(period * PERIOD + 3 * HOUR)
    deliver(set({ plan: 'pro' }))
    await clock.run(period * PERIOD + 4 * PERIOD)
    expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
    const keys = [`user-user_1-${period}`, `email-ada@example.com-${period}`]
    expect(await Promise.all(keys.map((key) => app.cache.lrange(key, 0, 1000)))).toEqual([[], []])
  })
})
