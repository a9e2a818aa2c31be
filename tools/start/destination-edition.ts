import type { Clock } from '../lib/clock'
import type { DestinationBody } from '../../destination/from-settings/body'
import { hogFetch, mockedFetch } from '../simulators/hog/destination'
import type { SentRequest } from '../simulators/hog/destination'
import { InstalledDestination } from '../simulators/hog/installed-destination'
import type { MappingOutcome } from '../simulators/hog/installed-destination'
import { Persons } from '../simulators/hog/persons'
import { loadHogParser } from '../simulators/hog/syntax-tree'
import type { Fetch } from '../simulators/posthog/fetch'
import type { FileEvent } from '../simulators/posthog/event-file'
import { heldBackClauses, noMatchSentence } from '../simulators/app/why-nothing-was-sent'
import type { Edition, EventResult } from './edition'

export interface DestinationEditionOptions {
  readonly body: DestinationBody
  readonly apiKey: string
  readonly fetch: Fetch
  readonly clock: Clock
  readonly dryRun: boolean
  /** Whether the body was made of settings of the app: remedies are then in the app's notation. */
  readonly isOfApp: boolean
}

const BY = 'destination'

/** The destination on a server of today: each mapping whose filters match an event runs once. */
export class DestinationEdition implements Edition {
  private readonly persons = new Persons()

  private constructor(
    private readonly installed: InstalledDestination,
    private readonly options: DestinationEditionOptions,
  ) {}

  /** @throws UsageError if PostHog would refuse an input, or if the simulator does not know a filter. */
  static async load(options: DestinationEditionOptions): Promise<DestinationEdition> {
    const { body, apiKey } = options
    const inputs = { ...body.inputs, apiKey: { value: apiKey } }
    return new DestinationEdition(new InstalledDestination({ ...body, inputs }, await loadHogParser()), options)
  }

  async replay({ event, person: exported }: FileEvent): Promise<EventResult> {
    const { clock, dryRun } = this.options
    const stored = this.persons.after(event)
    const person = exported === undefined ? stored : { ...stored, properties: exported }
    const fetch = dryRun ? mockedFetch : hogFetch(this.options.fetch)
    const outcomes = await this.installed.deliver(event, person, { fetch, clock })
    const notRun = this.installed.notRun(event, person)
    if (outcomes.length > 0) return { ...this.resultOf(outcomes), heldBack: heldBackClauses(notRun) }
    const reason = noMatchSentence(notRun, 'no mapping has its name')
    return {
      matched: [],
      heldBack: [],
      reason,
      hints: [],
      outcome: { made: [], errors: [], logs: [], waitsFor: undefined },
    }
  }

  close(): void {
    // Nothing of a run outlives it.
  }

  private resultOf(outcomes: readonly MappingOutcome[]): Omit<EventResult, 'heldBack'> {
    const { clock, dryRun } = this.options
    const printed = outcomes.flatMap(({ logs }) => logs.filter(({ level }) => level !== 'error'))
    const messages = printed.map(({ message }) => this.inNotationOfFile(message))
    const errors = outcomes.flatMap(({ error }) =>
      error === undefined ? [] : [{ by: BY, name: 'Error', message: this.inNotationOfFile(error.message) }],
    )
    const requests = outcomes.flatMap((outcome) => outcome.requests)
    const isSilent = requests.length === 0 && errors.length === 0
    // The destination prints why it sends nothing.
    const reason = isSilent ? messages.pop() : undefined
    const isUnsent = dryRun && requests.length > 0
    if (isUnsent) messages.push(...requests.map(dryRunLine))
    return {
      matched: outcomes.map(({ mapping }) => mapping.name),
      reason: isUnsent ? 'The request is not sent: this is a dry run.' : reason,
      hints: [...new Set(outcomes.flatMap(({ nearMisses }) => nearMisses))],
      outcome: {
        made: dryRun
          ? []
          : requests.map(({ body = '', ...request }) => ({
              ...request,
              body,
              by: BY,
              headers: { ...request.headers },
            })),
        errors,
        logs: messages.map((message) => ({ by: BY, level: 'INFO' as const, message, at: clock.now() })),
        waitsFor: undefined,
      },
    }
  }

  /** The destination names one remedy in a notation that the app's settings do not have. */
  private inNotationOfFile(message: string): string {
    if (!this.options.isOfApp) return message
    const list = '{[person.properties.email, event.distinct_id]}'
    return message.replace(list, '{person.properties.email}, {event.distinct_id}')
  }
}

function dryRunLine({ method, url, body = '' }: SentRequest): string {
  return `Dry run: ${method} ${url} ${body}`
}
