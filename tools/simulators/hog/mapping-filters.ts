/**
 * PostHog's own filters of a mapping: which events run it. Property filters are tested as the app tests its own, which has
 * them from PostHog; only where several values are to differ, PostHog's newer filters want all of them to.
 */
import type { Field } from '../../../src/settings/field'
import { parseEventNames } from '../../../src/settings/event-names'
import { filteredValue, parseFilters, unmetFilter } from '../../../src/settings/filters'
import type { PropertyFilter } from '../../../src/settings/filters'
import { withPerson } from '../../../src/posthog/person'
import type { StoredPerson } from '../../../src/posthog/person'
import { whyNotNamed } from '../../../src/settings/similar-name'
import { unmetReasonWithValues } from '../../../src/translate/unwanted'
import { UsageError } from '../../lib/usage-error'
import type { CapturedEvent } from '../../lib/shapes'
import { NEGATIVE_OPERATORS } from '../../../destination/from-settings/body'
import type { DestinationMapping, WrittenFilter } from '../../../destination/from-settings/body'

/** Tells whether an event runs a mapping, and if not, why. */
export class MappingFilters {
  private readonly named: readonly string[]
  private readonly isForAll: boolean
  /** For each filter as it is written, the filters that all have to hold. */
  private readonly properties: readonly (readonly PropertyFilter[])[]

  /** @throws UsageError if a filter is of a kind that the simulator does not know. */
  constructor({ name, filters }: DestinationMapping) {
    const { events, actions, properties } = filters
    if (actions.length > 0) throw new UsageError(`The mapping "${name}" filters by actions, which only PostHog knows.`)
    this.named = events.flatMap(({ id }) => id ?? [])
    // PostHog compiles no events to a filter that always holds.
    this.isForAll = events.length === 0 || this.named.length < events.length
    this.properties = properties.map((written) => parsedFilters(written, name))
  }

  /** Whether the mapping is for events of this name. */
  isFor({ event }: CapturedEvent): boolean {
    return this.isForAll || this.named.includes(event)
  }

  /**
   * @param person what PostHog stores of the event's person.
   * @returns the filter that does not hold, as a clause; `undefined` if all do.
   */
  unmet(event: CapturedEvent, person: StoredPerson): string | undefined {
    const data = withPerson(event, person)
    const unmet = this.properties.map((filters) => unmetFilter(filters, data))
    const [filter] = unmet.flatMap((one) => one ?? [])
    if (filter === undefined) return undefined
    const place = unmet.indexOf(filter) + 1
    return unmetReasonWithValues([{ group: 'Events to send', place, filter, found: filteredValue(filter, data) }])
  }

  /** Why the mapping is not for the event although one of its names looks alike, as a clause; `undefined` if none does. */
  similarName({ event }: CapturedEvent): string | undefined {
    const field: Field = { text: JSON.stringify(this.named), reject: () => undefined }
    return whyNotNamed(parseEventNames(field, { renamed: false }), event)
  }
}

function parsedFilters(written: WrittenFilter, mapping: string): PropertyFilter[] {
  const field: Field = {
    text: JSON.stringify(oneValueEach(written)),
    reject: (value, problem) => {
      throw new UsageError(
        `The mapping "${mapping}" has a filter that is not known here: ${JSON.stringify(value)} ${problem}.`,
      )
    },
  }
  return parseFilters(field)
}

/** A filter for each value, where PostHog wants all of them to differ. */
function oneValueEach(filter: WrittenFilter): WrittenFilter[] {
  const { operator, value } = filter
  if (!NEGATIVE_OPERATORS.includes(operator) || !Array.isArray(value)) return [filter]
  return value.map((one: unknown) => ({ ...filter, value: one }))
}
