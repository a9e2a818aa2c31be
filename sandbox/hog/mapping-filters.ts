/**
 * PostHog's own filters of a mapping: which events run it. Property filters are tested as the app tests its own, which has
 * them from PostHog; only where several values are to differ, PostHog's newer filters want all of them to.
 */
import type { Field } from '../../src/panel/field'
import { parseEventNames } from '../../src/rules/event-names'
import { filteredValue, parseFilters, unmetFilter } from '../../src/rules/filters'
import type { PropertyFilter } from '../../src/rules/filters'
import { withPerson } from '../../src/rules/person'
import { whyNotNamed } from '../../src/rules/similar-name'
import { unmetReasonWithValues } from '../../src/translate/unwanted'
import { UsageError } from '../lib/usage-error'
import type { CapturedEvent } from '../posthog/shapes'
import { NEGATIVE_OPERATORS } from './destination-body'
import type { DestinationMapping, WrittenFilter } from './destination-body'

/** Tells whether an event runs a mapping, and if not, why. */
export class MappingFilters {
  private readonly names: readonly string[]
  private readonly isForAll: boolean
  private readonly properties: readonly PropertyFilter[]

  /** @throws UsageError if a filter is of a kind that the stand-in does not know. */
  constructor({ name, filters }: DestinationMapping) {
    const { events, actions, properties } = filters
    if (actions.length > 0) throw new UsageError(`The mapping "${name}" filters by actions, which only PostHog knows.`)
    this.names = events.flatMap(({ id }) => id ?? [])
    this.isForAll = events.length === this.names.length ? events.length === 0 : true
    this.properties = parsedFilters(properties, name)
  }

  /**
   * @param person the properties that PostHog stores of the event's person.
   * @returns `undefined` if the event runs the mapping; otherwise why not, where the names hold a similar one or a filter
   *   does not hold, and an empty text where the names hold nothing like it.
   */
  whyNot(event: CapturedEvent, person: Readonly<Record<string, unknown>>): string | undefined {
    if (!this.isForAll && !this.names.includes(event.event)) return this.similarName(event.event)
    const data = withPerson(event, { properties: person })
    const filter = unmetFilter(this.properties, data)
    if (filter === undefined) return undefined
    const place = this.properties.indexOf(filter) + 1
    return unmetReasonWithValues([{ group: 'Events to send', place, filter, found: filteredValue(filter, data) }])
  }

  private similarName(event: string): string {
    const field: Field = { text: JSON.stringify(this.names), reject: () => undefined }
    return whyNotNamed(parseEventNames(field, { renamed: false }), event) ?? ''
  }
}

function parsedFilters(written: readonly WrittenFilter[], mapping: string): PropertyFilter[] {
  const field: Field = {
    text: JSON.stringify(written.flatMap(oneValueEach)),
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
