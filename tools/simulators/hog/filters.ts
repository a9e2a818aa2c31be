/** PostHog's filters of events, compiled to Hog and run in its VM, as PostHog's server does for hog functions. */
import { compileTemplate } from './compiler'
import type { Bytecode } from './compiler'
import type { Globals } from './globals'
import type { Expression } from './syntax-tree'
import { newestVm, runInVm } from './vm'

/** A filter that PostHog refuses, or that is of a kind that the simulator does not know. The message is its JSON. */
export class UnknownFilter extends Error {
  constructor(written: unknown) {
    super(JSON.stringify(written))
  }
}

/** For each operator the test of one value, and whether it must hold for all of a list of values. */
const OPERATORS: Readonly<Record<string, { readonly test: Test; readonly holdsForAll?: true }>> = {
  exact: { test: compared('==') },
  is_not: { test: compared('!='), holdsForAll: true },
  gt: { test: compared('>') },
  gte: { test: compared('>=') },
  lt: { test: compared('<') },
  lte: { test: compared('<=') },
  icontains: { test: contains },
  not_icontains: { test: (found, value) => not(contains(found, value)), holdsForAll: true },
  regex: { test: matches },
  not_regex: { test: (found, value) => not(matches(found, value)), holdsForAll: true },
  is_set: { test: (found) => ({ node: 'CompareOperation', op: '!=', left: found, right: constant(null) }) },
  is_not_set: { test: (found) => ({ node: 'CompareOperation', op: '==', left: found, right: constant(null) }) },
}

type Value = string | number | boolean | null
type Test = (found: Expression, value: Value) => Expression

/** The filters of a function or of one of its mappings, as PostHog's REST API takes them. */
export interface Filters {
  readonly source?: unknown
  readonly events?: unknown
  readonly actions?: unknown
  readonly properties?: unknown
  readonly filter_test_accounts?: unknown
}

/**
 * @param internalUsers the property filters that "filter_test_accounts" stands for.
 * @returns the bytecode of the filters: true for an event that passes. Without events, every event does.
 * @throws UnknownFilter if there are actions, or an operator or a type of property that the simulator cannot compile.
 */
export function compileFilters(filters: Filters, internalUsers: readonly unknown[] = []): Bytecode {
  const [action] = listOf(filters.actions)
  if (action !== undefined) throw new UnknownFilter(action)
  const testAccounts = filters.filter_test_accounts === true ? internalUsers : []
  const properties = [...testAccounts, ...listOf(filters.properties)].map(ofProperty)
  const events = listOf(filters.events).map(ofEvent)
  return compileTemplate(all([...(events.length === 0 ? [] : [any(events)]), ...properties]))
}

/** True if the event passes the filters. */
export function passes(bytecode: Bytecode, { event, person }: Globals): boolean {
  const { event: name, properties, distinct_id, timestamp } = event
  const globals = { event: name, properties, distinct_id, timestamp, person }
  return runInVm(newestVm, bytecode, { globals }).result === true
}

function ofEvent(written: unknown): Expression {
  const { id, properties } = isRecord(written) ? written : {}
  const named: Expression[] =
    typeof id === 'string' ? [{ node: 'CompareOperation', op: '==', left: field('event'), right: constant(id) }] : []
  return all([...named, ...listOf(properties).map(ofProperty)])
}

function ofProperty(written: unknown): Expression {
  const { key, value, operator = 'exact', type = 'event' } = isRecord(written) ? written : {}
  const known = OPERATORS[String(operator)]
  if (typeof key !== 'string' || known === undefined || (type !== 'event' && type !== 'person')) {
    throw new UnknownFilter(written)
  }
  const root = type === 'event' ? field('properties') : field('person', 'properties')
  const found: Expression = { node: 'ArrayAccess', array: root, property: constant(key) }
  const tests = (Array.isArray(value) ? value : [value ?? null]).map((each) => known.test(found, each as Value))
  return known.holdsForAll ? all(tests) : any(tests)
}

function compared(op: string): Test {
  return (left, value) => ({ node: 'CompareOperation', op, left, right: constant(value) })
}

function contains(found: Expression, value: Value): Expression {
  const pattern = constant(`%${String(value).toLowerCase()}%`)
  return { node: 'CompareOperation', op: 'like', left: call('lower', call('toString', found)), right: pattern }
}

function matches(found: Expression, value: Value): Expression {
  return call('match', call('toString', found), constant(String(value)))
}

function call(name: string, ...args: Expression[]): Expression {
  return { node: 'Call', name, args }
}

function field(...chain: string[]): Expression {
  return { node: 'Field', chain }
}

function constant(value: Value): Expression {
  return { node: 'Constant', value }
}

function not(expr: Expression): Expression {
  return { node: 'Not', expr }
}

function all(exprs: readonly Expression[]): Expression {
  return joined('And', exprs, true)
}

function any(exprs: readonly Expression[]): Expression {
  return joined('Or', exprs, false)
}

function joined(node: 'And' | 'Or', exprs: readonly Expression[], ofNone: boolean): Expression {
  const [only, ...others] = exprs
  if (only === undefined) return constant(ofNone)
  return others.length === 0 ? only : { node, exprs }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
