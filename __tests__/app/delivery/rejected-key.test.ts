import { isSetUpRequest } from '../setup'
import { MINUTE, event, simulateMany, start } from './setup'

describe('a key that Loops rejects for ten minutes', () => {
  it.each([
    [401, 1],
    [403, 1],
    [408, 0],
  ] as const)('with %d loses no sign-up and sends none twice', async (status, warnings) => {
    const { clock, api, app, deliver } = simulateMany({ contactEvents: '$identify' })
    api.setFault((request) =>
      isSetUpRequest(request) || clock.now() > start + 10 * MINUTE ? undefined : { kind: 'status', status },
    )
    for (let number = 0; number < 20; number++) {
      deliver(event('purchase', { $set: { email: `p${number}@example.com` } }, { distinct_id: `user_${number}` }))
      await clock.run(clock.now() + 20_000)
    }
    await clock.run()
    expect(new Set(api.events().map(({ email }) => email)).size).toBe(20)
    expect(api.events()).toHaveLength(20)
    // The key of the setting is what somebody can put right.
    const told = app.logs.filter(({ level, message }) => level === 'WARN' && /key/i.test(message))
    expect(told).toHaveLength(warnings)
    expect(app.failures).toEqual([])
  })

  it('still ends after a day', async () => {
    const { clock, api, app, deliver } = simulateMany({ contactEvents: '$identify' })
    api.setFault((request) => (isSetUpRequest(request) ? undefined : { kind: 'status', status: 401 }))
    deliver(event('purchase', { $set: { email: 'ada@example.com' } }))
    await clock.run(start + 60 * MINUTE)
    expect(app.jobs.pending()).toHaveLength(1)
    await clock.run()
    expect(app.jobs.pending()).toEqual([])
    expect(app.logs.filter(({ level }) => level === 'ERROR')).toHaveLength(1)
  })
})
