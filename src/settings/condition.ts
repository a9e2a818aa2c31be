/** The condition of a property filter in words, for the reason why it does not hold. */
import { quoted } from '../redact'
import type { OperatorName } from './operators'

const PHRASES: Readonly<Record<OperatorName, string>> = {
  exact: 'not = VALUE',
  is_not: 'not != VALUE',
  icontains: 'not containing VALUE',
  not_icontains: 'which contains VALUE',
  regex: 'not matching VALUE',
  not_regex: 'which matches VALUE',
  gt: 'not > VALUE',
  gte: 'not >= VALUE',
  lt: 'not < VALUE',
  lte: 'not <= VALUE',
  is_set: 'not set',
  is_not_set: 'not missing',
  is_date_exact: 'not on VALUE',
  is_date_before: 'not before VALUE',
  is_date_after: 'not after VALUE',
}

const COMPARISONS: ReadonlySet<OperatorName> = new Set(['gt', 'gte', 'lt', 'lte'])

/** What a value that does not pass the filter is, for example `not > 100`. Several values are joined with `or`. */
export function failurePhrase(operator: OperatorName, values: readonly unknown[]): string {
  return PHRASES[operator].replace('VALUE', () => values.map((value) => shown(operator, value)).join(' or '))
}

/** A number that is written as text, as in `total > 100`, is shown as the number that it is compared as. */
function shown(operator: OperatorName, value: unknown): string {
  const isNumber = COMPARISONS.has(operator) && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)
  return quoted(isNumber ? Number(value) : value)
}
