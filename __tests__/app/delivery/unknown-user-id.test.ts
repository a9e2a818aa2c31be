import type { CapturedEvent } from '../../../tools/lib/shapes'
import { apiKey } from '../setup'
import { MINUTE, start, simulate, event, set, failed, workerWithClock } from './setup'
import type { Simulation } from './setup'

describe('a user ID that Loops does not know', () => {
  const view = (): CapturedEvent => event('$pageview', {})
  it('is tried twice, and again after ten minutes', async () => {
    const { clock, app, deliver, sent } = simulate()
    for (const minute of [0, 1, 9, 11]) {
      await clock.run(start + minute * MINUTE)
      deliver(view())
    }
    await clock.run()
    expect(sent().map(([seconds, request]) => [Math.floor(seconds / 60), request])).toEqual([
      [0, 'POST /v1/events/send'],
      [0, 'POST /v1/events/send'],
      [11, 'POST /v1/events/send'],
      [11, 'POST /v1/events/send'],
    ])
    expect(app.logs.map(({ level, message }) => [level, message]).slice(1, 3)).toEqual([
      ['ERROR', 'Error: Loops answered 400 to /v1/events/send: Contact not found.'],
      [
        'LOG',
        'An event is skipped: Loops has just answered that it knows no contact with its user ID. ' +
          'Later events that are skipped for this reason are not logged.',
      ],
    ])
  })

  it('is sent again after an event has brought an email', async () => {
    const { clock, api, deliver } = simulate()
    deliver(view())
    await clock.run(start + MINUTE)
    deliver(set({}))
    await clock.run(start + 2 * MINUTE)
    deliver(view())
    await clock.run()
    expect(api.events()).toHaveLength(1)
  })

  it.each([0, 500, 5000])('is asked again also if the clock that found it unknown is %d ms ahead', async (ahead) => {
    const simulation = simulate()
    const { clock, api, deliver } = simulation
    const other = workerWithClock(ahead, simulation)
    deliver(view(), other)
    await clock.run(start + 700)
    deliver(set({}))
    await clock.run(start + MINUTE)
    deliver(view())
    deliver(view(), other)
    await clock.run()
    expect(api.events()).toHaveLength(3)
  })

  it('waits for the event that brings the email, if that event is on its way', async () => {
    const { clock, api, app, faults, deliver } = simulate()
    faults.push(failed)
    deliver(set({}))
    await clock.run(start + 100)
    deliver(view())
    await clock.run()
    expect(api.events()).toHaveLength(1)
    expect(app.failures).toEqual([])
  })

  it.each(['user_1', 'user_2'])('does not overwrite what came since with the user ID %s', async (id) => {
    const { clock, api, deliver } = simulate()
    deliver(event('$set', { $set: { plan: 'old', seats: 1 } }))
    await clock.run(start + 1000)
    deliver(set({}))
    await clock.run(start + 2000)
    deliver(event('$set', { $set: { email: 'ada@example.com', plan: 'new' } }, { distinct_id: id }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ email: 'ada@example.com', userId: id, plan: 'new', seats: 1 }])
  })

  it('is tried again under another key, as Loops may keep that of a rejected request', async () => {
    const strictness = { idempotencyKeyConsumedByFailedRequest: true }
    const { clock, api, deliver } = simulate('2024-02', {}, { strictness })
    deliver(view())
    await clock.run(start + 2000)
    addContact(api)
    await clock.run()
    expect(api.events()).toHaveLength(1)
  })

  it('is not blamed for another mistake', async () => {
    const { clock, api, deliver, sent } = simulate('2024-02', { contactMailingLists: 'unknown: true' })
    addContact(api)
    deliver(event('$set', {}))
    await clock.run(start + MINUTE)
    deliver(view())
    await clock.run()
    expect(sent().filter(([, request]) => request === 'POST /v1/events/send')).toHaveLength(1)
    expect(api.events()).toHaveLength(1)
  })

  /** Somebody adds Ada to Loops, where the app does not see it. */
  function addContact(api: Simulation['api']): void {
    api.handle({
      method: 'POST',
      path: '/v1/contacts/create',
      headers: { authorization: `Bearer ${apiKey}` },
      body: '{"email":"ada@example.com","userId":"user_1"}',
    })
  }
})

describe('an email that an event has in $set_once only', () => {
  const view = (properties = {}): CapturedEvent =>
    event('$pageview', { $set_once: { email: 'old@example.com' }, ...properties })
  const bodies = ({ sent }: Simulation) => sent().map(([, , body]) => body)
  const own = { eventName: '$pageview', eventProperties: {}, userId: 'user_1' }

  it.each(['2024-02', '2024-11'])('on %s: is sent only after Loops did not know the user ID', async (version) => {
    const simulation = simulate(version)
    simulation.deliver(view())
    await simulation.clock.run()
    expect(bodies(simulation)).toEqual([own, { ...own, email: 'old@example.com' }])
    expect(simulation.api.contacts()).toMatchObject([{ email: 'old@example.com', userId: 'user_1' }])
    expect(simulation.app.failures).toEqual([])
  })

  it('does not move a contact that Loops knows back to it', async () => {
    const simulation = simulate()
    simulation.deliver(set({}))
    await simulation.clock.run(start + MINUTE)
    simulation.deliver(view())
    await simulation.clock.run()
    expect(bodies(simulation).at(-1)).toEqual(own)
    expect(simulation.api.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1' }])
  })

  it('is sent although Loops has just answered that it does not know the user ID', async () => {
    const simulation = simulate()
    simulation.deliver(event('$pageview', {}))
    await simulation.clock.run(start + MINUTE)
    simulation.deliver(view())
    await simulation.clock.run()
    expect(simulation.api.events()).toHaveLength(1)
  })

  it('gives way to an earlier email, also if that belongs to another contact', async () => {
    const { clock, api, deliver } = simulate()
    const call = (path: string, body: object): void => {
      const headers = { authorization: `Bearer ${apiKey}` }
      api.handle({ method: 'POST', path: `/v1/contacts/${path}`, headers, body: JSON.stringify(body) })
    }
    deliver(set({}))
    await clock.run(start + 45 * MINUTE)
    call('delete', { userId: 'user_1' })
    deliver(view())
    await clock.run(start + 45 * MINUTE + 3000)
    call('create', { email: 'ada@example.com' })
    call('create', { email: 'other@example.com', userId: 'user_1' })
    await clock.run()
    expect(api.events()).toMatchObject([{ email: 'ada@example.com' }])
  })

  it('gives way to an email that came since', async () => {
    const simulation = simulate()
    simulation.faults.push(undefined, failed)
    simulation.deliver(view())
    await simulation.clock.run(start + 1000)
    simulation.deliver(set({}))
    await simulation.clock.run()
    expect(simulation.api.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1' }])
  })

  it('is not sent where the settings exclude it', async () => {
    const simulation = simulate('2024-02', { excludedEmails: 'example.com' })
    simulation.deliver(view())
    await simulation.clock.run()
    expect(simulation.sent()).toEqual([])
  })
})

it('names the remedy where the distinct_id is an email', async () => {
  const { clock, app, deliver } = simulate()
  deliver(event('$pageview', {}, { distinct_id: 'ada@example.com' }))
  await clock.run()
  expect(app.jobErrors.map(({ message }) => message)).toEqual([
    'Loops answered 400 to /v1/events/send: Contact not found. The user ID is an email: write ' +
      '{person.properties.email}, {event.distinct_id} in "Email of the user".',
  ])
})
