import type { Config } from '../../src/settings/field'
import nativeCases from '../fixtures/native-parity.json'
import { translated } from './setup'

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
