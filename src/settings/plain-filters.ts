/** The plain way to write property filters: `plan = pro, person.seats > 100, email is set`. */
import type { Field } from './field'
import { jsonFor, rejectMistake, splitList } from './lists'
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

/** Operators as other languages write them. */
const FOREIGN: Readonly<Record<string, string>> = {
  ...{ '==': '=', '===': '=', '!==': '!=', '<>': '!=', '=!': '!=', '=>': '>=', '=<': '<=', '=~': 'matches' },
}

/** An entry around its operator; an empty operator if it has none. */
interface Parts {
  readonly key: string
  readonly operator: string
  readonly value: string
}

/** Reads filters that are separated by commas. Entries that are wrong are rejected and left out. */
export function parsePlainFilters(field: Field): WrittenFilter[] {
  return splitList(field.text).flatMap((entry) => {
    const parts = partsOf(entry)
    const problem = problemOfForm(entry, parts)
    const mistake = problem ?? mistakeIn(entry, parts) ?? problemOfProperty(parts) ?? problemOfValue(parts)
    if (mistake === undefined) return [filterOf(parts)]
    // The text can be meant only if nothing but its value looks like a mistake.
    const isValue = problem === undefined && parts.value !== '' && !parts.operator.endsWith('set')
    const isMeant = isValue && problemOfProperty(parts) === undefined && commonMistakeIn(parts.key) === undefined
    rejectMistake(field, entry, mistake, isMeant ? jsonFor([filterOf(parts)]) : undefined)
    return []
  })
}

/** The plain notation of an operator; one that has none has its name in JSON. */
export function plainOperator(name: OperatorName): string {
  return Object.entries(OPERATORS).find(([, operator]) => operator === name)?.[0] ?? name
}

function filterOf({ key, operator, value }: Parts): WrittenFilter {
  const [, person, name = ''] = /^(person\.)?(.*)$/.exec(key) ?? []
  const type = person === undefined ? ('event' as const) : ('person' as const)
  const filter = { key: name, type, operator: OPERATORS[operator] ?? 'exact' }
  return operator.endsWith('set') ? filter : { ...filter, value }
}

function partsOf(entry: string): Parts {
  const found = OPERATOR.exec(entry)
  if (found === null) return { key: '', operator: '', value: '' }
  const [written, sign, word = ''] = found
  return {
    key: entry.slice(0, found.index).trim(),
    operator: sign ?? word.toLowerCase().replace(/\s+/g, ' '),
    value: entry.slice(found.index + written.length).trim(),
  }
}

/** An operator of another language, or several filters in one; `undefined` if there is none. */
function problemOfForm(entry: string, { key, operator, value }: Parts): string | undefined {
  const [characters = ''] = /[=!<>~]+/.exec(entry) ?? []
  const meant = FOREIGN[characters]
  if (meant !== undefined && characters.startsWith(operator)) return `has "${characters}": write ${meant}`
  if (operator === 'matches') return undefined
  const [and, or] = [/\s(and|&&)\s/i.exec(value), /\s(or)\s/i.exec(value)]
  if (
    and !== null &&
    or === null &&
    value
      .split(/\s+(?:and|&&)\s+/i)
      .slice(1)
      .every(isFilter)
  ) {
    return `has "${and[1] ?? ''}": write ${entry.replace(/\s+(?:and|&&)\s+/gi, ', ')}`
  }
  return or === null || and !== null ? undefined : problemOfOr({ key, operator, value })
}

function isFilter(entry: string): boolean {
  return partsOf(entry).key !== ''
}

/** Several values, of which a filter takes a list, or filters of which one must match, which nothing takes. */
function problemOfOr({ key, operator, value }: Parts): string {
  const [first = '', ...others] = value.split(/\s+or\s+/i)
  const all = others.map((other) => (isFilter(other) ? partsOf(other) : { key, operator, value: other }))
  const remedy = 'write filters that must all match, with commas between them'
  if (all.some((other) => other.key !== key || other.operator !== operator)) {
    return `has "or" between two filters: ${remedy}`
  }
  if (operator.startsWith('not') || operator === '!=') return `has "or" after ${operator}: ${remedy}`
  const filter = { ...filterOf({ key, operator, value }), value: [first, ...all.map((other) => other.value)] }
  return `has "or": write JSON with all values, ${jsonFor([filter])}`
}

/** A regular expression may contain the characters that separate entries in other tools. */
function mistakeIn(entry: string, { operator }: Parts): string | undefined {
  return commonMistakeIn(operator === 'matches' ? entry.replace(/[;|]/g, '') : entry)
}

/** The problem of the property and its operator, whatever the value; `undefined` if there is none. */
function problemOfProperty({ key, operator, value }: Parts): string | undefined {
  if (operator === '') return `has no operator: write one of ${Object.keys(OPERATORS).join(', ')} after the property`
  if (key === '' || key === 'person.') return `has no property before "${operator}": write its name`
  const isOddPerson = /^\W?person\s*[.[]/i.test(key) && !/^person\.\S/.test(key)
  if (isOddPerson || NOT_A_NAME.test(key)) {
    return `has more than the name of a property: write ${plainCondition({ key, operator, value })}`
  }
  return /^not\b|^!|\snot$|\sis$/i.test(key)
    ? `has an extra word before "${operator}": write !=, not contains or is not set`
    : undefined
}

/** What a property that is written like a placeholder means. */
function plainCondition({ key, operator, value }: Parts): string {
  const [, root, name] = /^\{*\s*(event|person)\.(?:properties\.)?([\w$][\w $.-]*?)\s*\}*$/.exec(key) ?? []
  if (name === undefined) return 'plan for the event, person.plan for the person'
  return `${root === 'person' ? 'person.' : ''}${name} ${operator} ${value}`.trim()
}

/** The problem of the value; `undefined` if there is none. */
function problemOfValue({ operator, value }: Parts): string | undefined {
  if (operator.endsWith('set')) return value === '' ? undefined : `has a text after "${operator}": remove it`
  if (value === '') return `has no value after "${operator}": write one`
  if (/^!?=$/.test(operator) && /^(null|undefined)$/i.test(value)) {
    return `has "${value}", which means the text here: write "is set" or "is not set"`
  }
  if (operator === 'matches') {
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
