import fc from 'fast-check'
import { parseSettings } from '../../src/settings/settings'
import { translate } from '../../src/translate/translate'
import { capturedEvent } from '../properties/events'
import { always } from '../properties/runs'
import { meantSettings } from '../properties/settings'
import type { MeantSettings } from '../properties/settings'
import { fitsARun, isCompared } from './differences'
import { loadDestination, personAfter, withAppsKey } from './setup'
import type { LoadedDestination, SentRequest } from './setup'
import { inputsFor, stored } from './matching'

let destination: LoadedDestination

beforeAll(async () => {
  destination = await loadDestination()
})

const eventAndSettings = fc
  .tuple(capturedEvent.filter(fitsARun).map(stored), meantSettings)
  .filter(([event, meant]) => isCompared(event, meant))

describe('the destination and the app', () => {
  always('make the same request of the same event', eventAndSettings, ([event, meant]) => {
    const settings = parseSettings(meant.config)
    const person = { id: 'person-1', properties: personAfter(event) }
    const inputs = inputsFor(event, settings)
    if (inputs === undefined) return
    const step = destination.first({ event: { ...event }, person }, inputs)
    expect(step.error).toBeUndefined()
    const translation = translate(event, settings, Date.now(), person)
    const request = translation && 'request' in translation ? translation.request : undefined
    expect(withoutMappedNulls(step.request && withAppsKey(step.request), meant)).toEqual(
      withoutMappedNulls(request && (JSON.parse(JSON.stringify(request)) as SentRequest), meant),
    )
  })
})

/**
 * A removed person property resets the one that it feeds: in the destination only where their names agree. An update by the user
 * ID alone is sent only if it writes something.
 */
function withoutMappedNulls(
  request: SentRequest | undefined,
  { contactMapping }: MeantSettings,
): SentRequest | undefined {
  if (request === undefined) return undefined
  const names = contactMapping.map(([name]) => name)
  const body = Object.entries(request.body).filter(([name, value]) => value !== null || !names.includes(name))
  const isEmpty = request.method === 'PUT' && body.every(([name]) => name === 'userId')
  return isEmpty ? undefined : { ...request, body: Object.fromEntries(body) }
}
