import type { CapturedEvent } from '../event'
import type { Half, Settings } from '../settings'
import { sightingOf } from '../rules/person'
import type { Sighting } from '../rules/person'
import { isOfPerson, read } from '../rules/template'
import type { Template } from '../rules/template'
import type { LoopsValue } from '../rules/values'
import { ladderTo } from './identity'
import { nameInLoops } from '../rules/event-names'
import { filtersHold } from '../rules/filters'
import { own } from '../json'

/**
 * Whether the settings ask for something of the person that the event itself does not tell, so that PostHog must be asked.
 * An event that nobody wants needs nothing.
 */
export function needsPerson(event: CapturedEvent, settings: Settings): boolean {
  const sighting = sightingOf(event)
  const wanted = wantedHalves(sighting, settings)
  const isUntold = (template: Template | LoopsValue): boolean =>
    typeof template === 'object' &&
    template.some((part) => typeof part === 'object' && isOfPerson(part) && read(part, sighting) === undefined)
  return (
    wanted.some((half) => half === settings.contactUpdates && half.includeAll) ||
    wanted.some((half) => hasUntoldFilter(half, sighting)) ||
    wanted.some(({ mapping, mailingLists: lists }) => [...mapping.values(), ...lists.values()].some(isUntold)) ||
    (wanted.length > 0 && (isUntold(settings.userId) || ladderTo(settings.email, sighting).some(isUntold)))
  )
}

/** Whether a filter looks at something of the person that the event itself does not tell. */
export function filtersNeedPerson(event: CapturedEvent, settings: Settings): boolean {
  const sighting = sightingOf(event)
  return wantedHalves(sighting, settings).some((half) => hasUntoldFilter(half, sighting))
}

/** The halves of the settings that ask for the event, as far as the event itself tells. */
function wantedHalves(sighting: Sighting, { eventsToSend, contactUpdates }: Settings): Half[] {
  return [eventsToSend, contactUpdates].filter(
    ({ events, filters }) =>
      nameInLoops(events, sighting.event.event) !== undefined &&
      filtersHold(
        filters.filter(({ type, key }) => type === 'event' || own(sighting.person, key) !== undefined),
        sighting,
      ),
  )
}

function hasUntoldFilter({ filters }: Half, { person }: Sighting): boolean {
  return filters.some(({ type, key }) => type === 'person' && own(person, key) === undefined)
}
