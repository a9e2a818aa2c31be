import type { WrittenFilter } from '../contract'
import { PLAIN_OPERATORS, textOfValue } from './setting-text'
import type { Column } from './rows'

/** PostHog's operators that the plain syntax has, in its words. */
const OPERATORS = Object.entries(PLAIN_OPERATORS).map(([label, value]) => ({ value, label }))

/** A property filter as a row: where the property is, its name, the operator, the value. */
export const FILTER_COLUMNS: readonly Column[] = [
  {
    label: 'Property of',
    choices: [
      { value: 'event', label: 'event' },
      { value: 'person', label: 'person' },
    ],
  },
  { label: 'Property', suggestions: 'property-names' },
  { label: 'Operator', choices: OPERATORS },
  { label: 'Value' },
]

const NEEDS_NO_VALUE = ['is_set', 'is_not_set']
const TAKES_NUMBER = ['gt', 'gte', 'lt', 'lte']

/** Undefined if a filter has several values or an operator that only JSON has. */
export function rowsOfFilters(filters: readonly WrittenFilter[]): string[][] | undefined {
  const rows = filters.map(({ type, key, operator, value }) => {
    const [only, ...others] = Array.isArray(value) ? (value as unknown[]) : [value]
    const isKnown = OPERATORS.some((known) => known.value === operator) && (type === 'event' || type === 'person')
    if (!isKnown || others.length > 0 || typeof only === 'object') return undefined
    return [type, key, operator, textOfValue(only)]
  })
  return rows.every((row) => row !== undefined) ? rows : undefined
}

export function filtersOfRows(rows: readonly (readonly string[])[]): WrittenFilter[] {
  return rows.map(([type = 'event', key = '', operator = 'exact', value = '']) => {
    if (NEEDS_NO_VALUE.includes(operator)) return { key, type, operator }
    const isNumber = TAKES_NUMBER.includes(operator) && value.trim() !== '' && Number.isFinite(Number(value))
    return { key, type, operator, value: isNumber ? Number(value) : value }
  })
}
