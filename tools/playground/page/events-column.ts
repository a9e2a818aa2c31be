import type { LiveEvent, Result } from '../contract'
import type { CapturedEvent } from '../../lib/shapes'
import { afterPause, byId, counted } from './dom'
import { EventEditor } from './event-editor'
import { EventList } from './event-list'
import { highlighted } from './json-view'
import { LivePanel } from './live-panel'
import { connectProperties } from './property-menu'
import { sentBadge } from './result-view'
import type { SettingsPanel } from './settings-panel'
import { Tabs, type TabName } from './tabs'
import { VerdictBadges } from './verdicts'

const TYPING_PAUSE = 200

/** The events column: the recorded, live and own events, and the chosen one. */
export class EventsColumn {
  /** The chosen event; undefined if the editor holds none, or if no live event has come. */
  event: object | undefined
  readonly editor: EventEditor
  readonly live: LivePanel
  private readonly recorded: EventList
  private readonly tabs: Tabs
  private readonly verdicts: VerdictBadges
  private readonly chosen = byId('chosen', 'div')
  private sent = new WeakSet()
  private readonly judgeSoon: () => void

  /** @param onChoose is called when another event is chosen, or none. */
  constructor(
    private readonly panel: SettingsPanel,
    private readonly onChoose: () => void,
    onClear: () => void,
  ) {
    const choose = (event: CapturedEvent) => {
      this.choose(event)
    }
    this.recorded = new EventList(byId('list-recorded', 'ul'), choose)
    this.live = new LivePanel(choose, onClear)
    this.verdicts = new VerdictBadges(this.recorded, this.live, () => panel.question())
    this.judgeSoon = afterPause(TYPING_PAUSE, this.verdicts.update)
    const ownEventChange = afterPause(TYPING_PAUSE, () => {
      this.choose(this.editor.event())
    })
    this.editor = new EventEditor(ownEventChange)
    this.tabs = new Tabs((tab) => {
      this.show(tab)
    })
    // Where the result is below the event, the event is folded at first.
    byId('chosen-details', 'details').open = window.matchMedia('(min-width: 1240px)').matches
    byId('edit-copy', 'button').addEventListener('click', () => {
      if (this.event !== undefined) this.editor.editCopy(this.event)
      this.tabs.show('own')
      this.editor.focus()
    })
  }

  get isOwn(): boolean {
    return this.tabs.current === 'own'
  }

  /** Lists recorded events by their times, and chooses the one at this place of `events`. */
  list(events: readonly CapturedEvent[], chosen: number): void {
    this.recorded.clear()
    const byTime = [...events.entries()].sort(([, one], [, other]) => one.timestamp.localeCompare(other.timestamp))
    // The place is the ID, by which the server gives the verdict.
    for (const [place, event] of byTime) this.recorded.add(place, event, 'last')
    this.recorded.choose(chosen)
    this.tabs.show('recorded')
  }

  replaceLive(events: readonly LiveEvent[]): void {
    this.live.replace(events)
    this.verdicts.startAgain()
    this.liveChanged()
  }

  addLive(event: LiveEvent): void {
    this.live.add(event)
    this.judgeSoon()
    this.liveChanged()
  }

  /** Asks for every verdict again. */
  judgeAgain(): void {
    this.verdicts.startAgain()
  }

  /** Keeps what came of sending the event. */
  showSent(event: object, result: Result): void {
    this.sent.add(event)
    for (const list of [this.recorded, this.live.list]) list.showSent(event, sentBadge(result))
  }

  wasSent(event: object): boolean {
    return this.sent.has(event)
  }

  /** Forgets what came of sending events: another server would answer differently. */
  forgetSent(): void {
    this.sent = new WeakSet()
    for (const list of [this.recorded, this.live.list]) list.forgetSent()
  }

  private show(tab: TabName): void {
    this.describe(tab)
    if (tab === 'own') this.choose(this.editor.event())
    else if (tab === 'recorded') this.recorded.chooseAgain()
    else if (this.live.list.size > 0) this.live.list.chooseAgain()
    else this.choose(undefined)
    // The editor already shows its own event.
    this.chosen.hidden = this.event === undefined || tab === 'own'
  }

  /** Shows a new event only if the user has the live tab open and no event chosen. */
  private liveChanged(): void {
    if (this.tabs.current !== 'live') return
    if (this.live.list.hasChoice) this.describe('live')
    else this.show('live')
  }

  private describe(tab: TabName): void {
    const { size } = this.live.list
    const status = {
      recorded: `${counted(this.recorded.size, 'event')} of one person, ${this.panel.chosenRecipes.length === 0 ? 'as the real SDKs sent them' : 'of the recipe'}.`,
      live: size === 0 ? 'Listening.' : `Listening. ${counted(size, 'event')}, the newest first.`,
      own: 'Checked as you type.',
    }
    byId('events-status', 'p').textContent = status[tab]
  }

  private choose(event: object | undefined): void {
    if (event !== undefined && event === this.event) return
    this.event = event
    const json = byId('chosen-json', 'pre')
    json.replaceChildren(...(event === undefined ? [] : [highlighted(event)]))
    connectProperties(json, event, this.panel)
    this.chosen.scrollTop = 0
    this.chosen.hidden = event === undefined || this.isOwn
    this.onChoose()
  }
}
