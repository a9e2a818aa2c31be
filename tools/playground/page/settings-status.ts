import type { Problem } from '../contract'
import { byId, counted, element, setText } from './dom'

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

  /** Counts the problems and names their fields, once each, with a way to each field. */
  show(
    problems: readonly Problem[],
    fieldOf: (key: string) => { readonly label: string; readonly focus: () => void } | undefined,
    accepted: string,
  ): void {
    if (this.hasSaid) return
    this.line.classList.toggle('is-bad', problems.length > 0)
    const others = problems.filter(({ key }) => key === null).map(({ sentence }) => sentence)
    const keys = [...new Set(problems.flatMap(({ key }) => key ?? []))]
    const fields = keys.flatMap((key) => fieldOf(key) ?? [])
    if (problems.length === 0 || others.length > 0) {
      setText(this.line, problems.length === 0 ? accepted : others.join(' '))
      return
    }
    const text = `${counted(problems.length, 'problem')}: ${fields.map(({ label }) => label).join(', ')}.`
    if (this.line.textContent === text) return
    const links = fields.flatMap(({ label, focus }, place) => {
      const button = element('button', { type: 'button', class: 'to-field' }, label)
      button.addEventListener('click', focus)
      return place === 0 ? [button] : [', ', button]
    })
    this.line.replaceChildren(`${counted(problems.length, 'problem')}: `, ...links, '.')
  }
}
