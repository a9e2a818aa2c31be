import type { InputSchema } from '../contract'
import { element, textField } from './dom'
import { Field } from './field'
import { Rows } from './rows'
import type { Column } from './rows'
import { LIST_COLUMNS, PROPERTY_COLUMNS } from './setting-rows'
import { textOfValue } from './setting-text'

/** One input of the destination: a text, a choice, yes or no, or rows of a name and a value. */
export class InputView {
  readonly view: Field
  private readonly read: () => unknown

  constructor(
    prefix: string,
    readonly field: InputSchema,
    value: unknown,
  ) {
    const id = `${prefix}-${field.key}`
    const { control, read } = controlOf(id, field, value)
    this.read = read
    this.view = new Field(id, field.label, control, {
      hint: withCode(field.description ?? ''),
      required: field.required ?? false,
    })
  }

  get value(): unknown {
    return this.read()
  }
}

/** A description as Markdown: PostHog shows it as plain text, and here placeholders and JSON are code. */
function withCode(description: string): string {
  return description.replace(/\{[^{}]+\}/g, '`$&`')
}

interface Drawn {
  control: HTMLElement
  read: () => unknown
}

function controlOf(id: string, field: InputSchema, value: unknown): Drawn {
  if (field.type === 'dictionary') return dictionary(field, value)
  if (field.type === 'boolean') {
    const select = choice(
      id,
      ['No', 'Yes'].map((label) => ({ label, value: label })),
      value === true ? 'Yes' : 'No',
    )
    return { control: select, read: () => select.value === 'Yes' }
  }
  if (field.type === 'choice') {
    const select = choice(id, field.choices ?? [], String(value))
    return { control: select, read: () => select.value }
  }
  const input = textField({ id, required: field.required }, field.secret)
  input.value = textOfValue(value)
  return { control: input, read: () => (field.type === 'number' ? numberIn(input.value) : input.value) }
}

/** A number if the text is one; PostHog keeps any other text. */
function numberIn(text: string): unknown {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

function choice(id: string, choices: NonNullable<InputSchema['choices']>, value: string): HTMLSelectElement {
  const options = choices.map((one) => element('option', { value: one.value }, one.label))
  const select = element('select', { id }, ...options)
  select.value = value
  return select
}

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  eventNames: [{ label: 'Name in PostHog', suggestions: 'event-names' }, { label: 'Name in Loops' }],
  mailingLists: LIST_COLUMNS,
}

function dictionary({ key, label }: InputSchema, value: unknown): Drawn {
  const rows = new Rows(label, COLUMNS[key] ?? PROPERTY_COLUMNS, 'a row')
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  rows.values = entries.map(([name, inner]) => [name, String(inner)])
  return { control: rows.element, read: () => Object.fromEntries(rows.values) as unknown }
}

/** The values of inputs by their keys. */
export function valuesOf(inputs: readonly InputView[]): Record<string, unknown> {
  return Object.fromEntries(inputs.map(({ field, value }) => [field.key, value]))
}
