/** The condition of a property filter in words, for the reason why it does not match. */
import { quoted } from '../redact'
import { timeIn } from './dates'
import { numberIn, operators } from './operators'
import type { OperatorName, PropertyTest } from './operators'

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

/** What a value has to be so that the operator can compare it. */
const KINDS: readonly { operators: RegExp; kind: string; isOfKind: (found: unknown) => boolean }[] = [
  { operators: /^[gl]te?$/, kind: 'a number', isOfKind: (found) => numberIn(found) !== undefined },
  { operators: /^is_date_/, kind: 'a date', isOfKind: (found) => timeIn(found) !== undefined },
]

/**
 * What a property that does not pass is, and what it is not: `49.5, not > 100`, `missing, not set`. Several values are joined
 * with `or`; for an operator that denies, only those that fit.
 *
 * @param values the values of the filter, each with its test.
 */
export function failureOf(
  operator: OperatorName,
  values: readonly (readonly [value: unknown, test: PropertyTest])[],
): (found: unknown) => string {
  const comparison = KINDS.find(({ operators: names }) => names.test(operator))
  const shown = (value: unknown): string => quoted(comparison?.kind === 'a number' ? numberIn(value) : value)
  return (found) => {
    const isThere = found !== undefined && found !== null
    if (isThere && comparison?.isOfKind(found) === false) {
      return `${typeof found === 'string' ? 'the text ' : ''}${quoted(found)}, not ${comparison.kind}`
    }
    const deciding = operators[operator].isNegated === true ? values.filter(([, test]) => test(found)) : values
    const phrase = PHRASES[operator].replace('VALUE', () => deciding.map(([value]) => shown(value)).join(' or '))
    return `${found === undefined ? 'missing' : quoted(found)}, ${phrase}`
  }
}
