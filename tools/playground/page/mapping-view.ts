import type { InputSchema, MappingSettings } from '../contract'
import { element } from './dom'
import { Field } from './field'
import { FILTER_COLUMNS, filtersOfRows, rowsOfFilters } from './filter-rows'
import { InputView, valuesOf } from './input-view'
import { Rows } from './rows'

const EVERY_EVENT = '*'

/** A mapping in the form of the destination: its events, filters and inputs. */
export class MappingView {
  readonly element: HTMLElement
  /** The fields that are shown, by their keys, with their labels. */
  readonly fields: readonly (readonly [key: string, label: string, field: Field])[]
  private readonly events: Rows
  private readonly filters: Rows
  /** Filters that rows cannot show: they stay as they are. */
  private readonly fixedFilters: MappingSettings['filters']
  private readonly inputs: readonly InputView[]

  constructor(
    private readonly mapping: MappingSettings,
    schema: readonly InputSchema[],
    prefix: string,
    buttons: HTMLElement,
  ) {
    const { name, events, filters, inputs } = mapping
    const rows = rowsOfFilters(filters)
    this.events = new Rows(`${name}: events`, [{ label: 'Name of the event', suggestions: 'event-names' }], 'an event')
    this.events.values = events.map((event) => [event ?? EVERY_EVENT])
    this.filters = new Rows(`${name}: property filters`, FILTER_COLUMNS, 'a filter')
    this.filters.values = rows ?? []
    this.fixedFilters = rows === undefined ? filters : []
    this.inputs = schema.map((field) => new InputView(prefix, field, inputs[field.key]))
    const fixed = rows === undefined ? ` These filters stay, too: ${JSON.stringify(filters)}.` : ''
    const eventsHint = `The events of this mapping; ${EVERY_EVENT} means every event. A mapping without events is not installed.`
    const fieldOf = (key: string, label: string, control: Rows, hint: string) =>
      [key, label, new Field(`${prefix}-${key}`, label, control.element, { hint })] as const
    this.fields = [
      fieldOf('events', 'Events', this.events, eventsHint),
      fieldOf('filters', 'Property filters', this.filters, `All of them must match.${fixed}`),
      ...this.inputs
        .filter(({ field }) => field.hidden !== true)
        .map(({ field, view }) => [field.key, field.label, view] as const),
    ]
    const legend = element('legend', {}, name)
    const elements = this.fields.map(([, , field]) => field.element)
    this.element = element('fieldset', { class: 'mapping' }, legend, buttons, ...elements)
  }

  get name(): string {
    return this.mapping.name
  }

  settings(): MappingSettings {
    return {
      name: this.name,
      events: this.events.values.map(([event = '']) => (event === EVERY_EVENT ? null : event)),
      filters: [...this.fixedFilters, ...filtersOfRows(this.filters.values)],
      inputs: valuesOf(this.inputs),
    }
  }
}
