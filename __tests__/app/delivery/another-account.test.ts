import { networkTo } from '../../../tools/simulators/app/network'
import { loopsAccounts } from '../../../tools/simulators/loops/server'
import { LoopsApi } from '../../../tools/simulators/loops/loops-api'
import { serverVersion } from '../../../tools/simulators/posthog/versions'
import { VirtualClock } from '../../../tools/lib/clock'
import type { CapturedEvent } from '../../../tools/lib/shapes'
import { apiKey } from '../setup'
import { MINUTE, event, purchase, simulate, start } from './setup'

const realKey = 'another0key1of2the3form4that5is6'
const identify = (): CapturedEvent => event('$identify', { $set: { email: 'ada@example.com', plan: 'pro' } })
const byUserId = (): CapturedEvent => event('purchase', {})

/** The app has sent to a test account first, and is then given the key of the real one. */
async function afterTheChange() {
  const clock = new VirtualClock(start)
  const test = new LoopsApi({ apiKey, clock })
  const real = new LoopsApi({ apiKey: realKey, clock })
  const fetch = networkTo(loopsAccounts(test, real), clock, serverVersion('2024-02'))
  const simulation = simulate('2024-02', {}, { fetch }, clock)
  simulation.deliver(identify())
  await clock.run(start + MINUTE)
  expect(test.contacts()).toHaveLength(1)
  simulation.configure({ apiKey: realKey })
  return { ...simulation, clock, test, real }
}

describe('another account of Loops', () => {
  it('gets the update that the first account was sent a minute before, and then the event', async () => {
    const { clock, real, deliver } = await afterTheChange()
    deliver(identify())
    await clock.run(start + 2 * MINUTE)
    deliver(byUserId())
    await clock.run()
    expect(real.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1', plan: 'pro' }])
    expect(real.events()).toHaveLength(1)
  })

  it('does not remember the first one: a user ID that was unknown there is sent here', async () => {
    const { clock, test, real, deliver, configure } = await afterTheChange()
    configure({ apiKey })
    const stranger = () => event('purchase', {}, { distinct_id: 'stranger' })
    deliver(stranger())
    await clock.run(start + 2 * MINUTE)
    real.handle({
      method: 'POST',
      path: '/v1/contacts/create',
      headers: { authorization: `Bearer ${realKey}` },
      body: '{"email":"stranger@example.com","userId":"stranger"}',
    })
    configure({ apiKey: realKey })
    deliver(stranger())
    await clock.run()
    expect(test.events()).toEqual([])
    expect(real.events()).toHaveLength(1)
  })
})

describe('a contact that is deleted in Loops', () => {
  it.each([
    ['after an event that Loops refuses, signs up again', 2],
    ['signs up again after a quarter of an hour', 15],
  ])('%s', async (_, minutes) => {
    const { clock, api, deliver } = simulate()
    deliver(identify())
    await clock.run(start + MINUTE)
    api.deleteContact('ada@example.com')
    if (minutes === 2) deliver(event('$pageview', {}))
    await clock.run(start + minutes * MINUTE)
    deliver(identify())
    await clock.run(start + (minutes + 1) * MINUTE)
    deliver(event('purchase', {}))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1', plan: 'pro' }])
    expect(api.events().filter(({ eventName }) => eventName === 'purchase')).toHaveLength(1)
  })

  it('is created again by an event with the user ID alone, because the log knows the email', async () => {
    const { clock, api, deliver } = simulate()
    deliver(purchase({ plan: 'pro' }))
    await clock.run(start + MINUTE)
    api.deleteContact('ada@example.com')
    deliver(event('purchase', {}))
    await clock.run()
    expect(api.events()).toHaveLength(2)
    expect(api.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1' }])
  })
})
