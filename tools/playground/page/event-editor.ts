import { byId, setText } from './dom'
import { keepOwnEvent, keptOwnEvent } from './kept-settings'

/** An event that has just happened: the app does not send old ones. */
const EXAMPLE = {
  event: 'purchase',
  distinct_id: 'user_1',
  timestamp: new Date().toISOString(),
  properties: {
    total: 49.5,
    $set: { email: 'ada@example.com', plan: 'pro' },
  },
}

/** The editor for the user's own event. */
export class EventEditor {
  private readonly text = byId('own-event', 'textarea')
  private readonly problem = byId('own-problem', 'p')

  constructor(onChange: () => void) {
    const kept = keptOwnEvent()
    if (kept === undefined) this.show(EXAMPLE)
    else this.text.value = kept
    this.text.addEventListener('input', () => {
      keepOwnEvent(this.text.value)
      onChange()
    })
  }

  /** Puts a copy of an event into the editor, without its uuid: it gets a new one each time it is sent. */
  editCopy(event: object): void {
    this.show({ ...event, uuid: undefined })
    this.text.scrollTop = 0
    keepOwnEvent(this.text.value)
    this.showProblem('')
  }

  private show(event: object): void {
    this.text.value = JSON.stringify(event, null, 2)
  }

  focus(): void {
    this.text.focus()
    this.text.setSelectionRange(0, 0)
  }

  /** The written event. If it is not a JSON object, shows a message and returns undefined. */
  event(): object | undefined {
    try {
      const event: unknown = JSON.parse(this.text.value)
      if (typeof event === 'object' && event !== null && !Array.isArray(event)) return event
      this.showProblem('Write one event as a JSON object: {"event": "purchase", "distinct_id": "user_1"}.')
    } catch (error) {
      this.showProblem(`This is not JSON yet: ${error instanceof Error ? error.message : ''}.`)
    }
    return undefined
  }

  showProblem(sentence: string): void {
    setText(this.problem, sentence)
    if (sentence === '') this.text.removeAttribute('aria-invalid')
    else this.text.setAttribute('aria-invalid', 'true')
  }
}
