import type { LoopsState, MailingListState, Problem, Result, Start, Target } from '../contract'
import type { CapturedEvent } from '../../lib/shapes'
import { afterPause, byId } from './dom'
import { EventsColumn } from './events-column'
import { connectInstall } from './install-panel'
import type { Kept } from './kept-settings'
import { listenForNews } from './live-panel'
import { showLoops } from './loops-view'
import { ResultView, TARGETS } from './result-view'
import { Sending, targetOf } from './sending'
import { ask, latestOnly, read, Refused, sentenceOf } from './server-access'
import { connectSettingsFiles } from './settings-files'
import { SettingsPanel } from './settings-panel'
import { Suggestions } from './suggestions'

const TYPING_PAUSE = 200
const FIX_FIRST = 'Fix the event first.'

/** The page: connects the settings, the events and the result. */
export class Playground {
  private readonly panel: SettingsPanel
  private readonly suggestions = new Suggestions()
  private readonly events: EventsColumn
  private readonly sending: Sending
  private readonly result: ResultView
  /** The event whose answer is shown or on its way, and all that decided it; undefined while a preview is shown. */
  private sent: { event: object; by: string } | undefined
  /** True while an event is on its way to Loops. */
  private isSending = false

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
    this.result = new ResultView(this.panel)
    connectSettingsFiles(this.panel)
    connectInstall(() => this.panel.questionWithoutKey())
    const choice = () => {
      this.suggestions.showEvent(this.events.event)
      this.translate()
    }
    this.events = new EventsColumn(this.panel, choice, () => {
      this.attempt(ask('clear', {}))
    })
    this.sending = new Sending({
      onChange: () => {
        this.sendingChanged()
      },
      onSend: () => {
        this.showResult('send')
      },
      onSendAgain: () => {
        this.showResult('send again')
      },
    })
  }

  open(): void {
    this.listEvents()
    this.check()
    byId('reset-loops', 'button').addEventListener('click', () => {
      this.attempt(ask<LoopsState>('reset', {}).then(showLoops))
    })
    byId('server', 'select').addEventListener('change', () => {
      this.sent = undefined
      this.events.forgetSent()
    })
    this.listen()
  }

  /** Lists the recorded events, or those of the chosen recipes. */
  private listEvents(): void {
    const recipes = this.panel.chosenRecipes
    const events = recipes.length === 0 ? this.start.recorded : recipes.flatMap((recipe) => recipe.events)
    this.suggestions.showEventNames([...events, ...this.start.recorded])
    // The first recorded event is skipped with the default settings; the one after it shows a request.
    this.events.list(events, recipes.length === 0 ? 1 : events.length - (recipes.at(-1)?.events.length ?? 0))
  }

  private listen(): void {
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
        this.events.replaceLive(events)
        showLoopsSoon()
      },
      captured: (live) => {
        this.events.addLive(live)
        if (this.events.live.sendsAtOnce) this.attempt(this.sendLive(live.event))
      },
      answered: (status) => {
        if (this.isSending && status >= 400) {
          this.result.showWaiting(`Loops answered ${status}. The next try follows in a few seconds.`)
        }
      },
      loopsChanged: showLoopsSoon,
    })
  }

  private async sendLive(event: CapturedEvent): Promise<void> {
    const result = await ask<Result>('send', this.sendQuestion(event, 'simulator'))
    this.events.showSent(event, result)
  }

  private attempt(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.result.say(sentenceOf(error) ?? '', true)
    })
  }

  private settingsChanged(): void {
    this.panel.keep()
    this.check()
    this.events.judgeAgain()
    this.translate()
  }

  private readonly check = latestOnly(async (signal) => {
    try {
      const found = await ask<Problem[]>('settings', this.panel.question(), signal)
      const count = this.panel.show([...found, ...this.suggestions.listProblems(this.panel.mailingLists())])
      byId('events', 'section').classList.toggle('is-off', found.length > 0)
      byId('settings-note', 'span').textContent = count === 0 ? '' : String(count)
    } catch (error) {
      const sentence = sentenceOf(error)
      if (sentence !== undefined) this.panel.status.say(sentence, { isBad: true })
    }
  })

  /** Previews the event, unless the answer to just this is shown or on its way. */
  private translate(): void {
    const { event } = this.events
    if (event !== undefined && event === this.sent?.event && this.sent.by === this.allThatDecides()) return
    this.sent = undefined
    this.showResult('mocked')
  }

  private allThatDecides(): string {
    const { isPreview, to } = this.sending
    return JSON.stringify([this.panel.question(), isPreview, to])
  }

  private readonly showResult = latestOnly(async (signal, way: Way) => {
    const { event } = this.events
    this.isSending = way !== 'mocked' && event !== undefined
    if (event === undefined) {
      this.showNone(this.events.isOwn ? FIX_FIRST : 'Choose an event.')
      return
    }
    const section = byId('result', 'section')
    section.setAttribute('aria-busy', String(!this.isSending))
    try {
      if (way === 'mocked') await this.preview(event, signal)
      else await this.send(event, way, signal)
      if (!signal.aborted && this.events.isOwn) this.events.editor.showProblem('')
    } catch (error) {
      if (way !== 'mocked') this.sent = undefined
      this.showRefusal(error, way)
    } finally {
      if (!signal.aborted) {
        this.isSending = false
        section.removeAttribute('aria-busy')
      }
    }
  })

  private async preview(event: object, signal: AbortSignal): Promise<void> {
    this.sending.allow(this.events.wasSent(event))
    const result = await ask<Result>('mocked', { ...this.panel.question(), event }, signal)
    this.result.show(nameOf(event), result, this.sending.isPreview ? 'preview' : 'not yet')
    if (result.problems !== undefined) this.sending.refuse(`The ${this.panel.edition} is off.`)
  }

  private async send(event: object, way: Way, signal: AbortSignal): Promise<void> {
    const { to } = this.sending
    const { server } = this.panel.question()
    this.sent = { event, by: this.allThatDecides() }
    this.sending.refuse('Sending…')
    this.result.showWaiting('Sending…')
    try {
      const sent = way === 'send' ? event : { ...event, uuid: crypto.randomUUID() }
      const result = await ask<Result>('send', this.sendQuestion(sent, to))
      if (server === this.panel.question().server) this.events.showSent(event, result)
      if (!signal.aborted) this.result.show(nameOf(event), result, TARGETS[to])
    } finally {
      if (event === this.events.event) this.sending.allow(this.events.wasSent(event))
    }
  }

  /** Shows a sentence in place of a result, which cannot be sent. */
  private showNone(sentence: string): void {
    this.sending.refuse(sentence)
    this.result.showNone(sentence)
  }

  /** Shows an error. A refused translation means a malformed event, which only the editor can hold. */
  private showRefusal(error: unknown, way: Way): void {
    const sentence = sentenceOf(error)
    if (sentence === undefined) return
    if (error instanceof Refused && way === 'mocked' && this.events.isOwn) {
      this.events.editor.showProblem(sentence)
      this.showNone(FIX_FIRST)
    } else {
      this.result.showNone(sentence, true)
    }
  }

  private sendingChanged(): void {
    const { to, isPreview } = this.sending
    this.events.live.allowSending(!isPreview && to === 'simulator')
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
