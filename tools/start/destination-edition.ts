import type { Clock } from '../lib/clock'
import { compileDestination, runDestination } from '../simulators/hog/destination'
import type { Outcome as HogOutcome } from '../simulators/hog/destination'
import type { DestinationBody } from '../../destination/from-settings/body'
import { HogRun } from '../simulators/hog/hog-run'
import type { HogFunction, HogRequest, LogEntry as HogLog } from '../simulators/hog/hog-run'
import type { Globals } from '../simulators/hog/inputs'
import { MappingFilters } from '../simulators/hog/mapping-filters'
import { Persons } from '../simulators/hog/persons'
import type { Person } from '../simulators/hog/persons'
import { loadHogParser } from '../simulators/hog/syntax-tree'
import { messageOf, UsageError } from '../lib/usage-error'
import type { Fetch } from '../simulators/posthog/fetch'
import type { RequestRecord } from '../simulators/posthog/records'
import type { CapturedEvent } from '../lib/shapes'
import { unwantedSentence } from '../simulators/app/why-nothing-was-sent'
import type { Edition, EventResult } from './edition'

interface Mapping {
  readonly name: string
  readonly filters: MappingFilters
  readonly hogFunction: HogFunction
}

export interface DestinationEditionOptions {
  readonly body: DestinationBody
  readonly apiKey: string
  readonly fetch: Fetch
  readonly clock: Clock
  readonly dryRun: boolean
}

type MadeRequest = RequestRecord & { answer: string }

/** What one mapping made of an event. */
interface MappingResult {
  readonly made: readonly MadeRequest[]
  readonly logs: readonly HogLog[]
  readonly error: Error | undefined
  /** The request that a dry run does not send. */
  readonly unsent?: HogRequest
}

const BY = 'destination'

/** The destination on a server of today: each mapping whose filters match an event runs once. */
export class DestinationEdition implements Edition {
  private readonly persons = new Persons()

  private constructor(
    private readonly mappings: readonly Mapping[],
    private readonly options: DestinationEditionOptions,
  ) {}

  /** @throws UsageError if PostHog would refuse an input, or if the simulator does not know a filter. */
  static async load(options: DestinationEditionOptions): Promise<DestinationEdition> {
    const { body, apiKey } = options
    const parser = await loadHogParser()
    const mappings = body.mappings.map((mapping): Mapping => {
      const inputs = { ...body.inputs, ...mapping.inputs, apiKey: { value: apiKey } }
      try {
        const hogFunction = compileDestination(body.hog, inputs, parser)
        return { name: mapping.name, filters: new MappingFilters(mapping), hogFunction }
      } catch (error) {
        if (error instanceof UsageError) throw error
        throw new UsageError(`PostHog refuses the inputs of "${mapping.name}": ${messageOf(error)}`)
      }
    })
    return new DestinationEdition(mappings, options)
  }

  async replay(event: CapturedEvent): Promise<EventResult> {
    const person = this.persons.after(event)
    const matching = this.mappings.filter(
      ({ filters }) => filters.isFor(event) && filters.unmet(event, person) === undefined,
    )
    const results: MappingResult[] = []
    for (const { hogFunction } of matching) results.push(await this.run(hogFunction, globalsOf(event, person)))
    if (matching.length > 0) return this.resultOf(matching, results)
    const nearMisses = this.mappings.flatMap(({ name, filters }) => {
      const reason = filters.isFor(event) ? filters.unmet(event, person) : filters.similarName(event)
      return reason === undefined ? [] : [{ group: name, reason }]
    })
    const reason = unwantedSentence(nearMisses)
    return { matched: [], reason, outcome: { made: [], errors: [], logs: [], waits: false } }
  }

  close(): void {
    // Nothing of a run outlives it.
  }

  private async run(hogFunction: HogFunction, globals: Globals): Promise<MappingResult> {
    const made: MadeRequest[] = []
    try {
      if (this.options.dryRun) return firstStep(hogFunction, globals)
      const fetch = (request: HogRequest) => this.fetch(request, made)
      const { logs, error }: HogOutcome = await runDestination(hogFunction, globals, {
        fetch,
        clock: this.options.clock,
      })
      return { made, logs, error }
    } catch (error) {
      return { made, logs: [], error: new Error(`An input cannot be filled in: ${messageOf(error)}`) }
    }
  }

  private async fetch(request: HogRequest, made: MadeRequest[]): Promise<{ status: number; body: string }> {
    const { url, method, headers, body } = request
    const sent = { method, headers: { ...headers }, ...(body !== undefined && { body }) }
    const record: MadeRequest = { by: BY, url, ...sent, at: this.options.clock.now(), answer: '' }
    made.push(record)
    try {
      const response = await this.options.fetch(url, sent)
      record.status = response.status
      record.answer = await response.text()
      return { status: response.status, body: record.answer }
    } catch (error) {
      record.error = messageOf(error)
      throw error
    }
  }

  private resultOf(matching: readonly Mapping[], results: readonly MappingResult[]): EventResult {
    const printed = results.flatMap(({ logs }) => logs.filter(({ level }) => level !== 'error'))
    const errors = results.flatMap(({ error }) =>
      error === undefined ? [] : [{ by: BY, name: 'Error', message: error.message }],
    )
    const unsent = results.flatMap(({ unsent: request }) => request ?? [])
    const made = results.flatMap((result) => result.made)
    const isExplained = made.length > 0 || errors.length > 0
    const reason = unsent.length > 0 ? 'The request is not sent: this is a dry run.' : printed.at(-1)?.message
    const isReason = !isExplained && reason !== undefined
    const lines = isReason && unsent.length === 0 ? printed.slice(0, -1) : printed
    const messages = [...lines.map(({ message }) => message), ...unsent.map(dryRunLine)]
    const logs = messages.map((message) => ({ by: BY, level: 'INFO' as const, message, at: this.options.clock.now() }))
    return {
      matched: matching.map(({ name }) => name),
      reason: isReason ? reason : undefined,
      outcome: { made, errors, logs, waits: false },
    }
  }
}

/** Runs the function up to its request. */
function firstStep(hogFunction: HogFunction, globals: Globals): MappingResult {
  const run = new HogRun(hogFunction, globals)
  const step = run.start()
  return {
    made: [],
    logs: run.logs,
    error: step.kind === 'failed' ? step.error : undefined,
    ...(step.kind === 'waits' && { unsent: step.request }),
  }
}

function dryRunLine({ method, url, body = '' }: HogRequest): string {
  return `Dry run: ${method} ${url} ${body}`
}

function globalsOf({ uuid, event, distinct_id, properties, timestamp }: CapturedEvent, person: Person): Globals {
  const url = 'https://posthog.example.com/project/1'
  return {
    event: { uuid, event, distinct_id, properties, timestamp, elements_chain: '', url: `${url}/events/${uuid}` },
    person: { ...person, url: `${url}/persons/${person.id}` },
    groups: {},
    project: { id: 1, name: 'Replay', url },
    source: { name: 'npm start', url },
  }
}
