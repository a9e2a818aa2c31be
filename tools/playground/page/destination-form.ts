import type { DestinationSettings, DestinationStart, InputSchema, MappingSettings, Problem } from '../contract'
import { freeName } from './combined'
import { byId, element } from './dom'
import { Field } from './field'
import { FILTER_COLUMNS, filtersOfRows, rowsOfFilters } from './filter-rows'
import { InputView } from './input-view'
import { Rows } from './rows'
import type { SettingsStatus } from './settings-status'

interface MappingView {
  name: string
  events: Rows
  filters: Rows
  /** Filters that rows cannot show: they stay as they are. */
  fixedFilters: MappingSettings['filters']
  inputs: InputView[]
}

/** The destination's form: the inputs at the top, and a part for each mapping with its events, filters and inputs. */
export class DestinationForm {
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
    return {
      inputs: valuesOf(this.inputs),
      mappings: this.mappings.map(({ name, events, filters, fixedFilters, inputs }) => ({
        name,
        events: events.values.map(([event = '']) => (event === EVERY_EVENT ? null : event)),
        filters: [...fixedFilters, ...filtersOfRows(filters.values)],
        inputs: valuesOf(inputs),
      })),
    }
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
    const drawn = mappings.map((mapping, place) => this.drawMapping(mapping, place))
    this.mappings = drawn.map(({ view }) => view)
    this.form.replaceChildren(
      ...(note === null ? [] : [note]),
      ...this.inputs.map(({ view }) => view.element),
      ...drawn.map(({ part }) => part),
      this.addButton(),
    )
    const isNew = (one: unknown, other: unknown): boolean => JSON.stringify(one) !== JSON.stringify(other)
    const after = this.settings()
    return [
      ...this.inputs
        .filter(({ field: { key } }) => isNew(before.inputs[key], after.inputs[key]))
        .map(({ view }) => view.element),
      ...drawn.filter((_, place) => isNew(before.mappings[place], after.mappings[place])).map(({ part }) => part),
    ]
  }

  /** Draws the form with other mappings, as the user has asked for, and shows the one at `place`. */
  private change(mappings: MappingSettings[], place: number): void {
    this.fill({ ...this.settings(), mappings })
    this.form.dispatchEvent(new Event('input', { bubbles: true }))
    this.form.querySelectorAll('fieldset')[place]?.scrollIntoView({ block: 'nearest' })
  }

  private addButton(): HTMLElement {
    const add = element('button', { type: 'button', class: 'add-mapping' }, 'Add a mapping')
    add.addEventListener('click', () => {
      const { mappings } = this.settings()
      const [, send] = this.start.settings.mappings
      if (send === undefined) return
      this.change([...mappings, { ...send, name: freeName(send.name, mappings), events: [] }], mappings.length)
    })
    return add
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
      const { mappings } = this.settings()
      this.change(
        mappings.filter((_, other) => other !== place),
        Math.max(0, place - 1),
      )
    })
    return element('div', { class: 'buttons mapping-buttons' }, duplicate, remove)
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

  show(problems: readonly Problem[]): void {
    const all = [
      ...this.inputs.map((input) => [input.field.key, input] as const),
      ...this.mappings.flatMap(({ inputs }, place) =>
        inputs.map((input) => [`${place}.${input.field.key}`, input] as const),
      ),
    ]
    for (const [key, { view }] of all) {
      view.show(problems.filter((problem) => problem.key === key).map(({ sentence }) => sentence))
    }
    const fieldOf = (wanted: string) => {
      const [, found] = all.find(([key]) => key === wanted) ?? []
      return (
        found && {
          label: found.field.label,
          focus: () => {
            found.view.focus()
          },
        }
      )
    }
    this.status.show(problems, fieldOf, 'PostHog accepts these inputs.')
  }

  private drawMapping(mapping: MappingSettings, place: number): { view: MappingView; part: HTMLElement } {
    const { name, events, filters, inputs } = mapping
    const fields = this.start.mappingFields[String(inputs.action)] ?? []
    const rowsOf = rowsOfFilters(filters)
    const view: MappingView = {
      name,
      events: new Rows(`${name}: events`, [{ label: 'Name of the event', suggestions: 'event-names' }], 'an event'),
      filters: new Rows(`${name}: property filters`, FILTER_COLUMNS, 'a filter'),
      fixedFilters: rowsOf === undefined ? filters : [],
      inputs: fields.map((field) => new InputView(`destination-${place}`, field, inputs[field.key])),
    }
    view.events.values = events.map((event) => [event ?? EVERY_EVENT])
    view.filters.values = rowsOf ?? []
    const fixed = rowsOf === undefined ? ` These filters stay, too: ${JSON.stringify(filters)}.` : ''
    const part = element(
      'fieldset',
      { class: 'mapping' },
      element('legend', {}, name),
      this.mappingButtons(place),
      fieldOf(
        `destination-${place}-events`,
        'Events',
        view.events,
        `The events of this mapping; ${EVERY_EVENT} means every event. A mapping without events is not installed.`,
      ),
      fieldOf(`destination-${place}-filters`, 'Property filters', view.filters, `All of them must match.${fixed}`),
      ...view.inputs.filter(({ field }) => field.hidden !== true).map(({ view: one }) => one.element),
    )
    return { view, part }
  }
}

const EVERY_EVENT = '*'

function fieldOf(id: string, label: string, rows: Rows, hint: string): HTMLElement {
  return new Field(id, label, rows.element, { hint }).element
}

function valuesOf(inputs: readonly InputView[]): Record<string, unknown> {
  return Object.fromEntries(
    inputs.map(({ field, value }: { field: InputSchema; value: unknown }) => [field.key, value]),
  )
}
