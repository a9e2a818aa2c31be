/** Properties that the settings name and the event lacks, although it has one whose name looks alike: for a dry run. */
import type { CapturedEvent } from '../posthog/event'
import { withPerson } from '../posthog/person'
import type { EventWithPerson, StoredPerson } from '../posthog/person'
import type { LoopsValue } from '../loops/values'
import { nameInLoops } from '../settings/event-names'
import { unmetFilter } from '../settings/filters'
import type { EventRule, Settings } from '../settings/settings'
import { similarProperty } from '../settings/similar-name'
import { placeholderValue } from '../settings/template'
import type { Template } from '../settings/template'

/** A clause for each, like `person.properties.firstname: the event has firstName`; none for an event that no rule matches. */
export function nearMisses(event: CapturedEvent, settings: Settings, stored?: StoredPerson): string[] {
  const data = withPerson(event, stored)
  const rules = [settings.eventsToSend, settings.contactUpdates].filter((rule) => isMatched(rule, data))
  if (rules.length === 0) return []
  const values = rules.flatMap(({ mapping, mailingLists }) => [...mapping.values(), ...mailingLists.values()])
  const clauses = [...settings.email, settings.userId, ...values].flatMap((template) => clausesOf(template, data))
  return [...new Set(clauses)]
}

function isMatched({ events, filters }: EventRule, data: EventWithPerson): boolean {
  return nameInLoops(events, data.event.event) !== undefined && unmetFilter(filters, data) === undefined
}

function clausesOf(template: Template | LoopsValue, data: EventWithPerson): string[] {
  if (typeof template !== 'object') return []
  return template.flatMap((part) => {
    if (typeof part !== 'object' || !('name' in part) || placeholderValue(part, data) !== undefined) return []
    const isOfEvent = part.of === 'event properties'
    const similar = similarProperty(part.name, isOfEvent ? data.properties : data.person)
    if (similar === undefined) return []
    return [`${isOfEvent ? 'event' : 'person'}.properties.${part.name}: the event has ${similar.name}`]
  })
}
