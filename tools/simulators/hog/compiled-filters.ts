/** A property filter as the Hog that PostHog compiles it to, which its VM runs. */
import type { Expression } from './syntax-tree'

type Value = string | number | boolean | null
type Test = (found: Expression, value: Value) => Expression

const TESTS: Readonly<Record<string, Test>> = {
  exact: compared('=='),
  is_not: compared('!='),
  gt: compared('>'),
  gte: compared('>='),
  lt: compared('<'),
  lte: compared('<='),
  icontains: (found, value) => contains('ilike', found, value),
  not_icontains: (found, value) => contains('not ilike', found, value),
  regex: (found, value) => matches(found, value),
  not_regex: (found, value) => ({ node: 'Not', expr: matches(found, value) }),
  is_set: (found) => compared('!=')(found, null),
  is_not_set: (found) => compared('==')(found, null),
  is_date_exact: comparedTimes('=='),
  is_date_before: comparedTimes('<'),
  is_date_after: comparedTimes('>'),
}

/** For several values PostHog has other Hog than one test for each of them. */
const TESTS_OF_LISTS: Readonly<Record<string, (found: Expression, values: readonly Value[]) => Expression>> = {
  exact: (found, values) => ({ node: 'CompareOperation', op: 'in', left: found, right: list(values) }),
  is_not: (found, values) => ({ node: 'CompareOperation', op: 'not in', left: found, right: list(values) }),
  icontains: (found, values) => compared('>')(searched(found, values), 0),
  not_icontains: (found, values) => compared('==')(searched(found, values), 0),
}

interface WrittenFilter {
  readonly key: unknown
  readonly value: unknown
  readonly operator: string | null
  readonly type: string
}

/** @returns `undefined` for a filter of a kind that the simulator cannot compile. */
export function compiledFilter(written: unknown): Expression | undefined {
  const { key, value, operator, type } = (typeof written === 'object' ? (written ?? {}) : {}) as Partial<WrittenFilter>
  const name = operator ?? 'exact'
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined
  const root = { event: ['properties'], person: ['person', 'properties'] }[type ?? 'event']
  if (typeof key !== 'string' || test === undefined || root === undefined) return undefined
  const found: Expression = { node: 'ArrayAccess', array: { node: 'Field', chain: root }, property: constant(key) }
  const values = (Array.isArray(value) ? value : [value ?? null]) as readonly Value[]
  const [first] = values
  if (first === undefined) return constant(true)
  const ofList = Object.hasOwn(TESTS_OF_LISTS, name) ? TESTS_OF_LISTS[name] : undefined
  if (values.length > 1 && ofList !== undefined) return ofList(found, values)
  const exprs = values.map((one) => test(found, one))
  return exprs.length === 1 ? test(found, first) : { node: name === 'not_regex' ? 'And' : 'Or', exprs }
}

function compared(op: string): Test {
  return (left, value) => ({ node: 'CompareOperation', op, left, right: constant(value) })
}

function comparedTimes(op: string): Test {
  return (found, value) => ({
    node: 'CompareOperation',
    op,
    left: call('toDateTime', call('toString', found)),
    right: call('toDateTime', constant(value)),
  })
}

function contains(op: 'ilike' | 'not ilike', found: Expression, value: Value): Expression {
  return { node: 'CompareOperation', op, left: call('toString', found), right: constant(`%${String(value)}%`) }
}

function searched(found: Expression, values: readonly Value[]): Expression {
  return call('multiSearchAnyCaseInsensitive', call('toString', found), list(values.map(String)))
}

function matches(found: Expression, value: Value): Expression {
  return call('match', call('toString', found), constant(value))
}

function call(name: string, ...args: Expression[]): Expression {
  return { node: 'Call', name, args }
}

function list(values: readonly Value[]): Expression {
  return { node: 'Array', exprs: values.map(constant) }
}

function constant(value: Value): Expression {
  return { node: 'Constant', value }
}
