import nativeCases from '../fixtures/native-parity.json'
import { globalsOf, loadDestination } from './setup'
import type { LoadedDestination } from './setup'
import { vms } from './vms'

let destination: LoadedDestination

beforeAll(async () => {
  destination = await loadDestination()
})

describe.each(vms)("PostHog's own destinations, in the VM %s", (_, vm) => {
  it.each(nativeCases.map((nativeCase) => [nativeCase.name, nativeCase] as const))('%s', (__, nativeCase) => {
    const { kind, settings, event, expected } = nativeCase
    const [properties, includeAll] =
      kind === 'event'
        ? ['eventProperties', 'includeAllEventProperties']
        : ['contactProperties', 'includeAllPersonProperties']
    // Their user ID is PostHog's ID of the person, and none is compared.
    const values = { action: kind, email: settings.email, userId: '', [properties]: settings.mapping }
    const { request, error } = destination.first(globalsOf(event), { ...values, [includeAll]: settings.includeAll }, vm)
    expect(error).toBeUndefined()
    expect(request === undefined ? null : { path: request.path, body: request.body }).toEqual(expected)
    // Theirs update a contact with POST, which Loops does not document.
    if (request !== undefined) expect(request.method).toBe(kind === 'event' ? 'POST' : 'PUT')
  })
})
