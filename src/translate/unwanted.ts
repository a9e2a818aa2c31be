/** Why the settings do not want an event, as a clause for the log. */
import type { CapturedEvent } from '../posthog/event'
import { quoted } from '../redact'
import type { PropertyFilter } from '../settings/filters'
import { whyNotNamed } from '../settings/similar-name'
import type { Settings } from '../settings/settings'

/** The filter that keeps an event from a group of settings that names it. */
export interface UnmetFilter {
  readonly group: 'Events to send' | 'Update contacts'
  /** Its place among the filters of the group, from 1. */
  readonly place: number
  readonly filter: PropertyFilter
  /** The value of the property; `undefined` if the event or person lacks it. */
  readonly found: unknown
}

/** Names the filters that do not hold, and their properties; nothing of the event. */
export function unmetReason(unmet: readonly UnmetFilter[]): string {
  return joined(unmet.map((one) => [one.group, `${beginning(one)} (on ${quoted(nameOf(one.filter))})`]))
}

/** Names the filters that do not hold, with the values that the event has: only for a dry run. */
export function unmetReasonWithValues(unmet: readonly UnmetFilter[]): string {
  return joined(
    unmet.map((one) => {
      const found = one.found === undefined ? 'missing' : quoted(one.found)
      return [one.group, `${beginning(one)}: ${nameOf(one.filter)} is ${found}, ${one.filter.failure}`]
    }),
  )
}

/** Why no group of settings names the event, although a name looks like it; `undefined` if none does. */
export function similarNameReason({ event }: CapturedEvent, settings: Settings): string | undefined {
  const reasons = [
    ['Events to send', whyNotNamed(settings.eventsToSend.events, event)],
    ['Update contacts', whyNotNamed(settings.contactUpdates.events, event)],
  ] as const
  const found = reasons.flatMap(([group, reason]) => (reason === undefined ? [] : [[group, reason] as const]))
  return found.length === 0 ? undefined : joined(found)
}

/** Names the groups only where their reasons differ. */
function joined(reasons: readonly (readonly [group: string, reason: string])[]): string {
  const [first] = reasons
  if (first !== undefined && reasons.every(([, reason]) => reason === first[1])) return first[1]
  return reasons.map(([group, reason]) => `${group}: ${reason}`).join('; ')
}

function beginning({ place }: UnmetFilter): string {
  return `filter ${place} does not hold`
}

/** As the plain syntax of filters writes it. */
function nameOf({ type, key }: PropertyFilter): string {
  return type === 'person' ? `person.${key}` : key
}
