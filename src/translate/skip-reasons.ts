/** The reason why an event matches no setting, as a clause for the log. */
import type { CapturedEvent } from '../posthog/event'
import { quoted } from '../redact'
import { settingFields } from '../settings/field'
import type { PropertyFilter, UnmetFilter } from '../settings/filters'
import { similarProperty, whyNotNamed } from '../settings/similar-name'
import type { Settings } from '../settings/settings'

/** The filter that excludes an event from a group of settings that names it. */
export interface UnmetGroup extends UnmetFilter {
  readonly group: 'Events to send' | 'Update contacts'
}

/** Names the filters that do not match, and their properties; no value of the event. */
export function unmetReason(unmet: readonly UnmetGroup[], settings: Settings): string {
  return joined(
    unmet.map((one) => {
      const similar = similarNameOf(one)
      const names = `${quoted(nameOf(one.filter))}${similar === undefined ? '' : `; ${similar}`}`
      return [one.group, whyUnmet(one, settings, ` (on ${names})`)]
    }),
  )
}

/** Names the filters that do not match, with the values that the event has: only for a dry run. */
export function unmetReasonWithValues(unmet: readonly UnmetGroup[], settings: Settings): string {
  return joined(
    unmet.map((one) => {
      const similar = similarNameOf(one)
      const found = one.filter.failureOf(one.found) + (similar === undefined ? '' : ` (${similar})`)
      return [one.group, whyUnmet(one, settings, `: ${nameOf(one.filter)} is ${found}`)]
    }),
  )
}

/** Names the filter that keeps an event from one group of settings, with the value that the event has: only for a dry run. */
export function heldBackReason(unmet: UnmetGroup, settings: Settings): string {
  return `${unmet.group}: ${unmetReasonWithValues([unmet], settings)}`
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

/** `whatDecided` is left out if the property is unknown. */
function whyUnmet({ number, filter, isKnown }: UnmetFilter, { posthogUrl }: Settings, whatDecided: string): string {
  const whyUnknown =
    posthogUrl === '' ? `fill in "${settingFields.posthogUrl.label}"` : 'PostHog cannot look up an anonymous person'
  return `filter ${number} does not match${isKnown ? whatDecided : `: ${nameOf(filter)} is unknown, ${whyUnknown}`}`
}

/** A property with a similar name to a missing one, and how the names differ. */
function similarNameOf({ filter, properties, found }: UnmetFilter): string | undefined {
  return found === undefined ? similarProperty(filter.key, properties)?.clause : undefined
}

/** As the plain syntax of filters writes it. */
function nameOf({ type, key }: PropertyFilter): string {
  return type === 'person' ? `person.${key}` : key
}
