import type { SettingsQuestion, Verdicts } from '../contract'
import type { EventList } from './event-list'
import type { LivePanel } from './live-panel'
import { ask, latestOnly } from './server-access'

/** Shows on each row of the lists what the settings make of its event. */
export class VerdictBadges {
  /** The id of the last live event with a verdict; undefined after the settings have changed. */
  private judgedUpTo: number | undefined

  constructor(
    private readonly recorded: EventList,
    private readonly live: LivePanel,
    private readonly question: () => SettingsQuestion,
  ) {}

  /** Asks for every verdict again: the settings, or all live events, have changed. */
  startAgain(): void {
    this.judgedUpTo = undefined
    this.update()
  }

  /** Asks for the verdicts on the live events that have none. */
  readonly update = latestOnly(async (signal) => {
    const upTo = this.live.newest
    try {
      const question = { ...this.question(), ...(this.judgedUpTo !== undefined && { after: this.judgedUpTo }) }
      const { recorded, live } = await ask<Verdicts>('verdicts', question, signal)
      recorded.forEach((verdict, place) => {
        this.recorded.showVerdict(place, verdict)
      })
      for (const { id, verdict } of live) this.live.list.showVerdict(id, verdict)
      this.judgedUpTo = upTo
    } catch {
      // The result shows the error.
    }
  })
}
