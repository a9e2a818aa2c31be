import { checkedConfig, type AppConfig } from '../sandbox/app/config-file'
import { DryRuns } from '../sandbox/app/dry-runs'
import { eventFrom } from '../sandbox/app/event-file'
import type { CapturedEvent } from '../sandbox/posthog/shapes'
import type { Fetch } from '../sandbox/posthog/fetch'
import { UsageError } from '../sandbox/lib/usage-error'
import { ObservedApp } from '../sandbox/app/observed-app'
import { serverVersions, type ServerVersion } from '../sandbox/posthog/versions'
import type { Problem, Result, SettingsQuestion, Target, Verdict, Verdicts } from './contract'
import { LiveEvents } from './live-events'
import { realLoops, StandIn, STAND_IN_KEY } from './loops'
import { mockedResult, offResult, resultOf, verdictOf, type SetUp } from './results'
import { problemsWith } from './settings-problems'

/** The PostHog server that the page starts with. */
export const USUAL_SERVER = '2024-02'

export interface SessionOptions {
  recorded: readonly CapturedEvent[]
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
  readonly standIn = new StandIn(() => {
    this.live.tell({ name: 'loops', data: null })
  })
  private sender: Sender | undefined
  private lastSent: Promise<unknown> = Promise.resolve()

  constructor(private readonly options: SessionOptions) {}

  get recorded(): readonly CapturedEvent[] {
    return this.options.recorded
  }

  problems(question: SettingsQuestion): Promise<Problem[]> {
    const { config, server } = setUpOf(question)
    return problemsWith(config, server)
  }

  /** The verdicts on the recorded and live events; with `after`, only on live events with a higher id. */
  async verdicts(question: SettingsQuestion, after?: number): Promise<Verdicts> {
    const { config, server } = setUpOf(question)
    const dryRuns = new DryRuns(config, server, { trusted: true })
    try {
      const recorded: Verdict[] = []
      if (after === undefined) for (const event of this.recorded) recorded.push(verdictOf(await dryRuns.explain(event)))
      const live: Verdicts['live'] = []
      for (const { id, event } of this.live.all()) {
        if (id > (after ?? 0)) live.push({ id, verdict: verdictOf(await dryRuns.explain(event)) })
      }
      return { recorded, live }
    } finally {
      dryRuns.close()
    }
  }

  mocked(question: SettingsQuestion, event: unknown): Promise<Result> {
    return mockedResult(setUpOf(question), eventFrom(event))
  }

  /** Sends an event after the events before it. Throws a UsageError for the stand-in's key with the real Loops. */
  send(question: SettingsQuestion, event: unknown, to: Target): Promise<Result> {
    const setUp = setUpOf(question)
    const captured = eventFrom(event)
    if (to === 'loops') refuseStandInKey(setUp.config)
    const sent = this.lastSent.then(async () => {
      const app = this.senderFor(setUp, to)
      const outcome = await app.deliver(captured)
      return app.enabled ? resultOf(setUp, captured, outcome) : offResult(setUp, outcome)
    })
    this.lastSent = sent.catch(() => undefined)
    return sent
  }

  /** Empties the stand-in and closes the app, so that the app forgets what it has sent. */
  reset(): void {
    this.close()
    this.standIn.reset()
  }

  close(): void {
    this.sender?.app.close()
    this.sender = undefined
  }

  private senderFor(setUp: SetUp, to: Target): ObservedApp {
    const id = JSON.stringify([to, setUp.server.name, setUp.config])
    if (this.sender?.id === id && this.sender.app.enabled) return this.sender.app
    this.close()
    this.standIn.addListsOf(setUp.config)
    const fetch = to === 'stand-in' ? this.standIn.fetch : (this.options.realLoops ?? realLoops)(setUp.server)
    this.sender = { id, app: new ObservedApp({ ...setUp, fetch }) }
    return this.sender.app
  }
}

function setUpOf({ settings, server }: SettingsQuestion): SetUp {
  const found = serverVersions.find(({ name }) => name === server)
  if (found === undefined) throw new UsageError(`There is no PostHog server "${server}".`)
  return { config: checkedConfig(settings, 'The form'), server: found }
}

function refuseStandInKey({ apiKey = '' }: AppConfig): void {
  if (apiKey.trim() === '' || apiKey.trim() === STAND_IN_KEY) {
    throw new UsageError('The real Loops needs the key of your account: fill in "Loops API key".')
  }
}
