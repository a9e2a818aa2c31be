import type { CapturedEvent } from '../../../tools/lib/shapes'
import { apiKey } from '../setup'
import { MINUTE, start, simulate, event, set, failed, workerWithClock } from './setup'

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

  it('is asked again once an event has brought an address', async () => {
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

  it('waits for the event that brings the address, if that one is on its way', async () => {
    const { clock, api, app, faults, deliver } = simulate()
    faults.push(failed)
    deliver(set({}))
    await clock.run(start + 100)
    deliver(view())
    await clock.run()
    expect(api.events()).toHaveLength(1)
    expect(app.failures).toEqual([])
  })

  it('is not blamed for another mistake', async () => {
    const { clock, api, deliver, sent } = simulate('2024-02', { contactMailingLists: 'unknown: true' })
    api.handle({
      method: 'POST',
      path: '/v1/contacts/create',
      headers: { authorization: `Bearer ${apiKey}` },
      body: '{"email":"ada@example.com","userId":"user_1"}',
    })
    deliver(event('$set', {}))
    await clock.run(start + MINUTE)
    deliver(view())
    await clock.run()
    expect(sent().filter(([, request]) => request === 'POST /v1/events/send')).toHaveLength(1)
    expect(api.events()).toHaveLength(1)
  })
})
