/** Whether the app has to look up the event's person in PostHog. */
import type { CapturedEvent } from '../posthog/event'
import { nameInLoops } from '../settings/event-names'
import { unmetFilter } from '../settings/filters'
import { withPerson } from '../posthog/person'
import type { EventWithPerson } from '../posthog/person'
import { placeholderValue, readsPerson } from '../settings/template'
import type { Template } from '../settings/template'
import type { LoopsValue } from '../loops/values'
import type { EventRule, Settings } from '../settings/settings'
import { excessiveAge } from './age'
import { emailEntriesWithoutAddress, hasOwnPerson } from './identity'

/**
 * True if the app has to look up the person: `posthogUrl` is set, and a rule that may match the event needs person data that
 * the event lacks. An anonymous event, and one of a shared distinct_id, has no person of its own to look up.
 */
export function needsPerson(event: CapturedEvent, settings: Settings, receivedAt: number): boolean {
  if (settings.posthogUrl === '') return false
  const data = withPerson(event)
  if (!hasOwnPerson(data)) return false
  const rules = rulesThatMayMatch(data, settings, receivedAt)
  const lacksValue = (template: Template | LoopsValue): boolean =>
    typeof template === 'object' &&
    template.some((part) => typeof part === 'object' && readsPerson(part) && placeholderValue(part, data) === undefined)
  return (
    rules.some((rule) => rule === settings.contactUpdates && rule.includeAll) ||
    rules.some((rule) => needsLookUp(rule, data)) ||
    rules.some(({ mapping, mailingLists }) => [...mapping.values(), ...mailingLists.values()].some(lacksValue)) ||
    (rules.length > 0 &&
      (lacksValue(settings.userId) || emailEntriesWithoutAddress(settings.email, data).some(lacksValue)))
  )
}

/**
 * The settings for an event whose person PostHog did not return: they take no email from an entry after the first that PostHog
 * may fill, because Loops would link the contact to that email.
 */
export function settingsWithoutPerson(event: CapturedEvent, settings: Settings): Settings {
  const data = withPerson(event)
  const first = settings.email.findIndex((template) =>
    template.some(
      (part) => typeof part === 'object' && readsPerson(part) && placeholderValue(part, data) === undefined,
    ),
  )
  return first < 0 ? settings : { ...settings, email: settings.email.slice(0, first + 1) }
}

/** True if a filter of a rule that may match the event needs person data that the event lacks. */
export function filtersNeedPerson(event: CapturedEvent, settings: Settings, receivedAt: number): boolean {
  const data = withPerson(event)
  return rulesThatMayMatch(data, settings, receivedAt).some((rule) => needsLookUp(rule, data))
}

/** The rules that name the event and whose filters may match it; none for an event that is too old. */
function rulesThatMayMatch(data: EventWithPerson, settings: Settings, receivedAt: number): EventRule[] {
  if (excessiveAge(data.event, settings, receivedAt) !== undefined) return []
  return [settings.eventsToSend, settings.contactUpdates].filter(
    ({ events, filters }) =>
      nameInLoops(events, data.event.event) !== undefined && unmetFilter(filters, data)?.isKnown !== true,
  )
}

/** True if a filter looks at a person property that only a look-up can tell. */
function needsLookUp({ filters }: EventRule, data: EventWithPerson): boolean {
  return unmetFilter(filters, data)?.isKnown === false
}
