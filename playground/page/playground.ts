import type { LoopsState, Problem, Result, Settings, SettingsQuestion, Start, Target, Verdicts } from '../contract'
import type { CapturedEvent } from '../../sandbox/posthog/shapes'
import { afterPause } from './delay'
import { byId, counted } from './dom'
import { EventEditor } from './event-editor'
import { EventList } from './event-list'
import { connectInstall } from './install-panel'
import { highlighted } from './json-view'
import { keepSettings } from './kept-settings'
import { listenForNews } from './live'
import { LivePanel } from './live-panel'
import { showLoops } from './loops-view'
import { ResultView, type Sent } from './result-view'
import { Sending } from './sending'
import { ask, latestOnly, read, Refused, sentenceOf } from './server-access'
import { connectSettingsFiles } from './settings-files'
import { SettingsForm } from './settings-form'
import { Tabs, type TabName } from './tabs'

const TYPING_PAUSE = 200
const MEND_FIRST = 'Mend the event first.'

/** The page: connects the settings, the events and the result. */
export class Playground {
  private readonly form: SettingsForm
  private readonly server = byId('server', 'select')
  private readonly recorded: EventList
  private readonly live: LivePanel
  private readonly editor: EventEditor
  private readonly tabs: Tabs
  private readonly sending: Sending
  private readonly result = new ResultView()
  private event: object | undefined
  /** The id of the last live event with a verdict; undefined after the settings have changed. */
  private judgedUpTo: number | undefined

  constructor(
    private readonly start: Start,
    settings: Settings,
  ) {
    const settingsChange = afterPause(TYPING_PAUSE, () => {
      this.settingsChanged()
    })
    this.form = new SettingsForm(start.fields, start.standInKey, settingsChange)
    this.form.fill(settings)
    connectSettingsFiles(this.form, settingsChange)
    connectInstall(() => ({ settings: this.form.settingsToKeep(), server: this.server.value }))
    this.server.addEventListener('change', settingsChange)
    const choose = (event: CapturedEvent) => {
      this.choose(event)
    }
    this.recorded = new EventList(byId('list-recorded', 'ul'), choose)
    this.live = new LivePanel(choose, () => {
      this.attempt(ask('clear', {}))
    })
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
        this.send()
      },
    )
  }

  open(): void {
    this.start.recorded.forEach((event, place) => {
      this.recorded.add(place, event, 'last')
    })
    // The first event is skipped with the default settings; the one after it shows a request.
    this.recorded.choose(1)
    this.tabs.show('recorded')
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

  private listen(): void {
    const judgeSoon = afterPause(TYPING_PAUSE, () => {
      this.judge()
    })
    const showLoopsSoon = afterPause(50, () => {
      this.attempt(read<LoopsState>('loops').then(showLoops))
    })
    listenForNews({
      all: (events) => {
        this.live.replace(events)
        this.judgedUpTo = undefined
        this.judge()
        showLoopsSoon()
        this.liveChanged()
      },
      captured: (live) => {
        this.live.add(live)
        judgeSoon()
        this.liveChanged()
        if (this.live.sendsAtOnce) this.attempt(ask('send', this.sendQuestion(live.event, 'stand-in')))
      },
      loopsChanged: showLoopsSoon,
    })
  }

  private attempt(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.result.say(sentenceOf(error) ?? '', true)
    })
  }

  private question(): SettingsQuestion {
    return { settings: this.form.settings(), server: this.server.value }
  }

  private settingsChanged(): void {
    keepSettings({ settings: this.form.settingsToKeep(), server: this.server.value })
    this.judgedUpTo = undefined
    this.check()
    this.judge()
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
      recorded: `${counted(this.recorded.size, 'event')} of one person, as the real SDKs sent them.`,
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
    json.scrollTop = 0
    // The editor already shows its own event.
    byId('chosen', 'div').hidden = event === undefined || this.tabs.current === 'own'
    this.translate()
  }

  private readonly check = latestOnly(async (signal) => {
    try {
      const problems = await ask<Problem[]>('settings', this.question(), signal)
      this.form.show(problems)
      byId('events', 'section').classList.toggle('is-off', problems.length > 0)
      byId('settings-note', 'span').textContent = problems.length === 0 ? '' : String(problems.length)
    } catch (error) {
      const sentence = sentenceOf(error)
      if (sentence !== undefined) this.form.say(sentence, true)
    }
  })

  private readonly judge = latestOnly(async (signal) => {
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

  private translate(): void {
    this.showResult('mocked')
  }

  private send(): void {
    this.showResult('send')
  }

  private readonly showResult = latestOnly(async (signal, way: 'mocked' | 'send') => {
    const { event } = this
    this.sending.allow(event !== undefined)
    if (event === undefined) {
      this.result.showNone(this.tabs.current === 'own' ? MEND_FIRST : 'Choose an event.')
      return
    }
    const { to } = this.sending
    const section = byId('result', 'section')
    section.setAttribute('aria-busy', 'true')
    try {
      const question = way === 'send' ? this.sendQuestion(event, to) : { ...this.question(), event }
      const result = await ask<Result>(way, question, signal)
      if (this.tabs.current === 'own') this.editor.showProblem('')
      this.result.show(
        nameOf(event),
        result,
        way === 'send' ? TARGETS[to] : this.sending.isMocked ? 'mocked' : 'not yet',
      )
    } catch (error) {
      this.showRefusal(error, way)
    } finally {
      if (!signal.aborted) section.removeAttribute('aria-busy')
    }
  })

  /** Shows an error. A refused translation means a malformed event, which only the editor can hold. */
  private showRefusal(error: unknown, way: 'mocked' | 'send'): void {
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
    this.live.allowSending(!this.sending.isMocked && this.sending.to === 'stand-in')
    this.translate()
  }

  private sendQuestion(event: object, to: Target) {
    return { ...this.question(), event, to, ...(to === 'loops' && { confirmed: true }) }
  }
}

const TARGETS: Record<Target, Sent> = { 'stand-in': 'the Loops stand-in', loops: 'the real Loops' }

function nameOf(event: object): string {
  return 'event' in event ? String(event.event) : ''
}
