import type { CapturedEvent } from '../../../tools/lib/shapes'
import { ada, captured, install, start } from './setup'

const MINUTE = 60_000

const pageView = (properties: Record<string, unknown> = {}): CapturedEvent => captured('$pageview', properties)

describe('a filter on a property that PostHog does not return', () => {
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
    const { clock, api, worker, personsApi } = install({ eventFilters, eventProperties: '' })
    personsApi.fault = 500
    void worker.deliver(pageView({ $set: { ...told, opted_out: 'false' } }))
    void worker.deliver(pageView({ $set: { ...told, opted_out: 'true' } }))
    await clock.run(start + MINUTE / 2)
    expect(api.events()).toHaveLength(1)
  })

  it('does not delay a person whom another filter excludes', async () => {
    const two = `[{"key": "plan", "value": "pro", "type": "person"}, ${eventFilters.slice(1)}`
    const { clock, app, worker, lookUps } = install({ eventFilters: two })
    void worker.deliver(pageView({ $set: { email: 'ada@example.com', plan: 'free' } }))
    await clock.run()
    expect(lookUps()).toEqual([])
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
    expect(app.jobErrors).toHaveLength(1)
    expect(clock.now() - start).toBeLessThan(25 * 60 * MINUTE)
  })

  it('is given up after a day', async () => {
    const { clock, api, app, worker, personsApi } = install({ eventFilters })
    personsApi.fault = 500
    void worker.deliver(pageView({ $set: told }))
    await clock.run()
    expect(api.events()).toEqual([])
    const [failure] = app.logs.filter(({ level }) => level === 'ERROR')
    expect((failure?.at ?? Infinity) - start).toBeLessThan(24 * 60 * MINUTE)
    expect(app.jobErrors.map(({ message }) => message.replace(/\d+ tries/, 'N tries'))).toEqual([
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
