import type { AppConfig } from '../../../tools/lib/shapes'
import { apiKey } from '../setup'
import { MINUTE, byEmail, event, failed, purchase, set, simulate, start, workerWithClock } from './setup'
import type { Simulation, Surroundings } from './setup'

/** Loops has two contacts: one with the email, one with the user ID. */
function simulateTwoContacts(
  version = '2024-02',
  surroundings: Surroundings = {},
  changes: AppConfig = {},
): Simulation {
  const simulation = simulate(version, changes, surroundings)
  const headers = { authorization: `Bearer ${apiKey}` }
  for (const body of [{ email: 'ada@example.com' }, { email: 'other@example.com', userId: 'user_1' }]) {
    simulation.api.handle({ method: 'POST', path: '/v1/contacts/create', headers, body: JSON.stringify(body) })
  }
  return simulation
}

describe('"Multiple contacts found"', () => {
  it.each(['2024-02', '2024-11'])(
    'on %s: the request goes once more with the email alone, under a key of its own',
    async (version) => {
      const { clock, api, app, deliver, sent } = simulateTwoContacts(version)
      deliver(event('purchase', { $set: { email: 'ada@example.com', plan: 'pro' } }))
      await clock.run()
      const toldByApp = sent().slice(2)
      expect(toldByApp.map(([, request, body]) => [request, body])).toEqual([
        ['POST /v1/events/send', { plan: 'pro', eventName: 'purchase', eventProperties: {}, email: 'ada@example.com', userId: 'user_1' }], // prettier-ignore
        ['POST /v1/events/send', { plan: 'pro', eventName: 'purchase', eventProperties: {}, email: 'ada@example.com' }],
      ])
      const keys = api.requests().flatMap(({ headers }) => headers['idempotency-key'] ?? [])
      expect(new Set(keys).size).toBe(2)
      expect(api.events()).toMatchObject([{ email: 'ada@example.com', userId: null }])
      expect(app.failures).toEqual([])
    },
  )

  it('loses none of the later updates and events, and the log says so once', async () => {
    const { clock, api, app, deliver } = simulateTwoContacts()
    for (let number = 0; number < 5; number++) {
      deliver(event('$set', { $set: { email: 'ada@example.com', plan: `plan ${number}` } }))
      deliver(event('purchase', { $set: { email: 'ada@example.com' } }))
      await clock.run(clock.now() + MINUTE)
    }
    await clock.run()
    expect(api.events()).toHaveLength(5)
    expect(api.contacts().find(({ email }) => email === 'ada@example.com')).toMatchObject({ plan: 'plan 4' })
    expect(app.logs.filter(({ message }) => /merge/i.test(message))).toHaveLength(1)
  })

  it('sends nothing twice if the second request fails', async () => {
    const { clock, api, faults, deliver } = simulateTwoContacts()
    faults.push(undefined, { kind: 'drop', applied: true }, failed)
    deliver(event('purchase', { $set: { email: 'ada@example.com' } }))
    await clock.run(start + 60 * MINUTE)
    expect(api.events()).toHaveLength(1)
  })

  it('goes with the values that another worker sent while Loops took its time to reject it', async () => {
    const { clock, api, app, faults, deliver } = simulateTwoContacts()
    const other = app.startWorker(0)
    faults.push({ kind: 'delay', milliseconds: 5000 })
    deliver(set({ plan: 'old', seats: 1 }))
    await clock.run(clock.now() + 3000)
    deliver(byEmail('new'), other)
    await clock.run()
    expect(api.contacts().find(({ email }) => email === 'ada@example.com')).toMatchObject({ plan: 'new', seats: 1 })
  })

  it('does not go to an excluded email to which another worker has moved the user ID meanwhile', async () => {
    const simulation = simulateTwoContacts('2024-02', {}, { excludedEmails: 'new@example.com' })
    const { clock, faults, deliver, sent } = simulation
    const withOlderSettings = workerWithClock(0, simulation)
    faults.push({ kind: 'delay', milliseconds: 5000 })
    deliver(set({ plan: 'old' }))
    await clock.run(clock.now() + 3000)
    deliver(event('$set', { $set: { email: 'new@example.com' } }), withOlderSettings)
    await clock.run()
    expect(
      sent()
        .slice(2)
        .map(([, , body]) => body),
    ).toEqual([
      { email: 'new@example.com', userId: 'user_1' },
      { plan: 'old', email: 'ada@example.com', userId: 'user_1' },
    ])
  })

  it('sends the values that were received since with the email alone, too', async () => {
    const { clock, api, faults, deliver } = simulateTwoContacts()
    faults.push(failed)
    deliver(set({ plan: 'old' }))
    await clock.run(start + 500)
    deliver(set({ plan: 'new' }))
    await clock.run()
    expect(api.contacts().find(({ email }) => email === 'ada@example.com')).toMatchObject({ plan: 'new' })
  })

  it('goes with its own values where Loops rejects those of a later event', async () => {
    const { clock, api, faults, deliver } = simulateTwoContacts()
    faults.push(failed, failed)
    deliver(purchase({ seats: 1 }))
    await clock.run(start + 500)
    deliver(set({ seats: 'many' }))
    await clock.run()
    expect(api.events()).toMatchObject([{ email: 'ada@example.com', userId: null }])
    expect(api.contacts().find(({ email }) => email === 'ada@example.com')).toMatchObject({ seats: 1 })
  })

  it.each<[string, (typeof failed | undefined)[], later: string | undefined]>([
    ['the request with the email alone fails', [undefined, failed], undefined],
    ['the first try fails, and a later update is taken over', [failed], 'new'],
  ])('loses no event where Loops keeps the key of a rejected request, and %s', async (_, givenFaults, later) => {
    const strictness = { idempotencyKeyConsumedByFailedRequest: true }
    const { clock, api, faults, deliver } = simulateTwoContacts('2024-02', { strictness })
    faults.push(...givenFaults)
    deliver(purchase({ plan: 'old' }))
    await clock.run(start + 500)
    if (later !== undefined) deliver(set({ plan: later }))
    await clock.run()
    expect(api.events()).toHaveLength(1)
  })
})
