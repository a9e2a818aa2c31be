import type { Problem } from '../contract'
import { byId, counted, setText } from './dom'

/** The sentence above the settings. */
export class SettingsStatus {
  private readonly line = byId('settings-status', 'p')
  /** True while the line shows a sentence of `say`, which a check of the same settings must not replace. */
  private hasSaid = false

  /** Called when the settings change: what was said of them is over. */
  changed(): void {
    this.hasSaid = false
  }

  /** Says something about the settings as a whole, until they change. */
  say(sentence: string, isBad = false): void {
    this.hasSaid = true
    this.line.classList.toggle('is-bad', isBad)
    setText(this.line, sentence)
  }

  /** Counts the problems and names their fields, once each. */
  show(problems: readonly Problem[], labelOf: (key: string) => string | undefined, accepted: string): void {
    if (this.hasSaid) return
    this.line.classList.toggle('is-bad', problems.length > 0)
    const others = problems.filter(({ key }) => key === null).map(({ sentence }) => sentence)
    const labels = [...new Set(problems.flatMap(({ key }) => (key === null ? [] : (labelOf(key) ?? []))))]
    const summary = problems.length === 0 ? accepted : `${counted(problems.length, 'problem')}: ${labels.join(', ')}.`
    setText(this.line, others.length > 0 ? others.join(' ') : summary)
  }
}
