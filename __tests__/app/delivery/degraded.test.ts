import { MINUTE, simulate, event, set, purchase, failed, start } from './setup'

describe('helpers may fail, deliveries may not', () => {
  const broken = (): Promise<never> => Promise.reject(new Error('Redis is down'))
  const cache = { get: broken, set: broken, incr: broken, expire: broken, lpush: broken, lrange: broken }

  it.each(['1.30', '2024-02', '2024-11'])('sends when the cache is down, on %s', async (version) => {
    const { clock, api, app, deliver } = simulate(version, {}, { cache })
    deliver(purchase({ plan: 'pro' }))
    deliver(event('$pageview', { $set: { email: 'ada@example.com' } }))
    await clock.run()
    expect(
      api
        .events()
        .map(({ eventName }) => eventName)
        .sort(),
    ).toEqual(['$pageview', 'purchase'])
    expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
    expect(app.failures).toEqual([])
  })

  it('asks the cache again when it refuses for a moment', async () => {
    let calls = 0
    const { clock, api, deliver } = simulate(
      '2024-02',
      {},
      {
        beforeEffect: (_, { kind }) => {
          if (kind === 'cache' && calls++ % 3 !== 0) throw new Error('Redis is busy')
        },
      },
    )
    deliver(set({ plan: 'pro' }))
    await clock.run()
    deliver(set({ plan: 'pro' }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
    expect(api.requests().filter(({ method }) => method === 'PUT')).toHaveLength(1)
  })

  it('lets a job wait while the cache refuses the log', async () => {
    let reads = -Infinity
    const { clock, api, app, faults, deliver } = simulate(
      '2024-02',
      {},
      {
        beforeEffect: (_, { kind, name }) => {
          if (kind !== 'cache' || name !== 'lrange') return
          reads += 1
          if (reads > 0 && reads <= 20) throw new Error('Redis is busy')
        },
      },
    )
    deliver(set({ plan: 'free' }))
    await clock.run(start + MINUTE)
    reads = 0
    faults.push(failed)
    deliver(event('$set', { $set: { plan: 'pro' } }))
    await clock.run()
    expect(reads).toBeGreaterThan(20)
    expect(app.logs.filter(({ level }) => level === 'ERROR')).toEqual([])
    expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
  })

  it('logs an event that came while the cache was down with its job, for an earlier one that is tried again', async () => {
    let refuses = false
    const { clock, api, faults, deliver } = simulate(
      '2024-02',
      {},
      {
        beforeEffect: (_, { kind }) => {
          if (refuses && kind === 'cache') throw new Error('Redis is busy')
        },
      },
    )
    faults.push(failed, failed, failed, failed)
    deliver(set({ plan: 'old' }))
    await clock.run(start + 6000)
    faults.push(failed)
    refuses = true
    deliver(set({ plan: 'new' }))
    await clock.run(start + 6500)
    refuses = false
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
  })

  it('lets PostHog record an event that the queue does not accept', async () => {
    const { clock, app, faults, deliver } = simulate(
      '2024-02',
      {},
      {
        beforeEffect: (_, { kind }) => {
          if (kind === 'jobs') throw new Error('PostgreSQL is down')
        },
      },
    )
    faults.push(failed, failed)
    deliver(purchase())
    await clock.run()
    expect(app.failures.map(({ failure }) => `${failure.name}: ${failure.message}`)).toEqual([
      'RetryError: Loops answered 500 to /v1/events/send: Internal server error.',
    ])
  })

  it('sends an event immediately that the queue does not accept', async () => {
    const { clock, api, deliver } = simulate(
      '2024-02',
      { contactEvents: '' },
      {
        beforeEffect: (_, { kind }) => {
          if (kind === 'jobs') throw new Error('PostgreSQL is down')
        },
      },
    )
    for (let index = 0; index < 8; index++)
      deliver(event('purchase', { $set: { email: `p${index}@example.com` } }, { distinct_id: `user_${index}` }))
    await clock.run()
    expect(api.events()).toHaveLength(8)
  })
})
