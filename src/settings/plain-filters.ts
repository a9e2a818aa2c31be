/** The plain way to write property filters: `plan = pro, person.seats > 100, email is set`. */
import type { Field } from './field'
import { rejectMistake, splitList } from './lists'
import { commonMistakeIn } from './common-mistakes'
import type { OperatorName } from './operators'

/** A filter as PostHog's JSON has it. */
export interface WrittenFilter {
  readonly key: string
  readonly type: 'event' | 'person'
  readonly operator: OperatorName
  /** Left out if the operator needs none. */
  readonly value?: string
}

/** PostHog's operators by their plain notation. */
const OPERATORS: Readonly<Record<string, OperatorName>> = {
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
}

/** The first operator of an entry ends its property: a name with an operator in it needs JSON. */
const OPERATOR = /(!=|>=|<=|=|>|<)|\s(not\s+contains|contains|matches|is\s+set|is\s+not\s+set)(?=\s|$)/i

/** Reads filters that are separated by commas. Entries that are wrong are rejected and left out. */
export function parsePlainFilters(field: Field, example: string): WrittenFilter[] {
  return splitList(field.text).flatMap((entry) => {
    const { key, operator, value } = partsOf(entry)
    const problem = problemOf(entry, key, operator, value)
    if (problem !== undefined) {
      rejectMistake(field, entry, problem, example)
      return []
    }
    const [, person, name = ''] = /^(person\.)?(.*)$/.exec(key) ?? []
    const type = person === undefined ? ('event' as const) : ('person' as const)
    const filter = { key: name, type, operator: OPERATORS[operator] ?? 'exact' }
    return [operator.endsWith('set') ? filter : { ...filter, value }]
  })
}

/** The entry around its operator; an empty operator if it has none. */
function partsOf(entry: string): { readonly key: string; readonly operator: string; readonly value: string } {
  const found = OPERATOR.exec(entry)
  if (found === null) return { key: '', operator: '', value: '' }
  const [written, sign, word = ''] = found
  return {
    key: entry.slice(0, found.index).trim(),
    operator: sign ?? word.toLowerCase().replace(/\s+/g, ' '),
    value: entry.slice(found.index + written.length).trim(),
  }
}

/** The problem of an entry and its parts; `undefined` if there is none. */
function problemOf(entry: string, key: string, operator: string, value: string): string | undefined {
  const isPattern = operator === 'matches'
  // A regular expression may contain the characters that separate entries in other tools.
  const mistake = commonMistakeIn(isPattern ? entry.replace(/[;|]/g, '') : entry)
  if (mistake !== undefined) return mistake
  if (operator === '') return `has no operator: write one of ${Object.keys(OPERATORS).join(', ')} after the property`
  if (key === '' || key === 'person.') return `has no property before "${operator}": write its name`
  const isOddPerson = /^\W?person\s*[.[]/i.test(key) && !/^person\.\S/.test(key)
  if (isOddPerson || NOT_A_NAME.test(key)) {
    return 'has more than the name of a property: write plan for the event, person.plan for the person'
  }
  if (/^not\b|^!|\snot$|\sis$/i.test(key))
    return `has an extra word before "${operator}": write !=, not contains or is not set`
  if (operator.endsWith('set')) return value === '' ? undefined : `has a text after "${operator}": remove it`
  if (value === '') return `has no value after "${operator}": write one`
  if (/^!?=$/.test(operator) && /^(null|undefined)$/i.test(value)) {
    return `has "${value}", which means the text here: write "is set" or "is not set"`
  }
  if (isPattern) {
    const isOfAnotherTool = /^\/.*\/[a-z]+$|^\/\^|\$\/$|^%.*%$/.test(value)
    return isOfAnotherTool
      ? 'has a pattern of another tool: write a regular expression without slashes or "%" around it'
      : undefined
  }
  if (/^(event|person|properties)\.|^is (not )?set$/i.test(value)) {
    return 'has a property or an operator after the operator: write one operator and one text'
  }
  if (/[=<>{}]|^[!~]/.test(value)) return 'has a second operator or braces: write one operator and one text'
  if (/\s(and|or|&&)\s|^\(.*\)$/i.test(value)) {
    return 'has several values or filters: write commas between filters that must all match'
  }
  return /^[*%]|[*%]$|\.\*/.test(value) ? 'has a wildcard: write contains or matches' : undefined
}

/** Text around a name: braces, brackets, roots of placeholders, and words and characters that people put before or into a condition. */
const NOT_A_NAME =
  /[{}]|^(event|properties|traits|context|person\.properties)\.|^(where|if|when|and|or)\s|^[*(]|:\s|\s[-+*/]\s*\d/i
