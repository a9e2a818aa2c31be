import { VirtualClock } from '../../../tools/lib/clock'
import type { AppConfig, CapturedEvent } from '../../../tools/lib/shapes'
import type { Fault } from '../../../tools/simulators/loops/faults'
import { MINUTE, HOUR, byEmail, start, simulate, simulateMany, event, set, purchase, failed } from './setup'
import type { Simulation, Surroundings } from './setup'

describe('nothing twice', () => {
  it('when a job runs twice', async () => {
    const { clock, api, faults, deliver } = simulate('2024-02', {}, { onJobDue: () => ({ times: 2 }) })
    faults.push(failed)
    deliver(purchase())
    await clock.run()
    expect(api.events()).toHaveLength(1)
  })

  it('when the event comes again, to any worker', async () => {
    const { clock, api, app, deliver } = simulate()
    const bought = purchase()
    deliver(bought)
    deliver(bought)
    deliver(bought, app.startWorker())
    await clock.run()
    expect(api.events()).toHaveLength(1)
    expect(app.failures).toEqual([])
  })

  it('when the worker dies at any moment, and the event comes again', async () => {
    for (let moment = 0, isThrough = false; !isThrough; moment++) {
      let effects = 0
      const { clock, api, app, deliver } = simulateMany(
        {},
        {
          afterEffect: (worker) => {
            if (effects++ === moment) worker.kill()
          },
        },
      )
      const bought = purchase({ plan: 'pro' })
      deliver(bought)
      await clock.run(start + HOUR)
      isThrough = effects <= moment
      deliver(bought, app.startWorker())
      await clock.run()
      expect(api.events()).toHaveLength(1)
      expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
    }
  })
})

describe('no idle chatter', () => {
  const identify = (properties: Record<string, unknown> = { plan: 'pro' }): CapturedEvent =>
    event('$identify', { $set: { email: 'ada@example.com', ...properties } })
  it.each<[string, CapturedEvent[], AppConfig, minutes: number, requests: number]>([
    ['the same within ten minutes', [identify(), identify(), set({ plan: 'pro' })], {}, 4, 1],
    ['the same after ten minutes', [identify(), identify()], {}, 11, 2],
    ['part of the same', [identify({ plan: 'pro', seats: 3 }), identify({ seats: 3 })], {}, 1, 2],
    ['a change', [identify(), identify({ plan: 'free' }), identify()], {}, 1, 3],
    ['something more', [identify(), identify({ plan: 'pro', seats: 3 })], {}, 1, 2],
    [
      'another identity',
      [event('$identify', { $set: { email: 'ada@example.com', plan: 'pro' } }, { distinct_id: 'user_2' }), identify()],
      {},
      1,
      2,
    ],
    [
      'an address that changes and changes back',
      [identify(), identify({ plan: 'pro', email: 'new@example.com' }), identify(), identify()],
      {},
      1,
      3,
    ],
    [
      'a user ID that changes and changes back',
      [identify(), event('$identify', { ...ada(), plan: 'pro' }, { distinct_id: 'user_2' }), identify(), identify()],
      {},
      1,
      3,
    ],
    [
      'an event that moves the user ID to another email and back',
      [identify(), event('$pageview', { $set: { email: 'new@example.com' } }), identify()],
      {},
      1,
      3,
    ],
    [
      'an event that gives the email to another user ID',
      [identify(), event('$pageview', ada(), { distinct_id: 'user_2' }), identify()],
      {},
      1,
      3,
    ],
    ['a write by the user ID alone', [identify(), event('$set', { $set: { plan: 'free' } }), identify()], {}, 1, 3],
    ['a write by the email alone', [identify(), byEmail('free'), identify()], {}, 1, 3],
    ['an event to send', [purchase({ plan: 'pro' }), purchase({ plan: 'pro' })], {}, 1, 2],
    [
      'a mailing list',
      [
        event('$set', { news: true, ...ada() }),
        event('$set', { news: true, ...ada() }),
        event('$set', { news: false, ...ada() }),
      ],
      { contactMailingLists: 'l1: {event.properties.news}' },
      1,
      2,
    ],
  ])('%s', async (_, events, changes, minutes, requests) => {
    const { clock, app, deliver, sent } = simulate('2024-02', changes)
    for (const [index, one] of events.entries()) {
      deliver(
        { ...one, timestamp: new Date(clock.now()).toISOString() },
        index % 2 === 0 ? undefined : app.startWorker(),
      )
      await clock.run(start + (index + 1) * minutes * MINUTE)
    }
    expect(sent()).toHaveLength(requests)
  })

  function ada() {
    return { $set: { email: 'ada@example.com' } }
  }
})

describe('what Loops accepted last', () => {
  const timeout: Fault = { kind: 'delay', milliseconds: 12_000, appliedOn: 'arrival' }
  it.each<[string, string, CapturedEvent, Fault]>([
    ['an event whose answer is lost', '2024-02', purchase({ plan: 'b' }), { kind: 'drop', applied: true }],
    ['an event with a 500', '2024-02', purchase({ plan: 'b' }), { kind: 'status', status: 500, applied: true }],
    ['an event that times out', '2024-02', purchase({ plan: 'b' }), timeout],
    ['an update that times out, without jobs', '2024-11', set({ plan: 'b' }), timeout],
  ])('is not known after %s: the value before it is sent again', async (_, version, unsure, fault) => {
    const simulation = simulate(version)
    await hasAccepted('a', simulation)
    simulation.faults.push(fault)
    simulation.deliver(unsure)
    await simulation.clock.run(start + 3 * MINUTE)
    await endsWith('a', simulation)
  })

  it('is not known while the cache does not take the note', async () => {
    let refuses = false
    const beforeEffect: Surroundings['beforeEffect'] = (_, { kind, name }) => {
      if (refuses && kind === 'cache' && name === 'set') throw new Error('Redis is busy')
    }
    const simulation = simulate('2024-02', {}, { beforeEffect })
    await hasAccepted('a', simulation)
    refuses = true
    simulation.deliver(set({ plan: 'b' }))
    await simulation.clock.run(start + 2 * MINUTE)
    refuses = false
    await endsWith('a', simulation)
  })

  it('is not known to an update that waited in its lane, as the note of the one before may be on its way', async () => {
    const clock = new VirtualClock(start)
    const beforeEffect: Surroundings['beforeEffect'] = (_, { kind, name }) =>
      kind === 'cache' && name === 'set' ? new Promise<void>((ends) => void clock.after(20, ends)) : undefined
    const simulation = simulate('2024-02', {}, { beforeEffect }, clock)
    await hasAccepted('a', simulation)
    simulation.faults.push({ kind: 'delay', milliseconds: 301 })
    simulation.deliver(set({ plan: 'b' }))
    await clock.run(start + MINUTE + 300)
    await endsWith('a', simulation)
  })

  async function hasAccepted(plan: string, { clock, deliver }: Simulation): Promise<void> {
    deliver(set({ plan }))
    await clock.run(start + MINUTE)
  }

  async function endsWith(plan: string, { clock, api, deliver }: Simulation): Promise<void> {
    deliver(set({ plan }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan }])
  }
})
