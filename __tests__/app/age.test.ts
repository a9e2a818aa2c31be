import { parseSettings } from '../../src/settings/settings'
import { needsPerson } from '../../src/translate/needs-person'
import { translate } from '../../src/translate/translate'
import type { Config } from '../../src/settings/field'
import { event, failed, HOUR, simulate, start } from './delivery/setup'
import { apiKey, eventWith, settingsFor } from './setup'

const happenedAt = Date.UTC(2024, 4, 1, 10)
const tooOld = 'it is older than "Oldest event to send, in hours" allows'

describe('an event', () => {
  const sent = { trackedEvents: 'purchase', contactEvents: '' }
  const both = { trackedEvents: 'purchase', contactEvents: 'purchase' }

  function outcome(config: Config, hours: number, timestamp: string | Date = new Date(happenedAt)): unknown {
    const settings = parseSettings({ apiKey, ...config })
    const one = eventWith({ $set: { email: 'ada@example.com' } }, { timestamp })
    const translation = translate(one, settings, happenedAt + hours * HOUR)
    if (translation === undefined || 'unmet' in translation) return translation
    return 'skipped' in translation ? translation.skipped : [translation.request.path, translation.unsent]
  }

  it.each<[name: string, config: Config, hours: number, expected: unknown]>([
    ['of 24 hours is sent by default', sent, 24, ['/v1/events/send', undefined]],
    ['that is older is skipped', sent, 24.001, tooOld],
    ['that is older still updates its contact', both, 24.001, ['/v1/contacts/update', tooOld]],
    ['of the past year is sent without a limit', { ...sent, maxEventAge: '' }, 8760, ['/v1/events/send', undefined]],
    ['from the future is sent', { ...sent, maxEventAge: '0' }, -48, ['/v1/events/send', undefined]],
    ['is as old as a part of an hour', { ...sent, maxEventAge: '0.5' }, 0.6, tooOld],
  ])('%s', (_, config, hours, expected) => {
    expect(outcome(config, hours)).toEqual(expected)
    expect(outcome(config, hours, new Date(happenedAt).toISOString())).toEqual(expected)
  })

  it('whose timestamp is no time is sent', () => {
    expect(outcome(sent, 0, 'garbage')).toEqual(['/v1/events/send', undefined])
  })

  it('whose update has no time limit has its contact updated at any age', () => {
    const settings = { trackedEvents: '', contactEvents: 'purchase' }
    expect(outcome(settings, 10_000)).toEqual(['/v1/contacts/update', undefined])
  })

  it('that is too old has no person looked up for sending it', () => {
    const looked = { ...sent, posthogUrl: 'https://posthog.example.com', maxEventAge: '24' }
    const needs = (config: Config, hours: number): boolean =>
      needsPerson(eventWith({}), settingsFor({ ...looked, ...config }), happenedAt + hours * HOUR)
    expect([needs({}, 1), needs({}, 25), needs({ contactEvents: 'purchase' }, 25)]).toEqual([true, false, true])
  })
})

describe('delivery', () => {
  const old = { timestamp: new Date(start - 25 * HOUR).toISOString() }
  const $set = { email: 'ada@example.com', plan: 'pro' }

  it('sends nothing of an import, updates the contacts and logs that once', async () => {
    const { clock, api, app, deliver } = simulate()
    for (let day = 0; day < 3; day++) deliver(event('purchase', { $set: { ...$set, seats: day } }, old))
    for (let day = 0; day < 3; day++) deliver(event('$pageview', { $set }, old))
    await clock.run()
    expect(api.events()).toEqual([])
    expect(api.contacts()).toMatchObject([{ email: 'ada@example.com', plan: 'pro', seats: 2 }])
    expect(app.logs.map(({ message }) => message).filter((line) => line.includes('older'))).toEqual([
      `An event is not sent: ${tooOld}. Later events that are not sent for this reason are not logged.`,
    ])
  })

  it('sends an event that waited in the queue for longer than the limit', async () => {
    const { clock, api, faults, deliver } = simulate('2024-02', { maxEventAge: '0.001' })
    faults.push(...Array.from({ length: 5 }, () => failed))
    deliver(event('purchase', { $set }))
    await clock.run()
    expect(api.events()).toHaveLength(1)
    expect(api.requests().at(-1)?.at).toBeGreaterThan(start + 0.001 * HOUR + 1000)
  })

  it('passes no old event to PostHog as a webhook, but its update', async () => {
    const { clock, api, deliver } = simulate('2024-02', { delivery: 'webhook' })
    deliver(event('purchase', { $set }, old))
    deliver(event('$pageview', { $set }, old))
    await clock.run()
    expect(api.events()).toEqual([])
    expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
  })
})
