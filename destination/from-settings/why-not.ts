/**
 * Why a mapping of the destination does not run for an event, in the words that the app has for its own settings. PostHog's
 * filters decide whether it runs; this only explains it.
 */
import type { CapturedEvent } from '../../src/posthog/event'
import { withPerson } from '../../src/posthog/person'
import type { StoredPerson } from '../../src/posthog/person'
import { parseEventNames } from '../../src/settings/event-names'
import type { Field } from '../../src/settings/field'
import { filteredValue, parseFilters, unmetFilter } from '../../src/settings/filters'
import type { PropertyFilter } from '../../src/settings/filters'
import { whyNotNamed } from '../../src/settings/similar-name'
import { unmetReasonWithValues } from '../../src/translate/unwanted'
import { NEGATIVE_OPERATORS } from './body'
import type { DestinationMapping } from './body'
import type { WrittenFilter } from './types'

export interface NearMiss {
  /** The name of the mapping. */
  readonly group: string
  /** As a clause. */
  readonly reason: string
}

/**
 * The mappings that nearly run for an event: one that names it has a filter that does not match, or a name looks like its own.
 *
 * @param person what PostHog stores once the event is in.
 */
export function nearMisses(
  mappings: readonly DestinationMapping[],
  event: CapturedEvent,
  person: StoredPerson,
): NearMiss[] {
  return mappings.flatMap((mapping) => {
    const reason = isFor(mapping, event) ? unmetIn(mapping, event, person) : similarNameIn(mapping, event)
    return reason === undefined ? [] : [{ group: mapping.name, reason }]
  })
}

/** PostHog compiles no events, and an event without a name, to a filter that every event passes. */
function isFor({ filters: { events } }: DestinationMapping, { event }: CapturedEvent): boolean {
  return events.length === 0 || events.some(({ id }) => id === null || id === event)
}

function unmetIn({ filters }: DestinationMapping, event: CapturedEvent, person: StoredPerson): string | undefined {
  const data = withPerson(event, person)
  const unmet = filters.properties.map((written) => unmetFilter(filtersFor(written), data))
  const [filter] = unmet.flatMap((one) => one ?? [])
  if (filter === undefined) return undefined
  const place = unmet.indexOf(filter) + 1
  return unmetReasonWithValues([{ group: 'Events to send', place, filter, found: filteredValue(filter, data) }])
}

/** The app's filters that must all match; where PostHog wants several values to differ, one for each value. */
function filtersFor(written: WrittenFilter): PropertyFilter[] {
  const { operator, value } = written
  const isSeveral = NEGATIVE_OPERATORS.includes(operator) && Array.isArray(value)
  const each = isSeveral ? value.map((one: unknown) => ({ ...written, value: one })) : [written]
  return parseFilters(fieldWith(each))
}

function similarNameIn({ filters }: DestinationMapping, { event }: CapturedEvent): string | undefined {
  const names = filters.events.flatMap(({ id }) => id ?? [])
  return whyNotNamed(parseEventNames(fieldWith(names), { renamed: false }), event)
}

function fieldWith(value: unknown): Field {
  return { text: JSON.stringify(value), reject: () => undefined }
}
