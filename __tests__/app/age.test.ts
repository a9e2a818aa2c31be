import { needsPerson } from '../../src/translate/needs-person'
import { translate } from '../../src/translate/translate'
import type { Config } from '../../src/settings/field'
import { event, failed, HOUR, simulate, start } from './delivery/setup'
import { eventWith, settingsFor } from './setup'

const tooOld = 'it is older than "Maximum event age (hours)" allows'

describe('an event', () => {
  const happenedAt = Date.UTC(2024, 4, 1, 10)
  const settings = settingsFor({ trackedEvents: 'purchase', contactEvents: '', maxEventAge: '24' })

  it.each<[timestamp: string | Date, hours: number, isOld: boolean]>([
    [new Date(happenedAt), 24, false],
    [new Date(happenedAt), 24.001, true],
    ['2024-05-01T12:00:00+02:00', 24.001, true],
    ['garbage', 10_000, false],
    [new Date(NaN), 10_000, false],
  ])('of %p, received %p hours later, is too old: %p', (timestamp, hours, isOld) => {
    const event = eventWith({ $set: { email: 'ada@example.com' } }, { timestamp })
    const translation = translate(event, settings, happenedAt + hours * HOUR)
    expect(translation).toMatchObject(isOld ? { skipped: tooOld, detail: ' (24.1 hours)' } : { request: {} })
  })

  it('that is too old has no person looked up', () => {
    const looked = { posthogUrl: 'https://posthog.example.com', maxEventAge: '24' }
    const needs = (config: Config, hours: number): boolean =>
      needsPerson(eventWith({}), settingsFor({ ...looked, ...config }), happenedAt + hours * HOUR)
    for (const config of [{ trackedEvents: 'purchase' }, { contactEvents: 'purchase' }]) {
      expect([needs(config, 1), needs(config, 25)]).toEqual([true, false])
    }
  })
})

describe('delivery', () => {
  const old = { timestamp: new Date(start - 24.95 * HOUR).toISOString() }
  const $set = { email: 'ada@example.com', plan: 'pro' }

  it('does nothing about an import, and logs that once, with the age', async () => {
    const { clock, api, app, deliver } = simulate()
    for (let day = 0; day < 3; day++) deliver(event('purchase', { $set: { ...$set, seats: day } }, old))
    for (const name of ['$pageview', '$identify', '$set']) deliver(event(name, { $set }, old))
    await clock.run()
    expect(api.events()).toEqual([])
    expect(api.contacts()).toEqual([])
    expect(app.logs.map(({ message }) => message).filter((line) => line.includes('older'))).toEqual([
      `An event is skipped: ${tooOld} (25 hours). Later events that are skipped for this reason are not logged.`,
    ])
  })

  it('gives the age of each event in a dry run', async () => {
    const { clock, app, deliver } = simulate('2024-02', { dryRun: 'Yes' })
    deliver(event('purchase', { $set }, old))
    await clock.run()
    expect(app.logs.map(({ message }) => message)).toContain(
      `Dry run: the event "purchase" is skipped: ${tooOld} (25 hours).`,
    )
  })

  it('sends an event that waited in the queue for longer than the limit', async () => {
    const { clock, api, faults, deliver } = simulate('2024-02', { maxEventAge: '0.001' })
    faults.push(...Array.from({ length: 5 }, () => failed))
    deliver(event('purchase', { $set }))
    await clock.run()
    expect(api.events()).toHaveLength(1)
    expect(api.requests().at(-1)?.at).toBeGreaterThan(start + 0.001 * HOUR + 1000)
  })

  it('passes nothing of an old event to PostHog as a webhook', async () => {
    const { clock, api, deliver } = simulate('2024-02', { delivery: 'webhook' })
    deliver(event('purchase', { $set }, old))
    deliver(event('$identify', { $set }, old))
    await clock.run()
    expect(api.events()).toEqual([])
    expect(api.contacts()).toEqual([])
  })
})
