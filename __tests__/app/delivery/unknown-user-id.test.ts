import type { CapturedEvent } from '../../../tools/lib/shapes'
import { apiKey, isSetUpRequest } from '../setup'
import { MINUTE, start, simulate, event, set, failed, workerWithClock } from './setup'

describe('a user ID that Loops does not know', () => {
  const view = (): CapturedEvent => event('$pageview', {})
  it('is refused once, and asked again after ten minutes', async () => {
    const { clock, app, deliver, sent } = simulate()
    for (const minute of [0, 1, 9, 11]) {
      await clock.run(start + minute * MINUTE)
      deliver(view())
    }
    await clock.run()
    expect(sent().map(([seconds, request]) => [Math.floor(seconds / 60), request])).toEqual([
      [0, 'POST /v1/events/send'],
      [0, 'GET /v1/contacts/find?userId=user_1'],
      [11, 'POST /v1/events/send'],
      [11, 'GET /v1/contacts/find?userId=user_1'],
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

  it('may hold half a surrogate pair', async () => {
    const { clock, app, deliver } = simulate()
    deliver(event('$pageview', {}, { distinct_id: 'x\ud800' }))
    await clock.run()
    expect(app.failures.map(({ failure }) => `${failure.name}: ${failure.message}`)).toEqual([
      'Error: Loops answered 400 to /v1/events/send: Contact not found.',
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
    expect(api.events()).toHaveLength(2)
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

  it('waits for that event also if the contact comes while Loops is asked', async () => {
    const { clock, api, app, deliver, sent } = simulate()
    void app.startWorker(10).prepare()
    await clock.run(start + 50)
    let looks = 0
    api.setFault((request) => {
      if (request.method === 'PUT' && clock.now() < start + 2500) return failed
      const isLook = request.method === 'GET' && !isSetUpRequest(request)
      return isLook && looks++ > 0 ? { kind: 'delay', milliseconds: 5000 } : undefined
    })
    deliver(set({}))
    await clock.run(start + 100)
    deliver(view())
    await clock.run()
    expect(sent().filter(([, request]) => request.startsWith('GET'))).toHaveLength(2)
    expect(app.logs.filter(({ level }) => level === 'ERROR')).toEqual([])
    expect(api.events()).toHaveLength(1)
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
