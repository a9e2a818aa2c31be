import { element } from './dom'
import { FILTER_COLUMNS, filtersOfRows, rowsOfFilters } from './filter-rows'
import { Rows } from './rows'
import type { Column } from './rows'
import { filtersIn, mappingOfRows, rowsOfMapping, textOfFilters } from './setting-text'

interface Notation {
  columns: readonly Column[]
  noun: string
  /** Undefined for a text that rows cannot show. */
  read: (text: string) => string[][] | undefined
  write: (rows: string[][]) => string
}

/** A name and a value; the value is a text with placeholders. */
export const PROPERTY_COLUMNS: readonly Column[] = [
  { label: 'Name in Loops' },
  { label: 'Value', suggestions: 'placeholders' },
]
/** A mailing list and whether the contact is on it. */
export const LIST_COLUMNS: readonly Column[] = [
  { label: 'ID of the list', suggestions: 'mailing-lists' },
  { label: 'true, false or a placeholder', suggestions: 'list-values' },
]

const mapping: Notation = {
  columns: PROPERTY_COLUMNS,
  noun: 'a property',
  read: rowsOfMapping,
  write: mappingOfRows,
}
const lists: Notation = { ...mapping, columns: LIST_COLUMNS, noun: 'a list' }
const filters: Notation = {
  columns: FILTER_COLUMNS,
  noun: 'a filter',
  read: (text) => {
    const found = filtersIn(text)
    return found && rowsOfFilters(found)
  },
  write: (rows) => textOfFilters(filtersOfRows(rows)),
}

const NOTATIONS: Readonly<Record<string, Notation>> = {
  eventProperties: mapping,
  contactProperties: mapping,
  eventMailingLists: lists,
  contactMailingLists: lists,
  eventFilters: filters,
  contactFilters: filters,
}

/** Rows below the text of a mapping, of mailing lists or of filters. They write the text, and follow it. */
export class SettingRows {
  readonly element: HTMLElement
  private readonly rows: Rows
  private readonly unreadable = element('p', { class: 'quiet-text', hidden: true }, 'Rows cannot show this text.')

  private constructor(
    label: string,
    private readonly notation: Notation,
    private readonly text: HTMLInputElement | HTMLTextAreaElement,
  ) {
    this.rows = new Rows(`${label}: rows`, notation.columns, notation.noun)
    this.element = element(
      'details',
      { class: 'setting-rows' },
      element('summary', {}, 'Write it as rows'),
      this.rows.element,
      this.unreadable,
    )
    this.rows.element.addEventListener('input', () => {
      text.value = notation.write(this.rows.values)
    })
    text.addEventListener('input', () => {
      this.follow()
    })
  }

  /** Undefined for a setting that is not made of entries. */
  static of(key: string, label: string, text: HTMLInputElement | HTMLTextAreaElement): SettingRows | undefined {
    const notation = NOTATIONS[key]
    return notation && new SettingRows(label, notation, text)
  }

  /** Shows what the text holds. */
  follow(): void {
    const rows = this.notation.read(this.text.value)
    this.unreadable.hidden = rows !== undefined
    this.rows.element.hidden = rows === undefined
    if (rows !== undefined) this.rows.values = rows
  }
}
