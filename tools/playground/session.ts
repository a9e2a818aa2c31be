import { DryRuns } from '../simulators/app/dry-runs'
import { eventFrom } from '../simulators/posthog/event-value'
import type { CapturedEvent } from '../lib/shapes'
import type { Fetch } from '../simulators/posthog/fetch'
import { UsageError } from '../lib/usage-error'
import { Persons } from '../simulators/hog/persons'
import { ObservedApp } from '../simulators/app/observed-app'
import { serverVersion, serverVersions, type ServerVersion } from '../simulators/posthog/versions'
import { TODAY } from './contract'
import type {
  MailingListState,
  Problem,
  RecipeStart,
  Result,
  SettingsQuestion,
  Target,
  Verdict,
  Verdicts,
} from './contract'
import { destinationProblems, DestinationRuns, personAfter } from './destination-runs'
import { LiveEvents } from './live-events'
import { realLoops, Simulator, SIMULATOR_KEY } from './loops'
import { mockedResult, nothingTried, offResult, resultOf, verdictOf, type SetUp } from './results'
import { checkedSettings, problemsWith } from './settings-problems'
import { LinkWarnings } from './warnings'

/** The PostHog server that the page starts with. */
export const USUAL_SERVER = '2024-02'

export interface SessionOptions {
  recorded: readonly CapturedEvent[]
  recipes?: readonly RecipeStart[]
  /** Makes the `fetch` to the real Loops. */
  realLoops?: (server: ServerVersion) => Fetch
}

/** The app that sends events. It is kept between events, as in PostHog, because its history decides what it sends next. */
interface Sender {
  id: string
  app: ObservedApp
}

/** The state of the playground. It is kept in memory only, and so is the key. */
export class Session {
  readonly live = new LiveEvents()
  readonly simulator = new Simulator(() => {
    this.live.tell({ name: 'loops', data: null })
  })
  private readonly linkWarnings = new LinkWarnings()
  private sender: Sender | undefined
  private lastSent: Promise<unknown> = Promise.resolve()

  constructor(private readonly options: SessionOptions) {}

  get recorded(): readonly CapturedEvent[] {
    return this.options.recorded
  }

  get recipes(): readonly RecipeStart[] {
    return this.options.recipes ?? []
  }

  problems(question: SettingsQuestion): Promise<Problem[]> {
    if (question.server === TODAY) return destinationProblems(question.destination)
    const { config, server } = setUpOf(question)
    return problemsWith(config, server)
  }

  /** The verdicts on the recorded and live events; with `after`, only on live events with a higher id. */
  async verdicts(question: SettingsQuestion, after?: number): Promise<Verdicts> {
    const explainer = await explainerOf(question)
    try {
      const recorded: Verdict[] = []
      if (after === undefined) for (const event of this.listed(question)) recorded.push(await explainer.verdict(event))
      const live: Verdicts['live'] = []
      for (const { id, event } of this.live.all()) {
        if (id > (after ?? 0)) live.push({ id, verdict: await explainer.verdict(event) })
      }
      return { recorded, live }
    } finally {
      explainer.close()
    }
  }

  /** The recorded events, or those of the recipes that are asked for. */
  private listed({ recipes = [] }: SettingsQuestion): readonly CapturedEvent[] {
    const events = recipes.flatMap((wanted) => this.recipes.find(({ id }) => id === wanted)?.events ?? [])
    return events.length > 0 ? events : this.recorded
  }

  /** What happened before the event: PostHog stores the person of all that. */
  private before(question: SettingsQuestion, { uuid, timestamp }: CapturedEvent): CapturedEvent[] {
    const known = [...this.listed(question), ...this.live.all().map(({ event }) => event)]
    return known.filter((event) => event.uuid !== uuid && event.timestamp <= timestamp)
  }

  async mocked(question: SettingsQuestion, event: unknown): Promise<Result> {
    const captured = eventFrom(event)
    if (question.server === TODAY) return this.warned(question, await this.resultToday(question, captured))
    const { properties: stored } = personAfter(this.before(question, captured), captured)
    return this.warned(question, await mockedResult(setUpOf(question), { event: captured, stored }))
  }

  private warned({ settings, server, destination }: SettingsQuestion, result: Result): Result {
    return this.linkWarnings.added(result, [settings, server, destination])
  }

  /** Sends an event after the events before it. Throws a UsageError for the simulator's key with the real Loops. */
  send(question: SettingsQuestion, event: unknown, to: Target): Promise<Result> {
    const captured = eventFrom(event)
    if (to === 'loops') refuseSimulatorKey(keyIn(question))
    const sent = this.lastSent
      .then(() =>
        question.server === TODAY ? this.sendToday(question, captured, to) : this.sendByApp(question, captured, to),
      )
      .then((result) => this.warned(question, result))
    this.lastSent = sent.catch(() => undefined)
    return sent
  }

  private async sendByApp(question: SettingsQuestion, captured: CapturedEvent, to: Target): Promise<Result> {
    const setUp = setUpOf(question)
    const app = this.senderFor(setUp, to)
    const outcome = await app.deliver(captured)
    const { properties: stored } = personAfter(this.before(question, captured), captured)
    return app.enabled ? resultOf(setUp, { event: captured, stored }, outcome) : offResult(setUp, outcome)
  }

  private sendToday(question: SettingsQuestion, captured: CapturedEvent, to: Target): Promise<Result> {
    this.simulator.addListsIn(JSON.stringify(question.destination))
    return this.resultToday(question, captured, this.fetchTo(to, NEWEST_FETCH))
  }

  /** The result of the destination; `fetch` is left out for a preview. PostHog does not run a form that has problems. */
  private async resultToday(question: SettingsQuestion, captured: CapturedEvent, fetch?: Fetch): Promise<Result> {
    const problems = await destinationProblems(question.destination)
    if (problems.length > 0) {
      return { ...nothingTried('The destination is off until its form is fixed.'), problems }
    }
    const runs = await DestinationRuns.start(question.destination)
    return runs.result(captured, personAfter(this.before(question, captured), captured), fetch)
  }

  /** The mailing lists of the simulator, or of the Loops account of the key. Throws a UsageError if Loops refuses. */
  async lists(question: SettingsQuestion, to: Target): Promise<Pick<MailingListState, 'id' | 'name'>[]> {
    if (to === 'simulator') return this.simulator.state().lists
    const key = keyIn(question)
    refuseSimulatorKey(key)
    const headers = { Authorization: `Bearer ${key}` }
    const response = await this.fetchTo(to, NEWEST_FETCH)('https://app.loops.so/api/v1/lists', { headers })
    if (!response.ok) throw new UsageError(`Loops answered ${response.status} to the request for mailing lists.`)
    return (await response.json()) as MailingListState[]
  }

  /** Empties the simulator and closes the app, so that the app forgets what it has sent. */
  reset(): void {
    this.close()
    this.linkWarnings.clear()
    this.simulator.reset()
  }

  close(): void {
    this.sender?.app.close()
    this.sender = undefined
  }

  private senderFor(setUp: SetUp, to: Target): ObservedApp {
    const id = JSON.stringify([to, setUp.server.name, setUp.config])
    if (this.sender?.id === id && this.sender.app.enabled) return this.sender.app
    this.close()
    this.simulator.addListsIn(`${setUp.config.eventMailingLists ?? ''} ${setUp.config.contactMailingLists ?? ''}`)
    this.sender = { id, app: new ObservedApp({ ...setUp, fetch: this.fetchTo(to, setUp.server) }) }
    return this.sender.app
  }

  private fetchTo(to: Target, server: ServerVersion): Fetch {
    const fetch = to === 'simulator' ? this.simulator.fetch : (this.options.realLoops ?? realLoops)(server)
    return async (url, init) => {
      const response = await fetch(url, init)
      this.live.tell({ name: 'answer', data: response.status })
      return response
    }
  }
}

function setUpOf({ settings, server }: SettingsQuestion): SetUp {
  const found = serverVersions.find(({ name }) => name === server)
  if (found === undefined) throw new UsageError(`There is no PostHog server "${server}".`)
  return { config: checkedSettings(settings, 'The form'), server: found }
}

/** The server whose `fetch` is that of today's PostHog. */
const NEWEST_FETCH = serverVersion('2025-09')

function keyIn({ server, settings, destination }: SettingsQuestion): string {
  const key = server === TODAY ? destination?.inputs.apiKey : settings.apiKey
  return typeof key === 'string' ? key.trim() : ''
}

function refuseSimulatorKey(key: string): void {
  if (key === '' || key === SIMULATOR_KEY) {
    throw new UsageError('The real Loops needs the key of your account: fill in "Loops API key".')
  }
}

interface Explainer {
  verdict(event: CapturedEvent): Promise<Verdict>
  close(): void
}

/** Explains events of a list, one after another; the destination knows the person from the events before. */
async function explainerOf(question: SettingsQuestion): Promise<Explainer> {
  if (question.server !== TODAY) {
    const { config, server } = setUpOf(question)
    const dryRuns = new DryRuns(config, server, { trusted: true })
    return {
      verdict: async (event) => verdictOf(await dryRuns.explain(event)),
      close: () => {
        dryRuns.close()
      },
    }
  }
  const runs = await DestinationRuns.start(question.destination)
  const persons = new Persons()
  return {
    verdict: (event) => runs.verdict(event, persons.after(event)),
    close: () => undefined,
  }
}
