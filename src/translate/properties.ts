/** The contact properties, event properties and mailing lists of a request. */
import type { CapturedEvent } from '../posthog/event'
import { isRecord, ownProperty } from '../json'
import type { Properties } from '../json'
import { personChanges } from '../posthog/person'
import type { EventWithPerson } from '../posthog/person'
import { contactNameProblem, nameProblem } from '../loops/property-names'
import { templateValue } from '../settings/template'
import { consentOf, dateValue, isEmpty, loopsValue } from '../loops/values'
import type { LoopsValue } from '../loops/values'
import type { EventRule } from '../settings/settings'

/** Gets the name of each mailing list, or `subscribed`, whose value is neither empty nor consent. */
export type ReportUnclear = (name: string) => void

/**
 * The contact properties that the rule includes and maps. `null` resets a property in Loops: each one that a person property
 * removed by the event has fed.
 */
export function contactProperties(
  rule: EventRule,
  data: EventWithPerson,
  reportUnclear?: ReportUnclear,
): Record<string, LoopsValue | null> {
  const kind = { isLeftOut: isLeftOutOfContact, valueOf: contactValue(reportUnclear) }
  const values: Record<string, LoopsValue | null> = propertiesFrom(data.person, rule, kind, data)
  for (const name of namesToReset(rule, data)) if (ownProperty(values, name) === undefined) values[name] = null
  return values
}

/** The event properties that the rule includes and maps. */
export function eventProperties(rule: EventRule, data: EventWithPerson): Record<string, LoopsValue> {
  const kind = { isLeftOut: isLeftOutOfEvent, valueOf: (_: string, value: unknown) => loopsValue(value) }
  return propertiesFrom(data.properties, rule, kind, data)
}

/** Whether to add the contact to each mailing list (`true`) or to remove it; a value that is neither leaves the list out. */
export type MailingLists = Record<string, boolean>

/** The mailing lists of the setting. */
export function mailingListValues(
  { mailingLists }: EventRule,
  data: EventWithPerson,
  reportUnclear: ReportUnclear,
): MailingLists {
  return consents(
    [...mailingLists].map(([id, template]) => [id, templateValue(template, data)]),
    reportUnclear,
  )
}

/**
 * The mailing lists that an event brings as an object `mailingLists`: in `$set`, and over those among its own properties, as
 * Segment and RudderStack take them.
 */
export function mailingListsOfEvent(event: CapturedEvent, reportUnclear: ReportUnclear): MailingLists {
  const rows = [personChanges(event).set, event.properties].flatMap((source) => {
    const lists = ownProperty(source, 'mailingLists')
    return Object.entries(isRecord(lists) ? lists : {})
  })
  // Loops trims names.
  const trimmed = rows.map(([id, value]) => [id.trim(), value] as const)
  return consents(
    trimmed.filter(([id]) => nameProblem(id) === undefined),
    reportUnclear,
  )
}

function consents(
  rows: readonly (readonly [id: string, value: unknown])[],
  reportUnclear: ReportUnclear,
): MailingLists {
  const values: MailingLists = {}
  for (const [id, value] of rows) {
    const consent = consentOf(value)
    if (consent !== undefined) values[id] = consent
    else if (!isEmpty(value)) reportUnclear(id)
  }
  return values
}

/** How names and values are treated in one of the two parts of a request that contain properties. */
interface PropertyKind {
  /** True if "include all" leaves the name out; a mapping may still set it. */
  readonly isLeftOut: (name: string, data: EventWithPerson) => boolean
  readonly valueOf: (name: string, value: unknown) => LoopsValue | undefined
}

function contactValue(reportUnclear?: ReportUnclear): PropertyKind['valueOf'] {
  return (name, found) => {
    const value = loopsValue(found)
    if (name === 'createdAt') return value === undefined ? undefined : dateValue(value)
    if (name !== 'subscribed') return value
    const consent = consentOf(found)
    if (consent === undefined && !isEmpty(found)) reportUnclear?.(name)
    return consent
  }
}

/** With "include all", all properties of `source`; then the mapping on top. */
function propertiesFrom(
  source: Properties,
  { includeAll, mapping }: EventRule,
  { isLeftOut, valueOf }: PropertyKind,
  data: EventWithPerson,
): Record<string, LoopsValue> {
  const values: Record<string, LoopsValue> = {}
  const add = (name: string, found: unknown): void => {
    const value = valueOf(name, found)
    if (value !== undefined) values[name] = value
  }
  if (includeAll) {
    for (const written of Object.keys(source)) {
      // Loops trims names.
      const name = written.trim()
      if (!isLeftOut(name, data)) add(name, source[written])
    }
  }
  for (const [name, template] of mapping) add(name, templateValue(template, data))
  return values
}

/** PostHog's SDKs write their project key (`token`) and the distinct_id into the properties of each event. */
function isLeftOutOfEvent(name: string, { event, properties }: EventWithPerson): boolean {
  if (name.startsWith('$') || nameProblem(name) !== undefined) return true
  if (name === 'distinct_id') return properties.distinct_id === event.distinct_id
  return name === 'token' && typeof properties.token === 'string' && properties.token.startsWith('phc_')
}

/** `subscribed: true` makes Loops subscribe people again who have unsubscribed, so only a mapping may set it. */
function isLeftOutOfContact(name: string): boolean {
  return name.startsWith('$') || name === 'subscribed' || contactNameProblem(name) !== undefined
}

/** The contact properties that a removed person property feeds, by "include all" or as the only placeholder of a mapping. */
function namesToReset({ includeAll, mapping }: EventRule, { unset }: EventWithPerson): string[] {
  if (unset.length === 0) return []
  const mapped = [...mapping].filter(([, template]) => {
    const part = typeof template === 'object' && template.length === 1 ? template[0] : undefined
    return typeof part === 'object' && part.of === 'person properties' && unset.includes(part.name)
  })
  const included = includeAll ? unset.map((name) => name.trim()).filter((name) => !isLeftOutOfContact(name)) : []
  return [...included, ...mapped.map(([name]) => name)].filter((name) => name !== 'subscribed')
}
