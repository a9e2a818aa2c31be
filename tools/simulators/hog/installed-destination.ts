/** A destination on a PostHog server: PostHog's filters decide which of its mappings run for an event. */
import { messageOf, UsageError } from '../../lib/usage-error'
import type { CapturedEvent } from '../../lib/shapes'
import { compileDestination, runDestination } from './destination'
import type { Outcome, Surroundings } from './destination'
import { isRecord, UnknownFilter } from './filters'
import type { Filters } from './filters'
import { DEFAULT_PROJECT, globalsOf } from './globals'
import type { Globals, Project } from './globals'
import type { HogFunction } from './hog-run'
import type { Inputs } from './inputs'
import { MappingFilters } from './mapping-filters'
import { nearMissesOf, propertiesReadBy } from './near-misses'
import type { ReadProperty } from './near-misses'
import type { Person } from './persons'
import type { FilteredEvent } from './property-filters'
import type { HogParser } from './syntax-tree'

/** A destination as PostHog's REST API takes it, with the API key among its inputs. */
export interface DestinationToInstall {
  readonly name: string
  readonly hog: string
  readonly inputs: Inputs
  readonly filters: Filters
  /** Without mappings, the function itself runs. */
  readonly mappings: readonly MappingToInstall[] | null
}

export interface MappingToInstall {
  readonly name?: unknown
  readonly inputs: Inputs
  readonly filters: Filters
}

/** One function to run for the events that pass the filters. */
export interface InstalledMapping {
  readonly name: string
  readonly hogFunction: HogFunction
  readonly filters: MappingFilters
  /** The properties that its inputs read. */
  readonly reads: readonly ReadProperty[]
}

/** What a mapping has done about an event that passes its filters. */
export interface MappingOutcome extends Outcome {
  readonly mapping: InstalledMapping
  /** The properties that its inputs read and the event lacks, although it has one whose name looks alike: a clause each. */
  readonly nearMisses: readonly string[]
}

/** Why a mapping does not run for an event. */
export interface NotRun {
  /** The name of the mapping. */
  readonly group: string
  /** As a clause. */
  readonly reason: string
}

export interface ServerOfDestination {
  readonly project: Project
  /** The property filters of internal and test users. */
  readonly internalUsers: readonly unknown[]
}

const DEFAULT_SERVER: ServerOfDestination = { project: DEFAULT_PROJECT, internalUsers: [] }

export class InstalledDestination {
  readonly mappings: readonly InstalledMapping[]

  /** @throws UsageError if PostHog would refuse the source or an input, or if the simulator does not know a filter. */
  constructor(
    private readonly body: DestinationToInstall,
    parser: HogParser,
    private readonly server = DEFAULT_SERVER,
  ) {
    const { name, hog, inputs, filters, mappings } = body
    // The mappings have the events, so PostHog drops those of the function.
    const ofFunction = mappings === null ? {} : { ...filters, events: [], actions: [] }
    this.mappings = (mappings ?? [body]).map((mapping) => {
      const named = typeof mapping.name === 'string' ? mapping.name : name
      const all = { ...inputs, ...mapping.inputs }
      return refusing(named, () => ({
        name: named,
        hogFunction: compileDestination(hog, all, parser),
        filters: new MappingFilters(mapping.filters, ofFunction, server.internalUsers),
        reads: propertiesReadBy(all, parser),
      }))
    })
  }

  /** The mappings that an event runs. */
  matching(globals: Globals): InstalledMapping[] {
    const event = filteredEvent(globals)
    return this.mappings.filter(({ filters }) => filters.pass(event))
  }

  /** The mappings that nearly run: one that names the event has a filter that does not match, or a name looks like its own. */
  notRun(event: CapturedEvent, person: Person): NotRun[] {
    const filtered = filteredEvent(this.globalsOf(event, person))
    return this.mappings.flatMap(({ name, filters }) => {
      const reason = filters.whyNot(filtered)
      return reason === undefined ? [] : [{ group: name, reason }]
    })
  }

  /**
   * Runs each mapping whose filters the event passes, one after another.
   *
   * @param person what PostHog stores once the event is in.
   */
  async deliver(event: CapturedEvent, person: Person, surroundings: Surroundings): Promise<MappingOutcome[]> {
    const globals = this.globalsOf(event, person)
    const outcomes: MappingOutcome[] = []
    for (const mapping of this.matching(globals)) {
      const outcome = await runDestination(mapping.hogFunction, globals, surroundings)
      outcomes.push({ mapping, nearMisses: nearMissesOf(mapping.reads, globals), ...outcome })
    }
    return outcomes
  }

  private globalsOf(event: CapturedEvent, person: Person): Globals {
    return globalsOf(event, person, this.body.name, this.server.project)
  }
}

function filteredEvent({ event: { event, properties }, person }: Globals): FilteredEvent {
  const recordIn = (value: unknown) => (isRecord(value) ? value : {})
  return { name: String(event), event: recordIn(properties), person: recordIn(person?.['properties']) }
}

function refusing<Result>(name: string, compile: () => Result): Result {
  try {
    return compile()
  } catch (error) {
    if (!(error instanceof UnknownFilter))
      throw new UsageError(`PostHog refuses the inputs of "${name}": ${messageOf(error)}`)
    throw new UsageError(`The mapping "${name}" has a filter that only PostHog knows: ${error.message}.`)
  }
}
