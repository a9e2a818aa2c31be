import type { Problem } from '../contract'
import { byId, counted, element } from './dom'

/** A problem of the settings: the field that has it, or the whole sentence if no field has it. */
export interface PlacedProblem {
  readonly label: string
  /** The key of the field. */
  readonly key?: string
}

/** One for each field that has problems, under its label; and one for each sentence without a field. */
export function placed(problems: readonly Problem[], labels: ReadonlyMap<string, string>): PlacedProblem[] {
  const keys = [...new Set(problems.flatMap(({ key }) => (key !== null && labels.has(key) ? [key] : [])))]
  const others = problems.filter(({ key }) => key === null || !labels.has(key)).map(({ sentence }) => sentence)
  return [
    ...keys.map((key) => ({ key, label: labels.get(key) ?? '' })),
    ...[...new Set(others)].map((label) => ({ label })),
  ]
}

/** The problems as one text: the fields as links, then the sentences. */
export function partsOf(problems: readonly PlacedProblem[], focus: (key: string) => void): (Node | string)[] {
  const links = problems.flatMap(({ key, label }) => {
    if (key === undefined) return []
    const button = element('button', { type: 'button', class: 'to-field' }, label)
    button.addEventListener('click', () => {
      focus(key)
    })
    return [button]
  })
  const sentences = problems.filter(({ key }) => key === undefined).map(({ label }) => ` ${label}`)
  return [
    ...links.flatMap((link, place) => (place === 0 ? [link] : [', ', link])),
    links.length > 0 ? '.' : '',
    ...sentences,
  ]
}

interface Said {
  readonly sentence: string
  readonly isBad: boolean
  readonly undo: (() => void) | undefined
}

/** The lines above the settings: their problems, and below what was done with them last. */
export class SettingsStatus {
  private readonly line = byId('settings-status', 'p')
  private problems: readonly PlacedProblem[] = []
  private accepted = ''
  private said: Said | undefined

  /** @param focus leads to the field with this key. */
  constructor(private readonly focus: (key: string) => void) {}

  /** Called when the settings change: what was said of them is over. */
  changed(): void {
    this.said = undefined
    this.draw()
  }

  /** Says something about the settings until they change, with a way to undo it. */
  say(sentence: string, { isBad = false, undo }: { isBad?: boolean; undo?: () => void } = {}): void {
    this.said = { sentence, isBad, undo }
    this.draw()
  }

  /** Counts the problems and names their fields, once each, with a way to each field. */
  show(problems: readonly PlacedProblem[], accepted: string): void {
    this.problems = problems
    this.accepted = accepted
    this.draw()
  }

  private draw(): void {
    const { problems, said } = this
    const parts: HTMLElement[] = []
    if (problems.length > 0) {
      parts.push(lineOf(true, `${counted(problems.length, 'problem')}: `, ...partsOf(problems, this.focus)))
    } else if (said === undefined) parts.push(lineOf(false, this.accepted))
    if (said !== undefined) parts.push(lineOf(said.isBad, said.sentence, ...undoOf(said)))
    // A screen reader reads new lines, even the same ones.
    const text = (elements: readonly Element[]): string => elements.map(({ textContent }) => textContent).join('\n')
    if (text(parts) !== text([...this.line.children])) this.line.replaceChildren(...parts)
  }
}

function lineOf(isBad: boolean, ...parts: (Node | string)[]): HTMLElement {
  return element('span', { class: isBad ? 'is-bad' : undefined }, ...parts)
}

function undoOf({ undo }: Said): (Node | string)[] {
  if (undo === undefined) return []
  const button = element('button', { type: 'button', class: 'to-field' }, 'Undo')
  button.addEventListener('click', undo)
  return [' ', button]
}
