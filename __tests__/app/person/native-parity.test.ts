import nativeCases from '../../fixtures/native-parity.json'
import { isSetUpRequest } from '../setup'
import { ada, install } from './setup'

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
