import { marked } from 'marked'
import type { SettingField } from '../../lib/shapes'
import type { Problem, Settings } from '../contract'
import { byId, element, textField } from './dom'
import { Field } from './field'
import { SettingRows } from './setting-rows'
import { placed, type SettingsStatus } from './settings-status'

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

interface FieldView {
  field: SettingField
  control: Control
  view: Field
  rows: SettingRows | undefined
}

/** The app's settings panel, drawn from plugin.json as PostHog draws it. */
export class SettingsForm {
  readonly accepted = 'The app accepts these settings.'
  private readonly form = byId('settings-form', 'form')
  private readonly views: FieldView[]

  constructor(
    fields: readonly SettingField[],
    private readonly keyToStartWith: string,
    private readonly status: SettingsStatus,
    onChange: () => void,
  ) {
    this.views = fields.map((field) => drawField(this.form, field))
    this.form.addEventListener('input', () => {
      status.changed()
      onChange()
    })
    this.form.addEventListener('submit', (event) => {
      event.preventDefault()
    })
  }

  set isShown(isShown: boolean) {
    this.form.hidden = !isShown
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

  /**
   * Fills in the given settings, and the defaults for all others. The key stays unchanged.
   *
   * @returns the fields that have another value than before.
   */
  fill(settings: Settings): HTMLElement[] {
    this.status.changed()
    const changed: HTMLElement[] = []
    for (const { field, control, view, rows } of this.views) {
      const before = control.value
      if (field.secret === true) control.value ||= this.keyToStartWith
      else setValue(control, settings[field.key] ?? field.default)
      rows?.follow()
      if (control.value !== before) changed.push(view.element)
    }
    return changed
  }

  /** Shows each problem at its field. */
  show(problems: readonly Problem[]): void {
    for (const { field, view } of this.views) {
      view.show(problems.filter(({ key }) => key === field.key).map(({ sentence }) => sentence))
    }
  }

  placed(problems: readonly Problem[]): ReturnType<typeof placed> {
    return placed(problems, new Map(this.views.map(({ field: { key, name } }) => [key, name])))
  }

  focus(wanted: string): void {
    this.views.find(({ field: { key } }) => key === wanted)?.view.focus()
  }
}

function drawField(form: HTMLElement, field: SettingField): FieldView {
  const id = `setting-${field.key}`
  const common = { id, name: field.key, required: field.required }
  const control =
    field.type === 'choice'
      ? element('select', common, ...(field.choices ?? []).map((choice) => element('option', {}, choice)))
      : textField(common, field.secret)
  const rows = control instanceof HTMLSelectElement ? undefined : SettingRows.of(field.key, field.name, control)
  const below = rows === undefined ? [] : [rows.element]
  const view = new Field(id, field.name, control, { hint: field.hint, required: field.required, below })
  if (field.markdown !== undefined) form.append(headingOf(field.markdown))
  form.append(view.element)
  return { field, control, view, rows }
}

/** The heading of a group, as PostHog draws it above the group's first field. */
function headingOf(markdown: string): HTMLElement {
  const heading = element('div', { class: 'group-heading' })
  // The headings are the repository's own text, from plugin.json.
  heading.innerHTML = marked.parse(markdown, { async: false })
  return heading
}

/** Sets a value. An unknown choice from a file is added to the list, so that the app reports it. */
function setValue(control: Control, value: string): void {
  if (control instanceof HTMLSelectElement && ![...control.options].some((option) => option.value === value)) {
    control.append(element('option', {}, value))
  }
  control.value = value
}
