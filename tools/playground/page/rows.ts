import { element, textField } from './dom'

/** A column of rows. */
export interface Column {
  label: string
  /** The choices of a select; left out for a text. */
  choices?: readonly { readonly value: string; readonly label: string }[]
  /** The id of a datalist. */
  suggestions?: string
}

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

/** A longer text would be cut in a row, and gets as many lines as it needs. */
const LONGEST_SHOWN = 32

/** A table of short texts that the user adds rows to and removes rows from. Each change is an `input` event of `element`. */
export class Rows {
  readonly element: HTMLElement
  private readonly list = element('ul', { class: 'rows' })

  constructor(
    label: string,
    private readonly columns: readonly Column[],
    noun: string,
  ) {
    const add = element('button', { type: 'button', class: 'quiet add-row' }, `Add ${noun}`)
    add.addEventListener('click', () => {
      this.add(this.columns.map(({ choices }) => choices?.[0]?.value ?? ''))
      this.list.lastElementChild?.querySelector<Control>('input, select')?.focus()
    })
    this.element = element('div', { class: 'rows-editor', role: 'group', 'aria-label': label }, this.list, add)
  }

  /** The rows that hold a text, each with the values of its columns. */
  get values(): string[][] {
    const rows = [...this.list.children].map((row) => controlsOf(row).map(({ value }) => value))
    return rows.filter((row) => row.some((value, place) => this.columns[place]?.choices === undefined && value !== ''))
  }

  set values(rows: readonly (readonly string[])[]) {
    this.list.replaceChildren()
    for (const row of rows) this.add(row)
  }

  private add(values: readonly string[]): void {
    const remove = element(
      'button',
      { type: 'button', class: 'quiet remove-row', 'aria-label': 'Remove this row' },
      '×',
    )
    const controls = this.columns.map((column, place) => controlOf(column, values[place] ?? ''))
    const row = element('li', {}, ...controls, remove)
    remove.addEventListener('click', () => {
      row.remove()
      this.element.querySelector<HTMLElement>('.add-row')?.focus()
      this.element.dispatchEvent(new Event('input', { bubbles: true }))
    })
    this.list.append(row)
  }
}

function controlsOf(row: Element): Control[] {
  return [...row.querySelectorAll<Control>('input, textarea, select')]
}

function controlOf({ label, choices, suggestions }: Column, value: string): Control {
  if (choices === undefined) {
    const named = { 'aria-label': label, placeholder: label, autocomplete: 'off', autocapitalize: 'off' }
    // Only an input has suggestions.
    const control =
      value.length > LONGEST_SHOWN
        ? textField(named)
        : element('input', { ...named, type: 'text', list: suggestions, spellcheck: 'false' })
    control.value = value
    return control
  }
  const options = choices.map((choice) => element('option', { value: choice.value }, choice.label))
  const control = element('select', { 'aria-label': label }, ...options)
  control.value = value
  return control
}
