import type { LiveEvent } from '../contract'
import type { CapturedEvent } from '../../lib/shapes'
import { byId } from './dom'
import { EventList } from './event-list'

const MOST_EVENTS = 500

/** The live events, newest first. */
export class LivePanel {
  readonly list: EventList
  private lastId = 0
  private readonly element = byId('list-live', 'ul')
  private readonly autoSend = byId('auto-send', 'input')

  constructor(onChoose: (event: CapturedEvent) => void, onClear: () => void) {
    this.list = new EventList(this.element, onChoose)
    byId('clear-live', 'button').addEventListener('click', () => {
      onClear()
    })
    this.autoSend.checked = false
    this.allowSending(false)
    this.draw()
  }

  /** True if events are sent to the simulator as they arrive. */
  get sendsAtOnce(): boolean {
    return this.autoSend.checked && !this.autoSend.disabled
  }

  allowSending(isAllowed: boolean): void {
    this.autoSend.disabled = !isAllowed
  }

  get newest(): number {
    return this.lastId
  }

  replace(events: readonly LiveEvent[]): void {
    this.list.clear()
    for (const { id, event } of events) this.list.add(id, event, 'first')
    this.lastId = events.at(-1)?.id ?? 0
    this.draw()
  }

  add({ id, event }: LiveEvent): void {
    this.list.add(id, event, 'first')
    this.list.keep(MOST_EVENTS)
    this.lastId = id
    this.draw()
  }

  private draw(): void {
    const isEmpty = this.list.size === 0
    byId('live-count', 'span').textContent = String(this.list.size)
    byId('live-hint', 'div').hidden = !isEmpty
    byId('live-tools', 'div').hidden = isEmpty
    this.element.hidden = isEmpty
  }
}

/** The callbacks for news from the server. */
export interface NewsListener {
  /** Gets all live events when the page starts and after each reconnection. */
  all: (events: LiveEvent[]) => void
  captured: (event: LiveEvent) => void
  /** Called with the status of each answer of Loops. */
  answered: (status: number) => void
  /** Called after a change in the Loops simulator. */
  loopsChanged: () => void
}

export function listenForNews({ all, captured, answered, loopsChanged }: NewsListener): void {
  const source = new EventSource('/playground/live')
  const on = (name: string, take: (data: unknown) => void) => {
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      take(JSON.parse(data))
    })
  }
  on('all', (data) => {
    all(data as LiveEvent[])
  })
  on('captured', (data) => {
    captured(data as LiveEvent)
  })
  on('answer', (data) => {
    answered(data as number)
  })
  on('loops', loopsChanged)
}
