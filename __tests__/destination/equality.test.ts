import fc from 'fast-check'
import { inputsOfIdentity, inputsOfMapping } from '../../sandbox/hog/destination-from-settings'
import type { Action } from '../../sandbox/hog/destination-from-settings'
import { literalText } from '../../sandbox/hog/notation'
import { isoText } from '../../src/event'
import type { CapturedEvent } from '../../src/event'
import { unmetFilter } from '../../src/rules/filters'
import { nameInLoops } from '../../src/rules/event-names'
import { withPerson } from '../../src/rules/person'
import { parseSettings } from '../../src/settings'
import type { EventRule, Settings } from '../../src/settings'
import { translate } from '../../src/translate/translate'
import { capturedEvent } from '../properties/events'
import { always } from '../properties/runs'
import { meantSettings } from '../properties/settings'
import type { MeantSettings } from '../properties/settings'
import { fitsARun, isCompared } from './differences'
import { loadDestination } from './given'
import type { LoadedDestination, SentRequest, Values } from './given'

let destination: LoadedDestination

beforeAll(async () => {
  destination = await loadDestination()
})

/** The event as PostHog has stored it: `$set` stands among the properties, and the timestamp is ISO text. */
function stored({ $set, $set_once, properties, timestamp, ...event }: CapturedEvent): CapturedEvent {
  return {
    ...event,
    timestamp: isoText(timestamp) ?? '2024-05-01T10:00:00.000Z',
    properties: JSON.parse(
      JSON.stringify({
        ...($set !== undefined && { $set }),
        ...($set_once !== undefined && { $set_once }),
        ...properties,
      }),
    ) as Record<string, unknown>,
  }
}

const eventAndSettings = fc
  .tuple(capturedEvent.filter(fitsARun).map(stored), meantSettings)
  .filter(([event, meant]) => isCompared(event, meant))

describe('the destination and the app', () => {
  always('make the same request of the same event', eventAndSettings, ([event, meant]) => {
    const settings = parseSettings(meant.config)
    const person = { id: 'person-1', properties: withPerson(event).person }
    const inputs = inputsFor(event, settings)
    if (inputs === undefined) return
    const step = destination.first({ event: { ...event }, person }, inputs)
    expect(step.error).toBeUndefined()
    const translation = translate(event, settings, Date.now(), person)
    const request = translation && 'request' in translation ? translation.request : undefined
    expect(withoutMappedNulls(step.request, meant)).toEqual(
      withoutMappedNulls(request && (JSON.parse(JSON.stringify(request)) as SentRequest), meant),
    )
  })
})

/** The inputs of the mapping for the event; PostHog's own filters decide which one it is. */
function inputsFor(event: CapturedEvent, settings: Settings): Values | undefined {
  const { eventsToSend, contactUpdates } = settings
  const data = withPerson(event)
  const asks = ({ events, filters }: EventRule): boolean =>
    nameInLoops(events, event.event) !== undefined && unmetFilter(filters, data) === undefined
  const [sends, updates] = [asks(eventsToSend), asks(contactUpdates)]
  if (!sends && !updates) return undefined
  const action: Action = sends && updates ? 'both' : sends ? 'event' : 'contact'
  const name = nameInLoops(eventsToSend.events, event.event) ?? event.event
  // PostHog's filters have no wildcards, so a name that one gives is written for the event itself.
  const eventNames = name === event.event ? {} : { [event.event]: literalText(name) }
  return { ...inputsOfIdentity(settings), ...inputsOfMapping(action, settings), eventNames }
}

/** A removed person property resets the one that it feeds: in the destination only where their names agree. */
function withoutMappedNulls(
  request: SentRequest | undefined,
  { contactMapping }: MeantSettings,
): SentRequest | undefined {
  if (request === undefined) return undefined
  const names = contactMapping.map(([name]) => name)
  const body = Object.entries(request.body).filter(([name, value]) => value !== null || !names.includes(name))
  return { ...request, body: Object.fromEntries(body) }
}
