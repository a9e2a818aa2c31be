import type { CapturedEvent } from '../../../sandbox/posthog/shapes'
import type { Person } from '../../../sandbox/posthog/persons-api'
import { serverVersion, serverVersions } from '../../../sandbox/posthog/versions'
import { start, posthogUrl, ada, install, captured } from './given'

const MINUTE = 60_000

const pageView = (properties: Record<string, unknown> = {}, distinctId = 'user_1'): CapturedEvent =>
  captured('$pageview', properties, distinctId)

const adaViews = {
  eventName: '$pageview',
  eventProperties: { plan: 'pro', id: ada.uuid },
  email: 'ada@example.com',
  userId: 'user_1',
}

describe('the look-up', () => {
  it.each(serverVersions.map(({ name }) => name))('finds the whole person on %s', async (version) => {
    const { clock, worker, personsApi, sent } = install({}, version)
    void worker.deliver(pageView())
    await clock.run()
    expect(sent()).toEqual([adaViews])
    const project = serverVersion(version).currentProjectResolvedBy === 'django' ? '@current' : '1'
    expect(personsApi.requests.map(({ method, url }) => [method, url])).toEqual([
      ['GET', `${posthogUrl}/api/projects/${project}/persons/?distinct_id=user_1&token=phc_sandbox`],
    ])
  })

  it.each<[string, Record<string, unknown>, object]>([
    ['$set wins', { $set: { plan: 'team' } }, { ...adaViews, eventProperties: { plan: 'team', id: ada.uuid } }],
    ['$set_once fills gaps only', { $set_once: { plan: 'free', email: 'old@example.com' } }, adaViews],
    ['$unset takes away', { $unset: ['plan'] }, { ...adaViews, eventProperties: { id: ada.uuid } }],
  ])('%s', async (_, properties, body) => {
    const { clock, worker, sent } = install()
    void worker.deliver(pageView(properties))
    await clock.run()
    expect(sent()).toEqual([body])
  })

  it('reads distinct_ids of any kind', async () => {
    const odd = 'a/b?c=d&@current#e f'
    const { clock, worker, sent } = install({}, '2024-02', [{ ...ada, distinct_ids: [odd] }])
    void worker.deliver(pageView({}, odd))
    await clock.run()
    expect(sent()).toEqual([{ ...adaViews, userId: odd }])
  })

  it('goes on without a person that PostHog does not know, and remembers that', async () => {
    const { clock, worker, personsApi, sent } = install()
    void worker.deliver(pageView({ $set: { email: 'bob@example.com' } }, 'bob'))
    await clock.run()
    void worker.deliver(pageView({ $set: { email: 'bob@example.com' } }, 'bob'))
    await clock.run()
    expect(sent()).toHaveLength(2)
    expect(sent()[0]).toEqual({ eventName: '$pageview', eventProperties: {}, email: 'bob@example.com', userId: 'bob' })
    expect(personsApi.requests).toHaveLength(1)
  })

  it.each([401, 500, 'down', { slowMilliseconds: 60_000 }] as const)(
    'loses nothing and logs once when PostHog answers %p',
    async (fault) => {
      const { clock, api, app, worker, personsApi } = install()
      personsApi.fault = fault
      for (let index = 0; index < 20; index++) {
        void worker.deliver(pageView({ $set: { email: `p${index}@example.com` } }, `user_${index}`))
        await clock.run(start + (index + 1) * 1000)
      }
      await clock.run()
      expect(api.events()).toHaveLength(20)
      const lines = app.logs.filter(({ level }) => level === 'WARN')
      expect(lines).toHaveLength(1)
      expect(lines[0]?.message).toMatch(
        /^The person cannot be looked up \(.*\): events are sent with what they say themselves\. Until it works again this is not logged\.$/,
      )
    },
  )

  it('logs of a failure neither who was asked for nor the token of PostHog', async () => {
    const { clock, app, worker, personsApi } = install()
    personsApi.fault = 'down'
    void worker.deliver(pageView({}, 'ada@example.com'))
    await clock.run()
    expect(personsApi.requests[0]?.url).toMatch(/distinct_id=ada%40example.com&token=phc_/)
    expect(app.logs.filter(({ level }) => level === 'WARN').map(({ message }) => message)).toEqual([
      'The person cannot be looked up (request to https://posthog.example.com/api/projects/1/persons/ failed, ' +
        'reason: connect ECONNREFUSED): events are sent with what they say themselves. ' +
        'Until it works again this is not logged.',
    ])
  })

  it.each(['undefined', ' "Null" ', '[object Object]', '', 'x\ud800', 'a\u0000b'])(
    'does not ask for %j, which is nobody',
    async (distinctId) => {
      const somebody = { ...ada, distinct_ids: [distinctId] }
      const { clock, worker, personsApi, sent, app } = install({}, '2024-02', [somebody])
      void worker.deliver(pageView({ $set: { email: 'bob@example.com' } }, distinctId))
      await clock.run()
      expect(sent()).toMatchObject([{ email: 'bob@example.com', eventProperties: {} }])
      expect(personsApi.requests).toEqual([])
      expect(app.logs.filter(({ level }) => level !== 'LOG')).toEqual([])
    },
  )

  describe('a filter on what PostHog does not tell', () => {
    const optedOut = { ...ada, properties: { ...ada.properties, opted_out: 'true' } }
    const eventFilters = '[{"key": "opted_out", "operator": "is_not", "value": "true", "type": "person"}]'
    const told = { email: 'ada@example.com', plan: 'pro' }

    it.each([
      ['lets nobody through on a guess', optedOut, 0],
      ['loses nobody whom it lets through', ada, 1],
    ])('%s: the event waits until PostHog answers', async (_, person, events) => {
      const { clock, api, app, worker, personsApi } = install({ eventFilters }, '2024-02', [person])
      personsApi.fault = 500
      void worker.deliver(pageView({ $set: told }))
      await clock.run(start + 10 * MINUTE)
      expect(api.events()).toEqual([])
      expect(app.failures).toEqual([])
      personsApi.fault = undefined
      await clock.run()
      expect(api.events()).toHaveLength(events)
    })

    it('holds or not at once where the event tells it', async () => {
      const { clock, api, worker, personsApi } = install({ eventFilters })
      personsApi.fault = 500
      void worker.deliver(pageView({ $set: { ...told, opted_out: 'false' } }))
      void worker.deliver(pageView({ $set: { ...told, opted_out: 'true' } }))
      await clock.run(start + MINUTE / 2)
      expect(api.events()).toHaveLength(1)
    })

    it('holds nobody up whom another filter leaves out already', async () => {
      const two = `[{"key": "plan", "value": "pro", "type": "person"}, ${eventFilters.slice(1)}`
      const { clock, app, worker, personsApi } = install({ eventFilters: two })
      void worker.deliver(pageView({ $set: { email: 'ada@example.com', plan: 'free' } }))
      await clock.run()
      expect(personsApi.requests).toEqual([])
      expect(app.failures).toEqual([])
    })

    it('is given up with its delivery after one day, not two', async () => {
      const { clock, api, app, worker, personsApi } = install({ eventFilters })
      personsApi.fault = 500
      api.setFault(({ path }) => (path.endsWith('/api-key') ? undefined : { kind: 'status', status: 503 }))
      void worker.deliver(pageView({ $set: told }))
      await clock.run(start + 20 * 60 * MINUTE)
      personsApi.fault = undefined
      await clock.run()
      expect(app.failures).toHaveLength(1)
      expect(clock.now() - start).toBeLessThan(25 * 60 * MINUTE)
    })

    it('survives the worker that dies while it is decided', async () => {
      const { clock, api, app, worker, personsApi } = install({ eventFilters }, '2024-02', [ada], { jobLocks: 'stay' })
      personsApi.fault = 500
      void worker.deliver(pageView({ $set: told }))
      await clock.run(start + 1000)
      personsApi.fault = { slowMilliseconds: 10_000 }
      await clock.run((app.jobs.pending()[0]?.runAt ?? 0) + 5000)
      worker.kill()
      personsApi.fault = undefined
      app.startWorker()
      await clock.run()
      expect(api.events()).toHaveLength(1)
    })

    it('is given up after a day', async () => {
      const { clock, api, app, worker, personsApi } = install({ eventFilters })
      personsApi.fault = 500
      void worker.deliver(pageView({ $set: told }))
      await clock.run()
      expect(api.events()).toEqual([])
      // The clock itself goes on to the last spare job, which has nothing left to do.
      const [failure] = app.logs.filter(({ level }) => level === 'ERROR')
      expect((failure?.at ?? Infinity) - start).toBeLessThan(24 * 60 * MINUTE)
      expect(app.failures.map(({ failure }) => failure.message.replace(/\d+ tries/, 'N tries'))).toEqual([
        'Given up after N tries within a day: PostHog did not return the person that a filter needs',
      ])
    })

    it('is a RetryError on servers without jobs', async () => {
      const { clock, api, app, worker, personsApi } = install({ eventFilters }, '2024-11')
      personsApi.fault = 500
      void worker.deliver(pageView({ $set: told }))
      await clock.run()
      expect(api.events()).toEqual([])
      expect(app.failures.map(({ failure }) => `${failure.name}: ${failure.message}`)).toEqual([
        'RetryError: PostHog did not return the person that a filter needs',
      ])
    })

    it('is told of in a dry run', async () => {
      const { clock, app, worker, personsApi } = install({ eventFilters, dryRun: 'Yes' })
      personsApi.fault = 500
      void worker.deliver(pageView({ $set: told }))
      await clock.run()
      expect(app.logs.filter(({ level }) => level === 'LOG').map(({ message }) => message)).toEqual([
        'Dry run: the event "$pageview" is skipped: PostHog did not return the person that a filter needs.',
      ])
    })

    it('does not let what the waiting event has set win over what a later one sets', async () => {
      const renamed = { ...ada, properties: { ...ada.properties, email: 'new@example.com' } }
      const { clock, worker, personsApi, sent } = install({ eventFilters }, '2024-02', [renamed])
      personsApi.fault = 500
      void worker.deliver(pageView({ $set: { email: 'old@example.com' } }))
      await clock.run(start + 1000)
      void worker.deliver(captured('other', { $set: { email: 'new@example.com' } }))
      await clock.run(start + 2000)
      personsApi.fault = undefined
      await clock.run(start + 3 * MINUTE)
      void worker.deliver(pageView())
      await clock.run()
      expect(sent().at(-1)).toMatchObject({ email: 'new@example.com' })
    })
  })

  it('asks again a minute after a failure', async () => {
    const { clock, worker, personsApi, sent } = install()
    personsApi.fault = 500
    void worker.deliver(pageView())
    await clock.run(start + MINUTE / 2)
    personsApi.fault = undefined
    void worker.deliver(pageView())
    await clock.run(start + 2 * MINUTE)
    void worker.deliver(pageView())
    await clock.run()
    expect(personsApi.requests).toHaveLength(2)
    expect(sent().at(-1)).toEqual(adaViews)
  })

  it('asks once for many events at once, and again after five minutes', async () => {
    const { clock, app, worker, personsApi } = install()
    for (let index = 0; index < 10; index++) void worker.deliver(pageView())
    await clock.run(start + MINUTE)
    void app.startWorker().deliver(pageView())
    await clock.run(start + 4 * MINUTE)
    expect(personsApi.requests).toHaveLength(1)
    await clock.run(start + 6 * MINUTE)
    void worker.deliver(pageView())
    await clock.run()
    expect(personsApi.requests).toHaveLength(2)
  })

  it('costs at most 60 requests for 1,000 events of 50 people in five minutes', async () => {
    const people = Array.from({ length: 50 }, (_, index) => ({
      uuid: `018e0000-0000-7000-8000-0000000000${String(index).padStart(2, '0')}`,
      distinct_ids: [`user_${index}`],
      properties: { email: `p${index}@example.com`, plan: 'pro' },
    }))
    // Outside vm2, whose border takes most of the time of so many events.
    const { clock, api, app, personsApi } = install({}, '2024-02', people, { trusted: true })
    const workers = [app.startWorker(), app.startWorker()]
    for (let index = 0; index < 1000; index++) {
      void workers[index % 2]?.deliver(pageView({}, `user_${(index * 7) % 50}`))
      if (index % 10 === 0) await clock.run(start + index * 299)
    }
    await clock.run()
    expect(api.events()).toHaveLength(1000)
    expect(personsApi.requests.length).toBeLessThanOrEqual(60)
    expect(personsApi.requests.length).toBeGreaterThanOrEqual(50)
  })

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['sets', { $set: { plan: 'team', $browser: 'Firefox' }, $unset: ['firstname'] }, { plan: 'team' }],
    ['sets once, where there is nothing yet', { $set_once: { seats: 3, plan: 'free' } }, { plan: 'pro', seats: 3 }],
    ['removes', { $unset: ['plan'] }, {}],
  ])('knows at once what a later event %s', async (_, changes, known) => {
    const eventProperties = 'plan: {person.properties.plan}, seats: {person.properties.seats}, id: {person.id}'
    const { clock, worker, personsApi, sent } = install({ eventProperties })
    void worker.deliver(pageView())
    await clock.run(start + MINUTE)
    void worker.deliver(captured('other', changes))
    await clock.run(start + 2 * MINUTE)
    void worker.deliver(pageView())
    await clock.run()
    expect(sent().at(-1)).toEqual({ ...adaViews, eventProperties: { ...known, id: ada.uuid } })
    expect(personsApi.requests).toHaveLength(1)
  })

  it('knows what an event sets while PostHog is asked', async () => {
    const { clock, worker, personsApi, sent } = install()
    personsApi.fault = { slowMilliseconds: 500 }
    void worker.deliver(pageView())
    await clock.run(start + 200)
    void worker.deliver(captured('other', { $set: { email: 'new@example.com' } }))
    await clock.run(start + MINUTE)
    void worker.deliver(pageView())
    await clock.run()
    expect(sent().map((body) => (body as { email?: string }).email)).toEqual(['new@example.com', 'new@example.com'])
    expect(personsApi.requests).toHaveLength(1)
  })

  it('knows what the event that asked has set, though PostHog does not yet', async () => {
    const { clock, worker, personsApi, sent } = install({}, '2024-02', [])
    void worker.deliver(pageView({ $set: { email: 'ada@example.com', plan: 'pro' } }))
    await clock.run(start + MINUTE / 2)
    void worker.deliver(pageView())
    await clock.run()
    expect(sent()).toEqual(Array(2).fill({ ...adaViews, eventProperties: { plan: 'pro' } }))
    expect(personsApi.requests).toHaveLength(1)
  })

  it('asks again after a minute for a person that PostHog did not know', async () => {
    const persons: Person[] = []
    const { clock, worker, personsApi, sent } = install({}, '2024-02', persons)
    for (const minute of [0, 0.5, 1.5]) {
      await clock.run(start + minute * MINUTE)
      void worker.deliver(pageView())
      await clock.run(start + (minute + 0.1) * MINUTE)
      persons.splice(0, 1, ada)
    }
    expect(personsApi.requests).toHaveLength(2)
    expect(sent().at(-1)).toEqual(adaViews)
  })

  it('keeps no person whose changes are too large to keep', async () => {
    const { clock, worker, personsApi, sent } = install()
    const about = 'x'.repeat(10_000)
    for (const [minute, event] of [pageView(), captured('other', { $set: { about } }), pageView()].entries()) {
      void worker.deliver(event)
      await clock.run(start + (minute + 1) * MINUTE)
    }
    expect(sent()).toEqual([adaViews, adaViews])
    expect(personsApi.requests).toHaveLength(2)
  })

  it('forgets what was set before changes that are too large to keep', async () => {
    const { clock, worker, sent } = install()
    void worker.deliver(captured('other', { $set: { plan: 'free' } }))
    await clock.run(start + 5000)
    void worker.deliver(captured('other', { $set: { plan: 'pro', about: 'x'.repeat(10_000) } }))
    await clock.run(start + 10_000)
    void worker.deliver(pageView())
    await clock.run()
    expect(sent()).toEqual([adaViews])
  })

  it('asks again after more changes than it keeps', async () => {
    const { clock, worker, personsApi, sent } = install({}, '2024-02', [{ ...ada, properties: { ...ada.properties } }])
    void worker.deliver(pageView())
    await clock.run(start + 1000)
    for (let seen = 0; seen < 101; seen++) {
      void worker.deliver(captured('other', { $set: { seen } }))
      await clock.run(clock.now() + 10)
    }
    void worker.deliver(pageView())
    await clock.run()
    expect(sent()).toEqual([adaViews, adaViews])
    expect(personsApi.requests).toHaveLength(2)
  })

  it('does not let what was set long before it asked win over what PostHog says', async () => {
    const { clock, worker, sent } = install()
    void worker.deliver(captured('other', { $set: { plan: 'old' } }))
    await clock.run(start + 2 * MINUTE)
    void worker.deliver(pageView())
    await clock.run()
    expect(sent()).toEqual([adaViews])
  })

  it('is off without an address, with webhook delivery, and for events that need it not', async () => {
    for (const changes of [{ posthogUrl: '' }, { delivery: 'webhook' }, { trackedEvents: 'other' }]) {
      const { clock, worker, personsApi } = install(changes)
      void worker.deliver(pageView({ $set: { email: 'ada@example.com' } }))
      await clock.run()
      expect(personsApi.requests).toEqual([])
    }
  })
})
