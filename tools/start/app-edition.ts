import type { AppConfig } from '../lib/shapes'
import { DryRuns } from '../simulators/app/dry-runs'
import { ObservedApp } from '../simulators/app/observed-app'
import type { Outcome } from '../simulators/app/observed-app'
import { linesOfProblems } from '../lib/settings-problems'
import { heldBackClauses, whyNothingWasSent } from '../simulators/app/why-nothing-was-sent'
import type { Clock } from '../lib/clock'
import { UsageError } from '../lib/usage-error'
import type { Fetch } from '../simulators/posthog/fetch'
import type { FileEvent } from '../simulators/posthog/event-file'
import { PersonsApi } from '../simulators/posthog/persons-api'
import type { Person } from '../simulators/posthog/persons-api'
import type { PosthogApi } from '../simulators/posthog/records'
import type { ServerVersion } from '../simulators/posthog/versions'
import type { Edition, EventResult } from './edition'

export interface AppEditionOptions {
  readonly server: ServerVersion
  readonly config: AppConfig
  readonly fetch: Fetch
  readonly clock: Clock
}

/** The app on a server that runs apps. It runs in a plain context: the VM of real servers is many times slower. */
export class AppEdition implements Edition {
  private readonly app: ObservedApp
  private readonly dryRuns: DryRuns
  /** The person of the event at hand, if the file has it. */
  private readonly persons: Person[] = []

  constructor(private readonly options: AppEditionOptions) {
    const { config, server, clock } = options
    const posthogApi: PosthogApi = (request) => new PersonsApi(clock, this.persons).answer(request)
    this.app = new ObservedApp({ ...options, posthogApi, trusted: true })
    this.dryRuns = new DryRuns(config, server, { clock, posthogApi, trusted: true })
  }

  async replay({ event, person }: FileEvent): Promise<EventResult> {
    const { config, server } = this.options
    this.persons.length = 0
    if (person !== undefined) {
      this.persons.push({ uuid: PERSON_ID, distinct_ids: [event.distinct_id], properties: { ...person } })
    }
    const explanation = await this.dryRuns.explain(event)
    const outcome = await this.app.deliver(event)
    if (!this.app.enabled) throw new UsageError(refusalIn(outcome))
    const reason = whyNothingWasSent(config, server, explanation, outcome)
    const { matched } = explanation
    // The app's own dry run logs the rest.
    if (config.dryRun === 'Yes') return { matched, heldBack: [], reason, hints: [], outcome }
    const heldBack = matched.length === 0 ? [] : heldBackClauses(explanation.nearMisses)
    return { matched, heldBack, reason, hints: explanation.hints, outcome }
  }

  close(): void {
    this.dryRuns.close()
    this.app.close()
  }
}

/** Exports of events do not always name the person's ID. */
const PERSON_ID = '00000000-0000-4000-8000-000000000001'

function refusalIn({ errors }: Outcome): string {
  const message = errors.at(-1)?.message ?? 'It gives no reason.'
  if (!message.startsWith('Loops settings: ')) return `PostHog turns the app off: ${message}`
  return ['PostHog turns the app off, because of its settings:', ...linesOfProblems(message)].join('\n')
}
