/** What PostHog does with an event before the destination sees it. */
import { isoText } from '../../src/event'
import type { CapturedEvent } from '../../src/event'
import { nameInLoops } from '../../src/rules/event-names'
import { unmetFilter } from '../../src/rules/filters'
import { withPerson } from '../../src/rules/person'
import type { EventRule, Settings } from '../../src/settings'
import type { Matching } from './inputs-of'

/** The event as PostHog has stored it: `$set` stands among the properties, and the timestamp is ISO text. */
export function stored({ $set, $set_once, properties, timestamp, ...event }: CapturedEvent): CapturedEvent {
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

/** What the settings ask of the event; PostHog's own filters decide it for the destination. */
export function matchingOf(event: CapturedEvent, { eventsToSend, contactUpdates }: Settings): Matching | undefined {
  const data = withPerson(event)
  const asks = ({ events, filters }: EventRule): boolean =>
    nameInLoops(events, event.event) !== undefined && unmetFilter(filters, data) === undefined
  const [sends, updates] = [asks(eventsToSend), asks(contactUpdates)]
  if (!sends && !updates) return undefined
  return {
    action: sends && updates ? 'both' : sends ? 'event' : 'contact',
    eventName: event.event,
    loopsName: nameInLoops(eventsToSend.events, event.event) ?? event.event,
  }
}
