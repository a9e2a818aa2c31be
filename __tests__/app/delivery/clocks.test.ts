import type { CapturedEvent } from '../../../tools/lib/shapes'
import { HOUR, MINUTE, event, purchase, set, simulate, start } from './setup'

const YEAR = 365 * 24 * HOUR

/** The event of a device whose clock is wrong by so many milliseconds. */
function by(milliseconds: number, one: CapturedEvent): CapturedEvent {
  return { ...one, timestamp: new Date(start + milliseconds).toISOString() }
}

describe('the clocks of devices', () => {
  it.each([
    ['ten minutes fast', 10 * MINUTE],
    ['a day fast', 24 * HOUR],
    ['three years fast', 3 * YEAR],
    ['ten minutes slow', -10 * MINUTE],
    ['twenty years slow', -20 * YEAR],
  ])('a clock that is %s holds nothing back', async (_, wrong) => {
    const { clock, api, deliver, sent } = simulate('2024-02', {
      maxEventAge: '',
      contactProperties: 'plan: {person.properties.plan}, subscribed: {person.properties.subscribed}',
    })
    deliver(by(wrong, set({ plan: 'free', email: 'old@example.com' })))
    await clock.run(start + MINUTE)
    deliver(by(MINUTE, set({ plan: 'pro', subscribed: false, email: 'new@example.com' })))
    await clock.run(start + 2 * MINUTE)
    expect(api.contacts()).toMatchObject([{ plan: 'pro', subscribed: false, email: 'new@example.com' }])
    deliver(by(2 * MINUTE, purchase({ email: 'new@example.com' })))
    await clock.run()
    expect(sent().at(-1)?.[2]).toMatchObject({ eventName: 'purchase', email: 'new@example.com', userId: 'user_1' })
  })

  it('of two updates with one timestamp the second is sent, too', async () => {
    const { clock, api, deliver } = simulate()
    deliver(by(0, set({ plan: 'free' })))
    deliver(by(0, set({ plan: 'pro' })))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
  })

  it('an event that is received later wins, though it happened before', async () => {
    const { clock, api, deliver } = simulate()
    const late = event('purchase', { $set: { email: 'ada@example.com', plan: 'second', seats: 3 } })
    deliver(set({ plan: 'first' }))
    await clock.run(start + MINUTE)
    deliver(late)
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'second', seats: 3 }])
  })
})
