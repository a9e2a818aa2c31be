import type { CapturedEvent } from '../event'
import type { EventRule, Settings } from '../settings'
import { withPerson } from '../rules/person'
import type { EventWithPerson } from '../rules/person'
import { isOfPerson, read } from '../rules/template'
import type { Template } from '../rules/template'
import type { LoopsValue } from '../rules/values'
import { emailPlacesUpTo } from './identity'
import { nameInLoops } from '../rules/event-names'
import { filtersHold } from '../rules/filters'
import { own } from '../json'

/**
 * Whether the settings ask for something of the person that the event itself does not tell, so that PostHog must be asked.
 * An event that nobody wants needs nothing.
 */
export function needsPerson(event: CapturedEvent, settings: Settings): boolean {
  const data = withPerson(event)
  const wanted = matchingRules(data, settings)
  const isUntold = (template: Template | LoopsValue): boolean =>
    typeof template === 'object' &&
    template.some((part) => typeof part === 'object' && isOfPerson(part) && read(part, data) === undefined)
  return (
    wanted.some((rule) => rule === settings.contactUpdates && rule.includeAll) ||
    wanted.some((rule) => hasUntoldFilter(rule, data)) ||
    wanted.some(({ mapping, mailingLists: lists }) => [...mapping.values(), ...lists.values()].some(isUntold)) ||
    (wanted.length > 0 && (isUntold(settings.userId) || emailPlacesUpTo(settings.email, data).some(isUntold)))
  )
}

/** Whether a filter looks at something of the person that the event itself does not tell. */
export function filtersNeedPerson(event: CapturedEvent, settings: Settings): boolean {
  const data = withPerson(event)
  return matchingRules(data, settings).some((rule) => hasUntoldFilter(rule, data))
}

/** The rules of the settings that ask for the event, as far as the event itself tells. */
function matchingRules(data: EventWithPerson, { eventsToSend, contactUpdates }: Settings): EventRule[] {
  return [eventsToSend, contactUpdates].filter(
    ({ events, filters }) =>
      nameInLoops(events, data.event.event) !== undefined &&
      filtersHold(
        filters.filter(({ type, key }) => type === 'event' || own(data.person, key) !== undefined),
        data,
      ),
  )
}

function hasUntoldFilter({ filters }: EventRule, { person }: EventWithPerson): boolean {
  return filters.some(({ type, key }) => type === 'person' && own(person, key) === undefined)
}
