/** A destination on a PostHog server: PostHog's filters decide which of its mappings run for an event. */
import { messageOf, UsageError } from '../../lib/usage-error'
import type { CapturedEvent } from '../../lib/shapes'
import type { Bytecode } from './compiler'
import { compileDestination, runDestination } from './destination'
import type { Outcome, Surroundings } from './destination'
import { compileFilters, passes, UnknownFilter } from './filters'
import type { Filters } from './filters'
import { DEFAULT_PROJECT, globalsOf } from './globals'
import type { Globals, Project } from './globals'
import type { HogFunction } from './hog-run'
import type { Inputs } from './inputs'
import type { Person } from './persons'
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
  readonly filters: readonly Bytecode[]
}

/** What a mapping has done about an event that passes its filters. */
export interface MappingOutcome extends Outcome {
  readonly mapping: InstalledMapping
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
    const common = mappings === null ? [] : [{ ...filters, events: [], actions: [] }]
    this.mappings = (mappings ?? [body]).map((mapping) => {
      const named = typeof mapping.name === 'string' ? mapping.name : name
      return refusing(named, () => ({
        name: named,
        hogFunction: compileDestination(hog, { ...inputs, ...mapping.inputs }, parser),
        filters: [...common, mapping.filters].map((each) => compileFilters(each, server.internalUsers)),
      }))
    })
  }

  /** The mappings whose filters the event passes. */
  matching(globals: Globals): InstalledMapping[] {
    return this.mappings.filter(({ filters }) => filters.every((each) => passes(each, globals)))
  }

  /**
   * Runs each mapping whose filters the event passes, one after another.
   *
   * @param person what PostHog stores once the event is in.
   */
  async deliver(event: CapturedEvent, person: Person, surroundings: Surroundings): Promise<MappingOutcome[]> {
    const globals = globalsOf(event, person, this.body.name, this.server.project)
    const outcomes: MappingOutcome[] = []
    for (const mapping of this.matching(globals)) {
      outcomes.push({ mapping, ...(await runDestination(mapping.hogFunction, globals, surroundings)) })
    }
    return outcomes
  }
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
