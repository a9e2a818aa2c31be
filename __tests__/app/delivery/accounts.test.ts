import { MINUTE, byEmail, event, failed, set, simulate, simulateMany, start } from './setup'

const ofUser = (distinctId: string, name: string, properties: Record<string, unknown>) =>
  event(name, { $set: properties }, { distinct_id: distinctId })

describe('an email that moves to another user ID', () => {
  it('a failed event still arrives, by its email and without its user ID', async () => {
    const { clock, api, app, faults, deliver } = simulate()
    faults.push(failed)
    deliver(ofUser('user_1', 'purchase', { email: 'ada@example.com' }))
    await clock.run(start + 500)
    deliver(ofUser('backend-1', '$set', { email: 'ada@example.com', plan: 'team' }))
    await clock.run()
    expect(app.failures).toEqual([])
    expect(api.events()).toMatchObject([{ eventName: 'purchase', email: 'ada@example.com' }])
    expect(api.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'backend-1', plan: 'team' }])
  })

  it('an update that has failed neither takes the plan of the other account nor overwrites it', async () => {
    const { clock, api, app, faults, deliver, sent } = simulate()
    faults.push(failed)
    deliver(ofUser('user_1', '$set', { email: 'ada@example.com', plan: 'free', seats: 3 }))
    await clock.run(start + 500)
    deliver(ofUser('user_2', '$set', { email: 'ada@example.com', plan: 'team' }))
    await clock.run()
    expect(app.failures).toEqual([])
    expect(sent().map(([, , body]) => body)).toEqual([
      { plan: 'free', seats: 3, email: 'ada@example.com', userId: 'user_1' },
      { plan: 'team', email: 'ada@example.com', userId: 'user_2' },
      { seats: 3, email: 'ada@example.com' },
    ])
    expect(api.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_2', plan: 'team', seats: 3 }])
  })

  it('a failed update goes to the email that its user ID has now', async () => {
    const { clock, api, faults, deliver, sent } = simulate()
    faults.push(undefined, failed)
    deliver(ofUser('user_1', '$set', { email: 'old@example.com', plan: 'free' }))
    await clock.run(start + MINUTE)
    deliver(ofUser('user_1', '$set', { email: 'old@example.com', plan: 'pro', seats: 3 }))
    await clock.run(start + MINUTE + 500)
    deliver(ofUser('user_1', '$set', { email: 'new@example.com', plan: 'team' }))
    await clock.run()
    expect(sent().at(-1)?.[2]).toEqual({ plan: 'team', seats: 3, email: 'new@example.com', userId: 'user_1' })
    expect(api.contacts()).toMatchObject([{ email: 'new@example.com', userId: 'user_1', plan: 'team', seats: 3 }])
  })

  it('a failed update does not overwrite what its user ID has written since under another email', async () => {
    const { clock, api, app, faults, deliver } = simulate()
    faults.push(failed, failed, undefined, undefined, failed)
    deliver(ofUser('user_1', '$set', { email: 'ada@example.com', plan: 'free' }))
    await clock.run(start + 100)
    deliver(ofUser('user_1', '$set', { email: 'other@example.com', plan: 'pro' }))
    await clock.run(start + 200)
    deliver(ofUser('user_1', '$set', { email: 'ada@example.com', seats: 3 }))
    await clock.run(start + 500)
    deliver(ofUser('user_2', 'purchase', { email: 'ada@example.com' }))
    await clock.run()
    expect(app.failures).toEqual([])
    expect(api.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_2', plan: 'pro', seats: 3 }])
  })

  it('an event with the user ID alone takes over what was received since with the email', async () => {
    const { clock, api, faults, deliver } = simulate()
    deliver(ofUser('user_1', '$set', { email: 'ada@example.com', plan: 'free' }))
    await clock.run(start + MINUTE)
    faults.push(failed)
    deliver(ofUser('user_1', '$set', { plan: 'pro' }))
    await clock.run(start + MINUTE + 500)
    deliver(ofUser('user_1', '$set', { email: 'ada@example.com', plan: 'team' }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ email: 'ada@example.com', plan: 'team' }])
  })
})

describe('an email that its user ID has left', () => {
  it('and that somebody else gives gets nothing of the user ID', async () => {
    const { clock, api, faults, deliver } = simulate()
    deliver(ofUser('user_1', '$set', { email: 'ada@example.com', plan: 'basic' }))
    await clock.run(start + MINUTE)
    deliver(ofUser('user_1', '$set', { email: 'new@example.com', plan: 'team' }))
    await clock.run(start + 2 * MINUTE)
    faults.push(failed)
    deliver(byEmail('free'))
    await clock.run(start + 2 * MINUTE + 500)
    deliver(ofUser('user_1', '$set', { email: 'new@example.com', plan: 'pro' }))
    await clock.run()
    expect(api.contacts()).toMatchObject([
      { email: 'new@example.com', userId: 'user_1', plan: 'pro' },
      { email: 'ada@example.com', userId: null, plan: 'free' },
    ])
  })
})

describe('a contact that events name by one identifier each', () => {
  const byUserId = (plan: string) => ofUser('user_1', '$set', { plan })

  it.each([
    ['user ID', byUserId, byEmail],
    ['address', byEmail, byUserId],
  ])('pro by %s, free by the other, and pro again end as pro', async (_, by, byOther) => {
    const { clock, api, deliver, sent } = simulate()
    const events = [
      ofUser('user_1', '$set', { email: 'ada@example.com' }),
      by('pro'),
      by('pro'),
      byOther('free'),
      by('pro'),
    ]
    for (const [index, one] of events.entries()) {
      deliver(one)
      await clock.run(start + (index + 1) * MINUTE)
    }
    expect(sent().map(([, , body]) => (body as { plan?: string }).plan)).toEqual([
      undefined,
      'pro',
      'pro',
      'free',
      'pro',
    ])
    expect(api.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1', plan: 'pro' }])
  })
})

describe('one contact in one moment', () => {
  it('200 updates in a second become a handful of requests, and the last one wins', async () => {
    const { clock, api, deliver, sent } = simulateMany()
    for (let count = 1; count <= 200; count++) {
      deliver(set({ plan: 'pro', seats: count }))
      await clock.run(clock.now() + 5)
    }
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'pro', seats: 200 }])
    expect(sent().length).toBeLessThanOrEqual(15)
  })

  it('200 times the same update in a second, too', async () => {
    const { clock, deliver, sent } = simulateMany()
    for (let count = 1; count <= 200; count++) {
      deliver(set({ plan: 'pro', seats: 3 }))
      await clock.run(clock.now() + 5)
    }
    await clock.run()
    expect(sent().length).toBeLessThanOrEqual(15)
  })

  it('pro, free and pro again end as pro', async () => {
    const { clock, api, deliver } = simulate()
    for (const plan of ['pro', 'free', 'pro']) deliver(set({ plan }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
  })

  it('an event that Loops applies after its time-out does not overwrite later values', async () => {
    const { clock, api, faults, deliver } = simulate()
    faults.push({ kind: 'delay', milliseconds: 30_000 })
    deliver(ofUser('user_1', 'purchase', { email: 'ada@example.com', plan: 'old' }))
    await clock.run(start + 1000)
    deliver(set({ plan: 'new' }))
    await clock.run(start + 31_000)
    expect(api.contacts()).toMatchObject([{ plan: 'old' }])
    await clock.run()
    expect(api.events()).toHaveLength(1)
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
  })

  it('a value that Loops rejects does not fail other events', async () => {
    const { clock, api, app, faults, deliver } = simulate('2024-02', {
      contactProperties: 'plan: {person.properties.plan}',
    })
    deliver(set({ plan: 'text' }))
    await clock.run(start + MINUTE)
    faults.push(failed, failed)
    deliver(ofUser('user_1', 'purchase', { email: 'ada@example.com', plan: 'pro' }))
    await clock.run(start + MINUTE + 200)
    // Loops refuses a number for a text, but not before the purchase has taken it over.
    deliver(set({ plan: 5 }))
    await clock.run()
    expect(app.logs.filter(({ level }) => level === 'ERROR').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Error: Loops answered 400 to \/v1\/contacts\/update/),
    ])
    expect(api.events()).toHaveLength(1)
    expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
  })
})
