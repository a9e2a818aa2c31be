/** Which events run a mapping of a destination: PostHog's filters of the whole function, of the mapping and of each event. */
import { isRecord, listOf, UnknownFilter } from './filters'
import type { Filters } from './filters'
import { propertyFilter, propertyOf } from './property-filters'
import type { FilteredEvent, PropertyFilter } from './property-filters'
import { similarity, similarProperty } from './similar-names'

interface NamedEvent {
  /** `undefined` stands for every event. */
  readonly name: string | undefined
  readonly properties: readonly PropertyFilter[]
}

/** Filters that must all match, with the words that say where they stand. */
interface Level {
  readonly where: string
  readonly events: readonly NamedEvent[]
  readonly internalUsers: readonly PropertyFilter[]
  readonly properties: readonly PropertyFilter[]
}

/** Tells whether an event runs a mapping, and if not, why. */
export class MappingFilters {
  private readonly levels: readonly Level[]

  /**
   * @param filters of the mapping.
   * @param ofFunction the filters of the whole function.
   * @param internalUsers the property filters that "filter_test_accounts" stands for.
   * @throws UnknownFilter if a filter is of a kind that the simulator does not know.
   */
  constructor(filters: Filters, ofFunction: Filters = {}, internalUsers: readonly unknown[] = []) {
    this.levels = [levelOf(ofFunction, ' of the destination', internalUsers), levelOf(filters, '', internalUsers)]
  }

  /** True if the event runs the mapping. */
  pass(event: FilteredEvent): boolean {
    return this.isFor(event) && this.unmet(event).length === 0
  }

  /**
   * Why an event does not run the mapping, as a clause: the first filter of each list that does not match, or a name that
   * looks like the event's. `undefined` if the mapping is for other events, and if the event runs it.
   */
  whyNot(event: FilteredEvent): string | undefined {
    if (!this.isFor(event)) return this.similarName(event)
    const clauses = this.unmet(event)
    return clauses.length === 0 ? undefined : clauses.join('; ')
  }

  private isFor({ name }: FilteredEvent): boolean {
    return this.levels.every(({ events }) => events.length === 0 || events.some((one) => isNamed(one, name)))
  }

  private unmet(event: FilteredEvent): string[] {
    return this.levels.flatMap((level) => [
      ...unmetIn(level.internalUsers, ' for test accounts', event),
      ...unmetIn(level.properties, level.where, event),
      ...unmetEvents(level, event),
    ])
  }

  private similarName({ name }: FilteredEvent): string | undefined {
    const names = this.levels.flatMap(({ events }) => events.flatMap((one) => one.name ?? []))
    return names.map((other) => similarity(name, other)).find((clause) => clause !== undefined)
  }
}

function levelOf(filters: Filters, where: string, internalUsers: readonly unknown[]): Level {
  const [action] = listOf(filters.actions)
  if (action !== undefined) throw new UnknownFilter(action)
  return {
    where,
    events: listOf(filters.events).map((event) => {
      const { id, properties } = isRecord(event) ? event : {}
      return { name: typeof id === 'string' ? id : undefined, properties: listOf(properties).map(propertyFilter) }
    }),
    internalUsers: filters.filter_test_accounts === true ? internalUsers.map(propertyFilter) : [],
    properties: listOf(filters.properties).map(propertyFilter),
  }
}

function isNamed({ name }: NamedEvent, event: string): boolean {
  return name === undefined || name === event
}

/** One event that matches is enough. */
function unmetEvents({ events }: Level, event: FilteredEvent): string[] {
  const named = events.filter((one) => isNamed(one, event.name))
  const where = ` of the event ${JSON.stringify(event.name)}`
  const clauses = named.map(({ properties }) => unmetIn(properties, where, event))
  return clauses.some((unmet) => unmet.length === 0) ? [] : clauses.flat()
}

/** The first filter that does not match, as a clause. */
function unmetIn(filters: readonly PropertyFilter[], where: string, event: FilteredEvent): string[] {
  const place = filters.findIndex((filter) => !filter.passes(propertyOf(filter, event)))
  const filter = filters[place]
  if (filter === undefined) return []
  const { type, key } = filter
  const found = propertyOf(filter, event)
  const similar = found === undefined ? similarProperty(key, event[type]) : undefined
  const name = type === 'person' ? `person.${key}` : key
  const clause = `filter ${place + 1}${where} does not match: ${name} is ${filter.failureOf(found)}`
  return [similar === undefined ? clause : `${clause} (${String(similarity(similar, key))})`]
}
