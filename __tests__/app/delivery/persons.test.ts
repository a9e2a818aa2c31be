import { posthogUrl } from '../person/setup'
import { PersonsApi } from '../../../tools/simulators/posthog/persons-api'
import { VirtualClock } from '../../../tools/lib/clock'
import type { CapturedEvent } from '../../../tools/lib/shapes'
import { MINUTE, event, failed, simulate, simulateMany, start } from './setup'

const view = (userId: string): CapturedEvent => event('$pageview', {}, { distinct_id: userId })
const config = { posthogUrl, contactEvents: '$identify' }
const personOf = (userId: string) => ({
  uuid: '018e0000-0000-7000-8000-00000000ada1',
  distinct_ids: [userId],
  properties: { email: `${userId}@example.com` },
})

describe('a PostHog API that hangs', () => {
  it('delays no sign-up that needs no look-up', async () => {
    const clock = new VirtualClock(start)
    const persons = new PersonsApi(clock, [])
    const options = { posthogApi: persons.answer, autoRunJobs: 'polling' } as const
    const { api, faults, deliver, worker } = simulateMany(config, options, '2024-02', clock)
    void worker.prepare()
    await clock.run(start + MINUTE)
    persons.fault = 'hangs'
    for (let number = 0; number < 60; number++) {
      deliver(view(`user_${number}`))
      await clock.run(clock.now() + 1000)
    }
    faults.push(failed)
    const signedUpAt = clock.now()
    deliver(event('purchase', { $set: { email: 'ada@example.com' } }, { distinct_id: 'ada' }))
    await clock.run(signedUpAt + 60 * MINUTE)
    const [signUp] = api.events().filter(({ eventName }) => eventName === 'purchase')
    expect(((signUp?.at ?? Infinity) - signedUpAt) / MINUTE).toBeLessThan(2)
  })

  it.each(['hangs', 'down', 401] as const)(
    '(%s) is found at set-up, which does not wait and names the setting',
    async (fault) => {
      const clock = new VirtualClock(start)
      const persons = new PersonsApi(clock, [])
      persons.fault = fault
      const { app, deliver } = simulate('2024-02', config, { posthogApi: persons.answer }, clock)
      deliver(event('other', {}))
      await clock.run(start + 5000)
      expect(app.logs.map(({ message }) => message)).toContainEqual(expect.stringContaining('Company name'))
      await clock.run(start + 2 * MINUTE)
      const warnings = app.logs.filter(({ level, message }) => level === 'WARN' && message.includes('PostHog address'))
      expect(warnings).toHaveLength(1)
      expect(app.enabled).toBe(true)
    },
  )
})

describe('a look-up that comes too early', () => {
  it.each([2, 5])(
    'the first three events of a new user arrive, though PostHog knows the person after %d s',
    async (late) => {
      const clock = new VirtualClock(start)
      const persons = new PersonsApi(clock, [])
      const { api, deliver, worker } = simulate('2024-02', config, { posthogApi: persons.answer }, clock)
      void worker.prepare()
      await clock.run(start + MINUTE)
      persons.learn(personOf('ada'), late * 1000)
      for (let number = 0; number < 3; number++) {
        deliver(view('ada'))
        await clock.run(clock.now() + 1000)
      }
      await clock.run(start + 3 * MINUTE)
      expect(api.events().map(({ email }) => email)).toEqual(Array(3).fill('ada@example.com'))
    },
  )

  it('asks twice for a person that PostHog never knows, and again for the second request, because Loops does not know the user ID', async () => {
    const clock = new VirtualClock(start)
    const persons = new PersonsApi(clock, [])
    const { deliver } = simulate('2024-02', config, { posthogApi: persons.answer }, clock)
    deliver(view('stranger'))
    await clock.run()
    const ofStranger = persons.requests.filter(({ url }) => url.includes('distinct_id=stranger'))
    expect(ofStranger).toHaveLength(3)
  })
})

describe('an event that waits for its person', () => {
  it('is in the log of its contact, for an earlier one that is tried again', async () => {
    const clock = new VirtualClock(start)
    const persons = new PersonsApi(clock, [personOf('user_1')])
    const contactProperties = 'plan: {event.properties.plan}, company: {person.properties.company}'
    const options = { posthogApi: persons.answer }
    const simulation = simulate('2024-02', { posthogUrl, contactProperties }, options, clock)
    const { api, app, faults, deliver, worker } = simulation
    const setPlan = (plan: string) => event('$set', { plan, $set: { email: 'user_1@example.com' } })
    void worker.prepare()
    await clock.run(start + MINUTE)
    faults.push(...Array.from({ length: 12 }, () => failed))
    deliver(setPlan('old'))
    while (faults.length > 0) await clock.run(clock.now() + 5000)
    expect(app.jobs.pending()).toHaveLength(1)
    persons.fault = 500
    deliver(setPlan('new'))
    await clock.run(clock.now() + 1000)
    persons.fault = undefined
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
  })
})
