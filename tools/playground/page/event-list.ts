import type { CapturedEvent } from '../../lib/shapes'
import type { Verdict } from '../contract'
import { element } from './dom'

interface Row {
  event: CapturedEvent
  item: HTMLElement
  badge: HTMLElement
  /** What came of sending the event. */
  sent: HTMLElement
}

/** What came of sending an event, in a word. */
export interface SentBadge {
  text: string
  kind: string
  title: string
}

/** A list of events. The user chooses one with the mouse or the arrow keys. */
export class EventList {
  private rows = new Map<number, Row>()
  private chosen: number | undefined
  /** The one row that the Tab key reaches: the chosen row, or any row before a choice. */
  private reachable: HTMLElement | undefined

  constructor(
    private readonly list: HTMLElement,
    private readonly onChoose: (event: CapturedEvent) => void,
  ) {
    list.addEventListener('click', ({ target }) => {
      const item = target instanceof Element ? target.closest<HTMLElement>('[role=option]') : null
      if (item !== null) this.choose(Number(item.dataset.id))
    })
    list.addEventListener('keydown', (event) => {
      this.press(event)
    })
  }

  get size(): number {
    return this.rows.size
  }

  get hasChoice(): boolean {
    return this.chosen !== undefined && this.rows.has(this.chosen)
  }

  /** Adds a row: live events go first, recorded events last. */
  add(id: number, event: CapturedEvent, place: 'first' | 'last'): void {
    const badge = element('span', { class: 'badge' })
    const sent = element('span', { class: 'badge', hidden: true })
    const item = element(
      'li',
      { role: 'option', 'aria-selected': 'false', tabindex: -1, 'data-id': id },
      element('span', { class: 'event-name' }, event.event),
      element('span', { class: 'badges' }, sent, badge),
      element('span', { class: 'event-who' }, event.distinct_id),
      element('time', { datetime: event.timestamp }, timeOfDay(event.timestamp)),
    )
    if (place === 'first') this.list.prepend(item)
    else this.list.append(item)
    this.rows.set(id, { event, item, badge, sent })
    if (this.reachable === undefined) this.makeReachable(item)
  }

  clear(): void {
    this.rows = new Map()
    this.chosen = undefined
    this.reachable = undefined
    this.list.replaceChildren()
  }

  /** Drops the oldest rows beyond `most`. */
  keep(most: number): void {
    for (const [id, { item }] of this.rows) {
      if (this.rows.size <= most) return
      item.remove()
      this.rows.delete(id)
      if (item === this.reachable) this.makeReachable(this.firstItem())
    }
  }

  choose(id: number): void {
    const row = this.rows.get(id)
    if (row === undefined) return
    if (this.chosen !== undefined) this.rows.get(this.chosen)?.item.setAttribute('aria-selected', 'false')
    this.chosen = id
    row.item.setAttribute('aria-selected', 'true')
    this.makeReachable(row.item)
    this.onChoose(row.event)
  }

  /** Chooses the chosen row again, or the first row if none is chosen. */
  chooseAgain(): void {
    const id = this.hasChoice ? this.chosen : this.firstItem()?.dataset.id
    if (id !== undefined) this.choose(Number(id))
  }

  showVerdict(id: number, verdict: Verdict): void {
    const badge = this.rows.get(id)?.badge
    if (badge === undefined) return
    const [text, kind, title] = badgeOf(verdict)
    badge.textContent = text
    badge.className = `badge ${kind}`
    badge.title = title
  }

  /** Marks the row of the event with what came of sending it, until the list is emptied. */
  showSent(event: object, { text, kind, title }: SentBadge): void {
    const row = [...this.rows.values()].find((one) => one.event === event)
    if (row === undefined) return
    row.sent.textContent = text
    row.sent.className = `badge ${kind}`
    row.sent.title = title
    row.sent.hidden = false
  }

  forgetSent(): void {
    for (const { sent } of this.rows.values()) sent.hidden = true
  }

  private makeReachable(item: HTMLElement | undefined): void {
    if (this.reachable !== undefined) this.reachable.tabIndex = -1
    this.reachable = item
    if (item !== undefined) item.tabIndex = 0
  }

  private firstItem(): HTMLElement | undefined {
    return this.list.querySelector<HTMLElement>('[role=option]') ?? undefined
  }

  private press(event: KeyboardEvent): void {
    const items = [...this.list.querySelectorAll<HTMLElement>('[role=option]')]
    const place = items.findIndex((item) => item === document.activeElement)
    const places: Record<string, number> = {
      ArrowDown: Math.min(place + 1, items.length - 1),
      ArrowUp: Math.max(place - 1, 0),
      Home: 0,
      End: items.length - 1,
      Enter: place,
      ' ': place,
    }
    const item = items[places[event.key] ?? -1]
    if (item === undefined) return
    event.preventDefault()
    item.focus()
    this.choose(Number(item.dataset.id))
  }
}

function timeOfDay(timestamp: string): string {
  return new Date(timestamp).toLocaleTimeString(undefined, { hour12: false })
}

function badgeOf({ matched, skipped }: Verdict): [text: string, kind: string, title: string] {
  if (matched.length === 0) return ['no match', 'is-none', 'The event matches no setting']
  if (skipped !== undefined) return ['skipped', 'is-skipped', skipped]
  if (matched.length === 2) return ['POST', 'is-post', 'Sends an event and updates the contact']
  return matched[0] === 'Events to send'
    ? ['POST', 'is-post', 'Sends an event']
    : ['PUT', 'is-put', 'Updates the contact']
}
