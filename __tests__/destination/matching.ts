/** What PostHog does with an event before the destination sees it. */
import { inputsOfIdentity, inputsOfMapping } from '../../destination/from-settings/from-settings'
import type { Action } from '../../destination/from-settings/from-settings'
import { literalText } from '../../destination/from-settings/notation'
import { isoText } from '../../src/posthog/event'
import type { CapturedEvent } from '../../src/posthog/event'
import { nameInLoops } from '../../src/settings/event-names'
import { unmetFilter } from '../../src/settings/filters'
import { withPerson } from '../../src/posthog/person'
import type { EventRule, Settings } from '../../src/settings/settings'
import type { Values } from './setup'

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

/**
 * The inputs of the mapping for the event, written from the app's settings; `undefined` if the settings do not ask for the
 * event. PostHog's own filters decide that for the destination.
 */
export function inputsFor(event: CapturedEvent, settings: Settings): Values | undefined {
  const { eventsToSend, contactUpdates } = settings
  // PostHog knows the stored person.
  const data = withPerson(event, { properties: withPerson(event).person })
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
