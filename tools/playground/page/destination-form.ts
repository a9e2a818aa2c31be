import type { DestinationSettings, DestinationStart, MappingSettings, Problem } from '../contract'
import { freeName } from './combined'
import { byId, element } from './dom'
import type { Field } from './field'
import { InputView, valuesOf } from './input-view'
import { MappingView } from './mapping-view'
import { placed, type SettingsStatus } from './settings-status'

const SENDING = ['event', 'both']

/** The destination's form: the inputs at the top, and a part for each mapping with its events, filters and inputs. */
export class DestinationForm {
  readonly accepted = 'PostHog accepts these inputs.'
  private readonly form = byId('destination-form', 'form')
  private inputs: InputView[] = []
  private mappings: MappingView[] = []

  constructor(
    private readonly start: DestinationStart,
    private readonly keyToStartWith: string,
    private readonly status: SettingsStatus,
    onChange: () => void,
  ) {
    this.form.addEventListener('input', () => {
      status.changed()
      onChange()
    })
    this.form.addEventListener('submit', (event) => {
      event.preventDefault()
    })
    this.fill(start.settings)
  }

  set isShown(isShown: boolean) {
    this.form.hidden = !isShown
  }

  settings(): DestinationSettings {
    return { inputs: valuesOf(this.inputs), mappings: this.mappings.map((mapping) => mapping.settings()) }
  }

  /** The settings without the key. */
  settingsToKeep(): DestinationSettings {
    const { inputs, mappings } = this.settings()
    const secrets = this.start.fields.filter(({ secret }) => secret === true).map(({ key }) => key)
    return { inputs: Object.fromEntries(Object.entries(inputs).filter(([key]) => !secrets.includes(key))), mappings }
  }

  /**
   * Draws the form with these values. The key stays unchanged.
   *
   * @returns the inputs and the mappings that have other values than before.
   */
  fill({ inputs, mappings }: DestinationSettings): HTMLElement[] {
    this.status.changed()
    const before = this.settings()
    const key = this.inputs.find(({ field }) => field.secret === true)?.value ?? this.keyToStartWith
    const note = this.form.querySelector('.form-note')
    this.inputs = this.start.fields.map((field) => {
      return new InputView('destination', field, field.secret === true ? key : inputs[field.key])
    })
    this.mappings = mappings.map((mapping, place) => {
      const schema = this.start.mappingFields[String(mapping.inputs.action)] ?? []
      return new MappingView(mapping, schema, `destination-${place}`, this.mappingButtons(place))
    })
    this.form.replaceChildren(
      ...(note === null ? [] : [note]),
      ...this.inputs.map(({ view }) => view.element),
      ...this.mappings.map(({ element: part }) => part),
      this.addButton(),
    )
    const isNew = (one: unknown, other: unknown): boolean => JSON.stringify(one) !== JSON.stringify(other)
    const after = this.settings()
    return [
      ...this.inputs
        .filter(({ field }) => isNew(before.inputs[field.key], after.inputs[field.key]))
        .map(({ view }) => view.element),
      ...this.mappings
        .filter((_, place) => isNew(before.mappings[place], after.mappings[place]))
        .map(({ element: part }) => part),
    ]
  }

  /** Draws the form with other mappings, as the user has asked for, and shows the one at `place`. */
  private change(mappings: MappingSettings[], place: number): void {
    this.fill({ ...this.settings(), mappings })
    this.form.dispatchEvent(new Event('input', { bubbles: true }))
    this.mappings[place]?.element.scrollIntoView({ block: 'nearest' })
  }

  private addButton(): HTMLElement {
    const add = element('button', { type: 'button', class: 'add-mapping' }, 'Add a mapping')
    add.addEventListener('click', () => {
      this.addMapping([])
    })
    return add
  }

  /** Adds a mapping that sends these events. */
  private addMapping(events: readonly string[]): void {
    const { mappings } = this.settings()
    const [, send] = this.start.settings.mappings
    if (send === undefined) return
    this.change([...mappings, { ...send, name: freeName(send.name, mappings), events: [...events] }], mappings.length)
  }

  private mappingButtons(place: number): HTMLElement {
    const duplicate = element('button', { type: 'button', class: 'quiet' }, 'Duplicate')
    duplicate.addEventListener('click', () => {
      const { mappings } = this.settings()
      const copied = mappings[place]
      if (copied === undefined) return
      this.change([...mappings, { ...copied, name: freeName(copied.name, mappings) }], mappings.length)
    })
    const remove = element('button', { type: 'button', class: 'quiet' }, 'Delete')
    remove.addEventListener('click', () => {
      this.remove(place)
    })
    return element('div', { class: 'buttons mapping-buttons' }, duplicate, remove)
  }

  private remove(place: number): void {
    const { mappings } = this.settings()
    this.change(
      mappings.filter((_, other) => other !== place),
      Math.max(0, place - 1),
    )
    const undo = (): void => {
      this.change(mappings, place)
    }
    this.status.say(`Deleted “${mappings[place]?.name ?? ''}”.`, { undo })
  }

  /** The name of the mapping that `sendEvent` adds an event to. Undefined if there is none, so that it adds a mapping. */
  get sendingMapping(): string | undefined {
    return this.settings().mappings.find(({ inputs }) => SENDING.includes(String(inputs.action)))?.name
  }

  /** Lets a mapping send the event of this name. */
  sendEvent(name: string): HTMLElement | undefined {
    const changed = this.changeFirst(SENDING, (mapping) => ({ ...mapping, events: [...mapping.events, name] }))
    if (changed === undefined) this.addMapping([name])
    return changed ?? this.mappings.at(-1)?.element
  }

  /** Changes the first mapping that does one of these actions. Undefined if there is none. */
  changeFirst(
    actions: readonly string[],
    change: (mapping: MappingSettings) => MappingSettings,
  ): HTMLElement | undefined {
    const { inputs, mappings } = this.settings()
    const place = mappings.findIndex((mapping) => actions.includes(String(mapping.inputs.action)))
    const found = mappings[place]
    if (found === undefined) return undefined
    return this.fill({
      inputs,
      mappings: mappings.map((mapping) => (mapping === found ? change(mapping) : mapping)),
    })[0]
  }

  /** Shows each problem at its field. */
  show(problems: readonly Problem[]): void {
    for (const { key, field } of this.fields()) {
      field.show(problems.filter((problem) => problem.key === key).map(({ sentence }) => sentence))
    }
  }

  placed(problems: readonly Problem[]): ReturnType<typeof placed> {
    return placed(problems, new Map(this.fields().map(({ key, label }) => [key, label])))
  }

  focus(wanted: string): void {
    this.fields()
      .find(({ key }) => key === wanted)
      ?.field.focus()
  }

  /** All fields; a label of a mapping's field begins with the mapping's name. */
  private fields(): { key: string; label: string; field: Field }[] {
    return [
      ...this.inputs.map(({ field: { key, label }, view }) => ({ key, label, field: view })),
      ...this.mappings.flatMap(({ fields, name }, place) =>
        fields.map(([key, label, field]) => ({ key: `${place}.${key}`, label: `${name}, ${label}`, field })),
      ),
    ]
  }
}
