import type { CapturedEvent } from '../../../tools/lib/shapes'
import { serverVersion, serverVersions } from '../../../tools/simulators/posthog/versions'
import { start, posthogUrl, ada, install, captured } from './setup'

const MINUTE = 60_000

const pageView = (properties: Record<string, unknown> = {}, distinctId = 'user_1'): CapturedEvent =>
  captured('$pageview', properties, distinctId)

const response = {
  status: 200,
  ok: true,
  statusText: 'OK',
  headers: { get: () => null },
  text: () => Promise.resolve(''),
}

const adaViews = {
  eventName: '$pageview',
  eventProperties: { plan: 'pro', id: ada.uuid },
  email: 'ada@example.com',
  userId: 'user_1',
}

describe('the look-up', () => {
  it.each(serverVersions.map(({ name }) => name))('finds the whole person on %s', async (version) => {
    const { clock, worker, lookUps, sent } = install({}, version)
    void worker.deliver(pageView())
    await clock.run()
    expect(sent()).toEqual([adaViews])
    const project = serverVersion(version).currentProjectResolvedBy === 'django' ? '@current' : '1'
    expect(lookUps().map(({ method, url }) => [method, url])).toEqual([
      ['GET', `${posthogUrl}/api/projects/${project}/persons/?distinct_id=user_1&token=phc_simulator`],
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

  it('asks again after ten seconds for a person that PostHog does not know, then sends the event without, and caches nothing', async () => {
    const { clock, worker, lookUps, sent } = install({ email: '{event.properties.mail}' })
    for (let view = 0; view < 2; view++) {
      void worker.deliver(pageView({ mail: 'bob@example.com' }, 'bob'))
      await clock.run(start + (view + 1) * 9000)
      expect(lookUps()).toHaveLength(2 * view + 1)
      await clock.run(start + (view + 1) * 12_000)
    }
    await clock.run()
    expect(sent()).toHaveLength(2)
    expect(sent()[0]).toEqual({ eventName: '$pageview', eventProperties: {}, email: 'bob@example.com', userId: 'bob' })
    expect(lookUps()).toHaveLength(4)
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
      const lines = app.logs.filter(({ level, by }) => level === 'WARN' && by === 'onEvent')
      expect(lines).toHaveLength(1)
      expect(lines[0]?.message).toMatch(
        /^A person could not be looked up \(.*\): the event waits for another look-up, .* until a look-up succeeds\.$/,
      )
    },
  )

  it.each([0, 0.25, 0.5, 0.75, 0.999])(
    'leaves time for the delivery at the end of the day, with the random number %d',
    async (random) => {
      const { clock, api, worker, personsApi } = install({}, '2024-02', [ada], { random: () => random, trusted: true })
      personsApi.fault = { slowMilliseconds: 60_000 }
      for (let second = 0; second < 40; second++) {
        const at = start + second * 1000
        void worker.deliver(pageView({ $set: { email: `p${second}@example.com` } }, `user_${second}`))
        await clock.run(at + 1000)
      }
      await clock.run()
      expect(api.events()).toHaveLength(40)
    },
  )

  it('logs a failure without the ID of the person and the token of PostHog', async () => {
    const { clock, app, worker, personsApi, lookUps } = install()
    personsApi.fault = 'down'
    void worker.deliver(pageView({}, 'ada@example.com'))
    await clock.run(start + MINUTE / 2)
    expect(lookUps()[0]?.url).toMatch(/distinct_id=ada%40example.com&token=phc_/)
    expect(app.logs.filter(({ level }) => level === 'WARN').map(({ message }) => message)).toEqual([
      'PostHog address: PostHog does not answer at this URL (request to https://posthog.example.com/api/projects/1/persons/ failed, ' +
        'reason: connect ECONNREFUSED): it looks up no persons until PostHog answers.',
      'A person could not be looked up (request to https://posthog.example.com/api/projects/1/persons/ failed, ' +
        'reason: connect ECONNREFUSED): the event waits for another look-up, or is sent with its own data if PostHog has ' +
        'no jobs. Later failures are not logged until a look-up succeeds.',
    ])
  })

  it.each(['undefined', ' "Null" ', '[object Object]', '', 'x\ud800', 'a\u0000b'])(
    'does not ask for %j, which is nobody',
    async (distinctId) => {
      const somebody = { ...ada, distinct_ids: [distinctId] }
      const { clock, worker, lookUps, sent, app } = install({}, '2024-02', [somebody])
      void worker.deliver(pageView({ $set: { email: 'bob@example.com' } }, distinctId))
      await clock.run()
      expect(sent()).toMatchObject([{ email: 'bob@example.com', eventProperties: {} }])
      expect(lookUps()).toEqual([])
      expect(app.logs.filter(({ level }) => level !== 'LOG')).toEqual([])
    },
  )

  it('asks again for the next event after a failure, and delays no other event', async () => {
    const bob = {
      uuid: '018e0000-0000-7000-8000-0000000000b0',
      distinct_ids: ['bob'],
      properties: { email: 'bob@example.com' },
    }
    const { clock, worker, personsApi, sent, lookUps } = install({}, '2024-02', [ada, bob])
    personsApi.fault = 500
    void worker.deliver(pageView())
    await clock.run(start + 1000)
    personsApi.fault = undefined
    void worker.deliver(pageView({}, 'bob'))
    await clock.run(start + 2000)
    expect(sent()).toMatchObject([{ email: 'bob@example.com', userId: 'bob' }])
    await clock.run()
    expect(sent()).toEqual([expect.objectContaining({ userId: 'bob' }), adaViews])
    expect(lookUps()).toHaveLength(3)
  })

  it('asks once for many events at once, and again after a minute', async () => {
    const { clock, app, worker, lookUps } = install()
    for (let index = 0; index < 10; index++) void worker.deliver(pageView())
    await clock.run(start + MINUTE / 2)
    void app.startWorker().deliver(pageView())
    await clock.run(start + 0.9 * MINUTE)
    expect(lookUps()).toHaveLength(1)
    await clock.run(start + 1.1 * MINUTE)
    void worker.deliver(pageView())
    await clock.run()
    expect(lookUps()).toHaveLength(2)
  })

  it.each([
    ['2024-02', 'the sixth event waits in a job', 7],
    ['2024-11', 'the sixth event goes on with what it says itself', 5],
  ])('asks for five people at once at the most on %s: %s', async (version, _, asked) => {
    const people = Array.from({ length: 7 }, (_, index) => ({
      uuid: `018e0000-0000-7000-8000-00000000000${index}`,
      distinct_ids: [`user_${index}`],
      properties: { email: `p${index}@example.com` },
    }))
    const { clock, api, worker, personsApi, lookUps } = install({}, version, people)
    personsApi.fault = { slowMilliseconds: 1000 }
    for (let index = 0; index < 7; index++) {
      void worker.deliver(pageView({ $set: { email: `p${index}@example.com` } }, `user_${index}`))
    }
    await clock.run(start + 500)
    expect(lookUps()).toHaveLength(5)
    await clock.run()
    expect(lookUps()).toHaveLength(asked)
    expect(api.events()).toHaveLength(7)
  })

  it.each([
    ['another person', [{ ...ada, distinct_ids: ['somebody_else'] }]],
    ['no distinct_ids', [{ uuid: ada.uuid, properties: ada.properties }]],
  ])('does not take %s for the one it asked for', async (_, results) => {
    const { clock, app, api, worker } = install({}, '2024-02', [], {
      posthogApi: () => Promise.resolve({ ...response, json: () => Promise.resolve({ results }) }),
    })
    void worker.deliver(pageView({ $set: { email: 'bob@example.com' } }))
    await clock.run(start + MINUTE / 2)
    expect(api.events()).toEqual([])
    expect(app.logs.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^A person could not be looked up \(PostHog answered with a different person/),
    )
  })

  it('costs at most 60 requests for 1,000 events of 50 people in a minute', async () => {
    const people = Array.from({ length: 50 }, (_, index) => ({
      uuid: `018e0000-0000-7000-8000-0000000000${String(index).padStart(2, '0')}`,
      distinct_ids: [`user_${index}`],
      properties: { email: `p${index}@example.com`, plan: 'pro' },
    }))
    // Outside vm2, whose border takes most of the time of so many events.
    const { clock, api, app, lookUps } = install({}, '2024-02', people, { trusted: true })
    const workers = [app.startWorker(), app.startWorker()]
    for (let index = 0; index < 1000; index++) {
      void workers[index % 2]?.deliver(pageView({}, `user_${(index * 7) % 50}`))
      if (index % 10 === 0) await clock.run(start + index * 50)
    }
    await clock.run()
    expect(api.events()).toHaveLength(1000)
    expect(lookUps().length).toBeLessThanOrEqual(60)
    expect(lookUps().length).toBeGreaterThanOrEqual(50)
  })

  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ['sets', { $set: { plan: 'team', $browser: 'Firefox' } }, { plan: 'team' }, 'user_1'],
    ['sets once', { $set_once: { seats: 3 } }, { plan: 'pro', seats: 3 }, 'user_1'],
    ['removes', { $unset: ['plan'] }, {}, 'user_1'],
    ['sets under another distinct_id', { $set: { plan: 'team' } }, { plan: 'team' }, 'anon-1'],
  ])('knows at once what a later event %s', async (_, changes, known, distinctId) => {
    const eventProperties = 'plan: {person.properties.plan}, seats: {person.properties.seats}, id: {person.id}'
    const persons = [ada]
    const { clock, worker, lookUps, sent } = install({ eventProperties }, '2024-02', persons)
    void worker.deliver(pageView())
    await clock.run(start + 1000)
    // PostHog stores the change before it hands the event to the app.
    persons[0] = { ...ada, properties: { email: 'ada@example.com', ...known } }
    void worker.deliver(captured('other', changes, distinctId))
    await clock.run(start + 2000)
    void worker.deliver(pageView())
    await clock.run()
    expect(sent().at(-1)).toEqual({ ...adaViews, eventProperties: { ...known, id: ada.uuid } })
    expect(lookUps()).toHaveLength(2)
  })

  it('knows what an event sets while PostHog is asked, under whichever distinct_id', async () => {
    const persons = [ada]
    const { clock, worker, personsApi, sent, lookUps } = install({}, '2024-02', persons)
    personsApi.fault = { slowMilliseconds: 500 }
    void worker.deliver(pageView())
    await clock.run(start + 200)
    void worker.deliver(captured('other', { $set: { email: 'new@example.com' } }, 'anon-1'))
    await clock.run(start + 400)
    persons[0] = { ...ada, properties: { ...ada.properties, email: 'new@example.com' } }
    await clock.run(start + MINUTE)
    expect(sent().map((body) => (body as { email?: string }).email)).toEqual(['new@example.com'])
    expect(lookUps()).toHaveLength(2)
  })

  it('takes what the event itself sets, though PostHog does not know it yet', async () => {
    const { clock, worker, sent } = install({}, '2024-02', [])
    void worker.deliver(pageView({ $set: { email: 'ada@example.com', plan: 'pro' } }))
    await clock.run()
    expect(sent()).toEqual([{ ...adaViews, eventProperties: { plan: 'pro' } }])
  })

  it('does not let what was set long before it asked win over what PostHog says', async () => {
    const { clock, worker, sent } = install()
    void worker.deliver(captured('other', { $set: { plan: 'old' } }))
    await clock.run(start + 2 * MINUTE)
    void worker.deliver(pageView())
    await clock.run()
    expect(sent()).toEqual([adaViews])
  })

  it('is off without a URL, with webhook delivery, and for events that do not need it', async () => {
    for (const changes of [{ posthogUrl: '' }, { delivery: 'webhook' }, { trackedEvents: 'other' }]) {
      const { clock, worker, lookUps } = install(changes)
      void worker.deliver(pageView({ $set: { email: 'ada@example.com' } }))
      await clock.run()
      expect(lookUps()).toEqual([])
    }
  })
})
