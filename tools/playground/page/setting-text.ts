/**
 * The text of a setting as rows, and rows as the text. It writes the plain syntax where that means the same, and JSON
 * elsewhere. It does not judge a text: the app does.
 */
import type { WrittenFilter } from '../contract'

/** The operators of the plain filters, with PostHog's names. */
export const PLAIN_OPERATORS = {
  '=': 'exact',
  '!=': 'is_not',
  '>': 'gt',
  '>=': 'gte',
  '<': 'lt',
  '<=': 'lte',
  contains: 'icontains',
  'not contains': 'not_icontains',
  matches: 'regex',
  'is set': 'is_set',
  'is not set': 'is_not_set',
} as const

/** The entries of a mapping or of mailing lists; undefined if the text is none that rows can show. */
export function rowsOfMapping(text: string): string[][] | undefined {
  if (/^\s*\{(?!\s*(event|person)\.)/.test(text)) return rowsOfJson(text)
  const entries = entriesOf(text).map((entry) => /^([^:]+?)\s*:\s*(.+)$/s.exec(entry)?.slice(1))
  return entries.every((entry) => entry !== undefined) ? entries : undefined
}

function rowsOfJson(text: string): string[][] | undefined {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const entries = Object.entries(value) as [string, unknown][]
  if (entries.some(([, inner]) => typeof inner === 'object')) return undefined
  return entries.map(([name, inner]) => [name, String(inner)])
}

/** The text of a mapping with these entries. */
export function mappingOfRows(rows: readonly (readonly string[])[]): string {
  const entries = rows.map(([name = '', value = '']) => [name.trim(), value.trim()] as const)
  const names = entries.map(([name]) => name)
  const isPlain = entries.every(([name, value]) => /^[\w$-][\w$ .-]*$/.test(name) && isPlainValue(value))
  if (isPlain && new Set(names).size === names.length)
    return entries.map(([name, value]) => `${name}: ${value}`).join(', ')
  return JSON.stringify(Object.fromEntries(entries))
}

/** A value in which no sign has a meaning but those of whole placeholders. */
function isPlainValue(value: string): boolean {
  const rest = value.replace(/\{(event|person)\.[\w$. -]+\}/g, 'x')
  return /^[\w$@+ -]([\w$@+. -]*)$/.test(rest) && !/\b(event|person)\.properties\b/.test(rest)
}

/** The names in a list of events; undefined if the text is a JSON object or no list. */
export function namesIn(text: string): string[] | undefined {
  if (!/^\s*(\[|\{\s*["}])/.test(text)) return entriesOf(text)
  const list = parsed(text)
  return Array.isArray(list) && list.every((name) => typeof name === 'string') ? list : undefined
}

/** The text of a list of events. */
export function textOfNames(names: readonly string[]): string {
  const isPlain = names.every((name) => /^[\w$!*][\w$*: .-]*$/.test(name))
  return isPlain ? names.join(', ') : JSON.stringify(names)
}

/** The filters of a text; undefined if the text is none. */
export function filtersIn(text: string): WrittenFilter[] | undefined {
  if (/^\s*[[{]/.test(text)) return filtersOfJson(text)
  const filters = entriesOf(text).map(plainFilter)
  return filters.every((filter) => filter !== undefined) ? filters : undefined
}

const OPERATOR = /(!=|>=|<=|=|>|<)|\s(not\s+contains|contains|matches|is\s+set|is\s+not\s+set)(?=\s|$)/i

function plainFilter(entry: string): WrittenFilter | undefined {
  const found = OPERATOR.exec(entry)
  if (found === null) return undefined
  const [written, sign, word = ''] = found
  const name = entry.slice(0, found.index).trim()
  const value = entry.slice(found.index + written.length).trim()
  const plain = sign ?? word.toLowerCase().replace(/\s+/g, ' ')
  const operator = (PLAIN_OPERATORS as Readonly<Record<string, string>>)[plain]
  if (operator === undefined || name === '') return undefined
  const type = name.startsWith('person.') ? 'person' : 'event'
  const key = name.replace(/^person\./, '')
  return plain.endsWith('set') ? { key, type, operator } : { key, type, operator, value }
}

function filtersOfJson(text: string): WrittenFilter[] | undefined {
  const list = parsed(text)
  if (!Array.isArray(list)) return undefined
  const filters = (list as unknown[]).map((one) => {
    if (typeof one !== 'object' || one === null) return undefined
    const { key, type = 'event', operator, ...rest } = one as Partial<WrittenFilter>
    return typeof key === 'string' ? { ...rest, key, type, operator: operator ?? 'exact' } : undefined
  })
  return filters.every((filter) => filter !== undefined) ? filters : undefined
}

/** The text of these filters. */
export function textOfFilters(filters: readonly WrittenFilter[]): string {
  const plain = filters.map(plainText)
  if (plain.every((text) => text !== undefined)) return plain.join(', ')
  return JSON.stringify(filters)
}

function plainText({ key, type, operator, value }: WrittenFilter): string | undefined {
  const [sign] = Object.entries(PLAIN_OPERATORS).find(([, name]) => name === operator) ?? []
  const isKey = /^[\w$-]+$/.test(key)
  if (sign === undefined || !isKey) return undefined
  const name = type === 'person' ? `person.${key}` : key
  if (sign.endsWith('set')) return `${name} ${sign}`
  const text = textOfValue(value).trim()
  const isPlain = /^[\w@$+-][\w@$+. -]*$/.test(text) && !/ (and|or) /i.test(text)
  return isPlain ? `${name} ${sign} ${text}` : undefined
}

/** A value of JSON as a text; empty for a missing one, and for lists and objects. */
export function textOfValue(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

function entriesOf(text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim())
  return entries.filter((entry) => entry !== '')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
