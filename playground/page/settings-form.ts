import { marked } from 'marked'
import type { SettingField } from '../../sandbox/posthog/shapes'
import type { Problem, Settings } from '../contract'
import { byId, counted, element, setText } from './dom'

type Control = HTMLInputElement | HTMLSelectElement

interface FieldView {
  field: SettingField
  control: Control
  error: HTMLElement
}

/** The settings panel, drawn from plugin.json as PostHog draws it. */
export class SettingsForm {
  private readonly views: FieldView[]
  private readonly status = byId('settings-status', 'p')
  /** True while the status shows a sentence of `say`, which a check of the same settings must not replace. */
  private hasSaid = false

  constructor(
    fields: readonly SettingField[],
    private readonly keyToStartWith: string,
    onChange: () => void,
  ) {
    const form = byId('settings-form', 'form')
    this.views = fields.map((field) => drawField(form, field))
    form.addEventListener('input', () => {
      this.hasSaid = false
      onChange()
    })
    form.addEventListener('submit', (event) => {
      event.preventDefault()
    })
  }

  settings(): Settings {
    return Object.fromEntries(this.views.map(({ field, control }) => [field.key, control.value]))
  }

  /** The settings without the key, which the page sends only to the playground's server. */
  settingsToKeep(): Settings {
    return Object.fromEntries(
      this.views.filter(({ field }) => field.secret !== true).map(({ field, control }) => [field.key, control.value]),
    )
  }

  /** Fills in the given settings, and the defaults for all others. The key stays unchanged. */
  fill(settings: Settings): void {
    this.hasSaid = false
    for (const { field, control } of this.views) {
      if (field.secret === true) control.value ||= this.keyToStartWith
      else setValue(control, settings[field.key] ?? field.default)
    }
  }

  show(problems: readonly Problem[]): void {
    for (const { field, control, error } of this.views) {
      const own = problems.filter(({ key }) => key === field.key).map(({ sentence }) => sentence)
      setText(error, own.join(' '))
      if (own.length > 0) control.setAttribute('aria-invalid', 'true')
      else control.removeAttribute('aria-invalid')
    }
    if (this.hasSaid) return
    this.status.classList.toggle('is-bad', problems.length > 0)
    setText(this.status, this.summaryOf(problems))
  }

  /** Says something about the settings as a whole, until they change. */
  say(sentence: string, isBad = false): void {
    this.hasSaid = true
    this.status.classList.toggle('is-bad', isBad)
    setText(this.status, sentence)
  }

  private summaryOf(problems: readonly Problem[]): string {
    const others = problems.filter(({ key }) => key === null).map(({ sentence }) => sentence)
    if (others.length > 0) return others.join(' ')
    if (problems.length === 0) return 'The app accepts these settings.'
    const wrong = this.views.filter(({ field }) => problems.some(({ key }) => key === field.key))
    return `${counted(problems.length, 'problem')}: ${wrong.map(({ field }) => field.name).join(', ')}.`
  }
}

function drawField(form: HTMLElement, field: SettingField): FieldView {
  const id = `setting-${field.key}`
  const common = {
    id,
    name: field.key,
    required: field.required,
    'aria-describedby': `${id}-error ${id}-hint`,
  }
  const control =
    field.type === 'choice'
      ? element('select', common, ...(field.choices ?? []).map((choice) => element('option', {}, choice)))
      : element('input', {
          ...common,
          type: field.secret === true ? 'password' : 'text',
          autocomplete: 'off',
          autocapitalize: 'off',
          spellcheck: 'false',
        })
  const hint = element('p', { class: 'hint', id: `${id}-hint` })
  // The hints are the repository's own text, from plugin.json.
  hint.innerHTML = marked.parseInline(field.hint, { async: false })
  hint.querySelectorAll('a').forEach((link) => {
    link.target = '_blank'
    link.rel = 'noopener'
  })
  const error = element('p', { class: 'error', id: `${id}-error` })
  const label = element('label', { for: id }, field.name)
  if (field.required) label.append(' ', element('span', { class: 'required' }, 'required'))
  form.append(element('div', { class: 'field' }, label, control, element('div', { class: 'notes' }, hint, error)))
  return { field, control, error }
}

/** Sets a value. An unknown choice from a file is added to the list, so that the app reports it. */
function setValue(control: Control, value: string): void {
  if (control instanceof HTMLSelectElement && ![...control.options].some((option) => option.value === value)) {
    control.append(element('option', {}, value))
  }
  control.value = value
}
