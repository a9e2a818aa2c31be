/** The destination on a PostHog server: PostHog's filters decide which of its mappings run for an event. */
import type { Field } from '../../src/panel/field'
import { unmetReasonWithValues } from '../../src/translate/unwanted'
import { filteredValue, parseFilters, unmetFilter } from '../../src/rules/filters'
import type { PropertyFilter } from '../../src/rules/filters'
import { withPerson } from '../../src/rules/person'
import type { StoredPerson } from '../../src/rules/person'
import { whyNotNamed } from '../../src/rules/similar-name'
import type { CapturedEvent } from '../posthog/shapes'
import { compileProgram } from './compiler'
import type { Bytecode } from './compiler'
import { runDestination } from './destination'
import type { Outcome, Surroundings } from './destination'
import type { DestinationBody, DestinationMapping, WrittenFilter } from './destination-body'
import { compileInputs } from './inputs'
import type { Globals, Inputs } from './inputs'
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
  readonly filters: readonly PropertyFilter[]
}

export class InstalledDestination {
  private readonly bytecode: Bytecode
  private readonly mappings: readonly CompiledMapping[]

  /**
   * @param body with the API key among its inputs.
   * @throws HogSyntaxError or UnknownHog if the source or the text of an input is no Hog, as PostHog's REST API refuses it.
   */
  constructor({ hog, inputs, mappings }: DestinationBody, parser: HogParser) {
    this.bytecode = programOf(hog, parser)
    this.mappings = mappings.map((mapping) => ({
      mapping,
      inputs: compileInputs({ ...inputs, ...mapping.inputs }, parser),
      filters: filtersOf(mapping.filters.properties),
    }))
  }

  /** Why no mapping is for the event although a name looks like it, as a clause; `undefined` if none does. */
  whyNotNamed(event: CapturedEvent): string | undefined {
    const names = this.mappings.flatMap(({ mapping }) => mapping.filters.events.flatMap(({ id }) => id ?? []))
    const exact = new Map(names.map((name) => [name, { pieces: [name] }]))
    return whyNotNamed({ exact, wildcards: [], excluded: [] }, event.event)
  }

  /** Runs each mapping that is for the event, one after another. `person` is what PostHog stores once the event is in. */
  async deliver(event: CapturedEvent, person: StoredPerson, surroundings: Surroundings): Promise<MappingOutcome[]> {
    const outcomes: MappingOutcome[] = []
    const data = withPerson(event, person)
    for (const { mapping, inputs, filters } of this.mappings) {
      if (!mapping.filters.events.some(({ id }) => id === null || id === event.event)) continue
      const about = { mapping: mapping.name, action: mapping.inputs.action?.value }
      const filter = unmetFilter(filters, data)
      if (filter !== undefined) {
        const place = mapping.filters.properties.findIndex(({ key }) => key === filter.key) + 1
        const unmet = { group: 'Events to send' as const, place, filter, found: filteredValue(filter, data) }
        outcomes.push({ ...about, unmet: unmetReasonWithValues([unmet]) })
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

const NEGATIVE = ['is_not', 'not_icontains', 'not_regex']

/** If a negative filter of a destination has several values, all of them have to differ. */
function filtersOf(written: readonly WrittenFilter[]): PropertyFilter[] {
  const each = written.flatMap((filter) =>
    NEGATIVE.includes(filter.operator) && Array.isArray(filter.value)
      ? filter.value.map((value: unknown) => ({ ...filter, value }))
      : [filter],
  )
  const field: Field = {
    text: JSON.stringify(each),
    reject: (_value, problem) => {
      throw new Error(`A property filter ${problem}.`)
    },
  }
  return parseFilters(field)
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
