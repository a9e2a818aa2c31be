import type { LoopsState, MailingListState, Problem, Result, Start, Target } from '../contract'
import type { CapturedEvent } from '../../lib/shapes'
import { afterPause, byId, counted } from './dom'
import { EventEditor } from './event-editor'
import { EventList } from './event-list'
import { connectInstall } from './install-panel'
import { highlighted } from './json-view'
import type { Kept } from './kept-settings'
import { listenForNews, LivePanel } from './live-panel'
import { showLoops } from './loops-view'
import { connectProperties } from './property-menu'
import { ResultView, sentBadge, TARGETS } from './result-view'
import { Sending, targetOf } from './sending'
import { ask, latestOnly, read, Refused, sentenceOf } from './server-access'
import { connectSettingsFiles } from './settings-files'
import { SettingsPanel } from './settings-panel'
import { Suggestions } from './suggestions'
import { Tabs, type TabName } from './tabs'
import { VerdictBadges } from './verdicts'

const TYPING_PAUSE = 200
const MEND_FIRST = 'Fix the event first.'

/** The page: connects the settings, the events and the result. */
export class Playground {
  private readonly panel: SettingsPanel
  private readonly suggestions = new Suggestions()
  private readonly recorded: EventList
  private readonly live: LivePanel
  private readonly verdicts: VerdictBadges
  private readonly editor: EventEditor
  private readonly tabs: Tabs
  private readonly sending: Sending
  private readonly result = new ResultView((name) => {
    this.panel.sendEvent(name)
  })
  private event: object | undefined
  /** The event whose answer is shown, and all that decided it; undefined while a preview is shown. */
  private sent: { event: object; by: string } | undefined

  constructor(
    private readonly start: Start,
    kept: Partial<Kept>,
  ) {
    const settingsChange = afterPause(TYPING_PAUSE, () => {
      this.settingsChanged()
    })
    this.panel = new SettingsPanel(start, kept, settingsChange, () => {
      this.listEvents()
    })
    connectSettingsFiles(this.panel)
    connectInstall(() => this.panel.questionWithoutKey())
    const choose = (event: CapturedEvent) => {
      this.choose(event)
    }
    this.recorded = new EventList(byId('list-recorded', 'ul'), choose)
    this.live = new LivePanel(choose, () => {
      this.attempt(ask('clear', {}))
    })
    this.verdicts = new VerdictBadges(this.recorded, this.live, () => this.panel.question())
    const ownEventChange = () => {
      this.choose(this.editor.event())
    }
    this.editor = new EventEditor(afterPause(TYPING_PAUSE, ownEventChange))
    this.tabs = new Tabs((tab) => {
      this.showTab(tab)
    })
    this.sending = new Sending(
      () => {
        this.sendingChanged()
      },
      () => {
        this.showResult('send')
      },
      () => {
        this.showResult('send again')
      },
    )
  }

  open(): void {
    this.listEvents()
    this.check()
    byId('edit-copy', 'button').addEventListener('click', () => {
      if (this.event !== undefined) this.editor.editCopy(this.event)
      this.tabs.show('own')
      this.editor.focus()
    })
    byId('reset-loops', 'button').addEventListener('click', () => {
      this.attempt(ask<LoopsState>('reset', {}).then(showLoops))
    })
    this.listen()
  }

  /** Lists the recorded events, or those of the chosen recipe. */
  private listEvents(): void {
    const recipes = this.panel.chosenRecipes
    const events = recipes.length === 0 ? this.start.recorded : recipes.flatMap((recipe) => recipe.events)
    this.recorded.clear()
    events.forEach((event, place) => {
      this.recorded.add(place, event, 'last')
    })
    this.suggestions.showEventNames([...events, ...this.start.recorded])
    // The first recorded event is skipped with the default settings; the one after it shows a request.
    this.recorded.choose(recipes.length === 0 ? 1 : events.length - (recipes.at(-1)?.events.length ?? 0))
    this.tabs.show('recorded')
  }

  private listen(): void {
    const judgeSoon = afterPause(TYPING_PAUSE, this.verdicts.update)
    const showLoopsSoon = afterPause(50, () => {
      this.attempt(
        read<LoopsState>('loops').then((state) => {
          showLoops(state)
          if (this.sending.to === 'simulator') this.suggestions.showLists(state.lists)
        }),
      )
    })
    listenForNews({
      all: (events) => {
        this.live.replace(events)
        this.verdicts.startAgain()
        showLoopsSoon()
        this.liveChanged()
      },
      captured: (live) => {
        this.live.add(live)
        judgeSoon()
        this.liveChanged()
        if (this.live.sendsAtOnce) this.attempt(this.sendLive(live.event))
      },
      loopsChanged: showLoopsSoon,
    })
  }

  private async sendLive(event: CapturedEvent): Promise<void> {
    const result = await ask<Result>('send', this.sendQuestion(event, 'simulator'))
    this.live.list.showSent(event, sentBadge(result))
  }

  private attempt(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.result.say(sentenceOf(error) ?? '', true)
    })
  }

  private settingsChanged(): void {
    this.panel.keep()
    this.check()
    this.verdicts.startAgain()
    this.translate()
  }

  private showTab(tab: TabName): void {
    this.describe(tab)
    if (tab === 'own') this.choose(this.editor.event())
    else if (tab === 'recorded') this.recorded.chooseAgain()
    else if (this.live.list.size > 0) this.live.list.chooseAgain()
    else this.choose(undefined)
  }

  /** Shows a new event only if the user has the live tab open and no event chosen. */
  private liveChanged(): void {
    if (this.tabs.current !== 'live') return
    if (this.live.list.hasChoice) this.describe('live')
    else this.showTab('live')
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
    this.suggestions.showEvent(event)
    const json = byId('chosen-json', 'pre')
    json.replaceChildren(...(event === undefined ? [] : [highlighted(event)]))
    connectProperties(json, event, this.panel)
    json.scrollTop = 0
    // The editor already shows its own event.
    byId('chosen', 'div').hidden = event === undefined || this.tabs.current === 'own'
    this.translate()
  }

  private readonly check = latestOnly(async (signal) => {
    try {
      const found = await ask<Problem[]>('settings', this.panel.question(), signal)
      const problems = [...found, ...this.suggestions.listProblems(this.panel.mailingLists())]
      this.panel.show(problems)
      byId('events', 'section').classList.toggle('is-off', found.length > 0)
      byId('settings-note', 'span').textContent = problems.length === 0 ? '' : String(problems.length)
    } catch (error) {
      const sentence = sentenceOf(error)
      if (sentence !== undefined) this.panel.status.say(sentence, true)
    }
  })

  /** Previews the event, unless the answer to just this is shown or on its way. */
  private translate(): void {
    if (this.event !== undefined && this.event === this.sent?.event && this.sent.by === this.allThatDecides()) return
    this.sent = undefined
    this.showResult('mocked')
  }

  private allThatDecides(): string {
    const { isMocked, to } = this.sending
    return JSON.stringify([this.panel.question(), isMocked, to])
  }

  private readonly showResult = latestOnly(async (signal, way: Way) => {
    const { event } = this
    this.sending.allow(event !== undefined, event !== undefined && this.wasSent(event))
    if (event === undefined) {
      this.result.showNone(this.tabs.current === 'own' ? MEND_FIRST : 'Choose an event.')
      return
    }
    const section = byId('result', 'section')
    section.setAttribute('aria-busy', 'true')
    try {
      await this.showResultOf(event, way, signal)
    } catch (error) {
      if (way !== 'mocked') this.sent = undefined
      this.showRefusal(error, way)
    } finally {
      if (!signal.aborted) section.removeAttribute('aria-busy')
    }
  })

  private async showResultOf(event: object, way: Way, signal: AbortSignal): Promise<void> {
    const { to } = this.sending
    if (way === 'mocked') {
      const result = await ask<Result>('mocked', { ...this.panel.question(), event }, signal)
      this.result.show(nameOf(event), result, this.sending.isMocked ? 'mocked' : 'not yet')
    } else {
      this.sent = { event, by: this.allThatDecides() }
      const sent = way === 'send' ? event : { ...event, uuid: crypto.randomUUID() }
      const result = await ask<Result>('send', this.sendQuestion(sent, to))
      for (const list of [this.recorded, this.live.list]) list.showSent(event, sentBadge(result))
      if (event === this.event) this.sending.allow(true, this.wasSent(event))
      if (!signal.aborted) this.result.show(nameOf(event), result, TARGETS[to])
    }
    if (this.tabs.current === 'own') this.editor.showProblem('')
  }

  private wasSent(event: object): boolean {
    return [this.recorded, this.live.list].some((list) => list.wasSent(event))
  }

  /** Shows an error. A refused translation means a malformed event, which only the editor can hold. */
  private showRefusal(error: unknown, way: Way): void {
    const sentence = sentenceOf(error)
    if (sentence === undefined) return
    if (error instanceof Refused && way === 'mocked' && this.tabs.current === 'own') {
      this.editor.showProblem(sentence)
      this.result.showNone(MEND_FIRST)
    } else {
      this.result.showNone(sentence, true)
    }
  }

  private sendingChanged(): void {
    const { to, isMocked } = this.sending
    this.live.allowSending(!isMocked && to === 'simulator')
    ask<MailingListState[]>('lists', { ...this.panel.question(), ...targetOf(to) })
      .then((lists) => {
        this.suggestions.showLists(lists)
      })
      // Without lists the rows suggest none; a wrong key shows when an event is sent.
      .catch(() => undefined)
    this.translate()
  }

  private sendQuestion(event: object, to: Target) {
    return { ...this.panel.question(), event, ...targetOf(to) }
  }
}

/** What to do with the event: `send again` gives it a new uuid. */
type Way = 'mocked' | 'send' | 'send again'

function nameOf(event: object): string {
  return 'event' in event ? String(event.event) : ''
}
