/** PostHog's filters of events, compiled to Hog, as PostHog's server stores them for hog functions. */
import { compiledFilter } from './compiled-filters'
import { compileTemplate } from './compiler'
import type { Bytecode } from './compiler'
import type { Expression } from './syntax-tree'

/** A filter that PostHog refuses, or that is of a kind that the simulator does not know. The message is its JSON. */
export class UnknownFilter extends Error {
  constructor(written: unknown) {
    super(JSON.stringify(written))
  }
}

/** The filters of a function or of one of its mappings, as PostHog's REST API takes them. */
export interface Filters {
  readonly source?: unknown
  /** Any of them; the ID null stands for every event. Without events, every event passes. */
  readonly events?: unknown
  readonly actions?: unknown
  readonly properties?: unknown
  readonly filter_test_accounts?: unknown
}

/**
 * @param internalUsers the property filters that "filter_test_accounts" stands for.
 * @returns the bytecode of the filters: true for an event that passes.
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

function ofEvent(written: unknown): Expression {
  const { id, properties } = isRecord(written) ? written : {}
  const event: Expression = { node: 'Field', chain: ['event'] }
  const named: Expression[] =
    typeof id === 'string' ? [{ node: 'CompareOperation', op: '==', left: event, right: constant(id) }] : []
  return all([...named, ...listOf(properties).map(ofProperty)])
}

function ofProperty(written: unknown): Expression {
  const compiled = compiledFilter(written)
  if (compiled === undefined) throw new UnknownFilter(written)
  return compiled
}

function constant(value: string | boolean): Expression {
  return { node: 'Constant', value }
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

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
