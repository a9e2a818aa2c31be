/** The destination on a PostHog server: PostHog's filters decide which of its mappings run for an event. */
import { withPerson } from '../../../src/posthog/person'
import type { StoredPerson } from '../../../src/posthog/person'
import type { CapturedEvent } from '../../lib/shapes'
import { compileProgram } from './compiler'
import type { Bytecode } from './compiler'
import { runDestination } from './destination'
import type { Outcome, Surroundings } from './destination'
import type { DestinationBody, DestinationMapping } from '../../../destination/from-settings/body'
import { compileInputs } from './inputs'
import type { Globals, Inputs } from './inputs'
import { MappingFilters } from './mapping-filters'
import type { HogParser } from './syntax-tree'

/** What a mapping does about an event that its events name: it runs, or a property filter does not hold. */
export interface MappingOutcome extends Partial<Outcome> {
  readonly mapping: string
  /** The input `action`: `event`, `contact` or `both`. */
  readonly action: unknown
  /** The filter that does not hold, as a clause; then the function does not run. */
  readonly unmet?: string
}

export type { StoredPerson }

interface CompiledMapping {
  readonly mapping: DestinationMapping
  readonly inputs: ReturnType<typeof compileInputs>
  readonly filters: MappingFilters
}

export class InstalledDestination {
  private readonly bytecode: Bytecode
  private readonly mappings: readonly CompiledMapping[]

  /**
   * @param body with the API key among its inputs.
   * @throws HogSyntaxError or UnknownHog if the source or the text of an input is no Hog, as PostHog's REST API refuses it;
   * UsageError if a filter is of a kind that the simulator does not know.
   */
  constructor({ hog, inputs, mappings }: DestinationBody, parser: HogParser) {
    this.bytecode = programOf(hog, parser)
    this.mappings = mappings.map((mapping) => ({
      mapping,
      inputs: compileInputs({ ...inputs, ...mapping.inputs }, parser),
      filters: new MappingFilters(mapping),
    }))
  }

  /** Why no mapping is for the event although a name looks like it, as a clause; `undefined` if none does. */
  similarName(event: CapturedEvent): string | undefined {
    return this.mappings.map(({ filters }) => filters.similarName(event)).find((reason) => reason !== undefined)
  }

  /** Runs each mapping that is for the event, one after another. `person` is what PostHog stores once the event is in. */
  async deliver(event: CapturedEvent, person: StoredPerson, surroundings: Surroundings): Promise<MappingOutcome[]> {
    const outcomes: MappingOutcome[] = []
    for (const { mapping, inputs, filters } of this.mappings) {
      if (!filters.isFor(event)) continue
      const about = { mapping: mapping.name, action: mapping.inputs.action?.value }
      const unmet = filters.unmet(event, person)
      if (unmet !== undefined) {
        outcomes.push({ ...about, unmet })
        continue
      }
      const hogFunction = { bytecode: this.bytecode, inputs }
      outcomes.push({
        ...about,
        ...(await outcomeOf(() => runDestination(hogFunction, globalsOf(event, person), surroundings))),
      })
    }
    return outcomes
  }
}

/** A run that cannot start, since an input cannot be filled in, fails like one that ends in an error. */
async function outcomeOf(run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run()
  } catch (error) {
    return { requests: [], logs: [], error: error as Error }
  }
}

let compiled: { readonly hog: string; readonly bytecode: Bytecode } | undefined

/** The source is long and seldom changes. */
function programOf(hog: string, parser: HogParser): Bytecode {
  if (compiled?.hog !== hog) compiled = { hog, bytecode: compileProgram(parser.program(hog)) }
  return compiled.bytecode
}

/** The body with the key, which a user adds to what is built. */
export function withKey(body: DestinationBody, apiKey: string): DestinationBody {
  const inputs: Inputs = { ...body.inputs, apiKey: { value: apiKey } }
  return { ...body, inputs }
}

function globalsOf({ event, uuid, distinct_id, timestamp, properties }: CapturedEvent, person: StoredPerson): Globals {
  return {
    event: { event, uuid, distinct_id, timestamp, properties },
    person: { id: person.id, properties: person.properties },
  }
}

/** The person of the last of the events, as PostHog stores it after them. */
export function storedPerson(events: readonly CapturedEvent[]): StoredPerson {
  const last = events.at(-1)
  const properties = events
    .filter(({ distinct_id }) => distinct_id === last?.distinct_id)
    .reduce<StoredPerson['properties']>((stored, event) => withPerson(event, { properties: stored }).person, {})
  return { id: `person-of-${last?.distinct_id ?? 'nobody'}`, properties }
}
