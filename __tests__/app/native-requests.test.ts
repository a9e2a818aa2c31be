import type { Config } from '../../src/settings/field'
import nativeCases from '../fixtures/native-parity.json'
import { ada, install } from './person/setup'
import { isSetUpRequest, translated } from './setup'

describe("PostHog's own destinations", () => {
  it.each(nativeCases.map((nativeCase) => [nativeCase.name, nativeCase] as const))('%s', (_, nativeCase) => {
    const { settings, event, expected } = nativeCase
    const mapping = JSON.stringify(settings.mapping)
    const includeAll = settings.includeAll ? 'Yes' : 'No'
    const config: Config =
      nativeCase.kind === 'event'
        ? { trackedEvents: '*', eventProperties: mapping, includeAllEventProperties: includeAll, contactEvents: '' }
        : { contactEvents: '*', contactProperties: mapping, includeAllPersonProperties: includeAll, trackedEvents: '' }

    const translation = translated(event, { ...config, email: settings.email, userId: '' })

    const request = translation && 'request' in translation ? translation.request : null
    expect(request && { path: request.path, body: request.body }).toEqual(expected)
  })

  it('are all of them compared', () => {
    expect(nativeCases.map(({ kind }) => kind).sort()).toEqual([
      ...Array<string>(14).fill('contact'),
      ...Array<string>(10).fill('event'),
    ])
  })
})

describe("PostHog's own destinations, for a page view of a person that PostHog knows", () => {
  const cases = nativeCases.map((nativeCase) => [nativeCase.name, nativeCase] as const)
  it.each(cases)('%s', async (_, { settings, event, kind, expected }) => {
    const { $set, ...properties } = event.properties
    const person = { uuid: ada.uuid, distinct_ids: ['user_1'], properties: $set }
    const mapping = JSON.stringify(settings.mapping)
    const includeAll = settings.includeAll ? 'Yes' : 'No'
    const halves: Record<string, string> =
      kind === 'event'
        ? { trackedEvents: '*', eventProperties: mapping, includeAllEventProperties: includeAll, contactEvents: '' }
        : { contactEvents: '*', contactProperties: mapping, includeAllPersonProperties: includeAll, trackedEvents: '' }
    const { clock, api, worker } = install({ ...halves, email: settings.email, userId: '' }, '2024-02', [person])
    void worker.deliver({ ...event, team_id: 1, properties })
    await clock.run()
    const [request] = api.requests().filter((one) => !isSetUpRequest(one))
    expect(request ? { path: request.path.replace('/api', ''), body: request.body } : null).toEqual(expected)
  })
})
