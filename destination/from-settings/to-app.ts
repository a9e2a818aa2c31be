/** The destination's settings as those of the app, as far as a person without an event needs them: for the export. */
import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../../src/json'
import type { AppSettings } from './from-settings'
import { labelOf } from './form-checks'
import type { ParseText } from './hog-text'
import type { DestinationSettings, MappingSettings, Refused } from './types'

/** Settings of the app, and a sentence for each property that they cannot have. */
export interface AsApp {
  readonly settings: AppSettings
  readonly notices: readonly string[]
  readonly refusals?: undefined
}

/**
 * Writes who the contacts are, and the mappings that update them, as settings of the app.
 *
 * @returns refusals if a person would become another contact than in the destination.
 */
export function asAppSettings({ inputs, mappings }: DestinationSettings, parse: ParseText): AsApp | Refused {
  const updates = mappings.filter(({ inputs: own }) => own.action !== 'event')
  const [first] = updates
  const email = alternativesIn(inputs.email, parse)
  const userId = alternativesIn(inputs.userId, parse)
  const refusals = [
    ...(email === undefined ? [computed('email')] : []),
    ...(userId === undefined || userId.length > 1 ? [computed('userId')] : []),
    ...(updates.some(({ filters }) => !isDeepStrictEqual(filters, first?.filters)) ? [differentFilters(updates)] : []),
  ]
  if (refusals.length > 0 || email === undefined || userId === undefined) return { refusals }
  const rows = updates.flatMap((mapping) => rowsOf(mapping, 'contactProperties'))
  const values = rows.map(([name, value]) => [name, valueIn(value, parse)] as const)
  const lists = updates.flatMap((mapping) => rowsOf(mapping, 'mailingLists').map(([id]) => [id, true]))
  const settings = {
    email: JSON.stringify(email.filter((template) => template !== EMAIL_OF_EVENT)),
    userId: JSON.stringify(userId),
    excludedEmails: typeof inputs.excludedEmails === 'string' ? inputs.excludedEmails : '',
    contactProperties: JSON.stringify(Object.fromEntries(values.filter(([, value]) => value !== undefined))),
    includeAllPersonProperties: updates.some(({ inputs: own }) => own.includeAllPersonProperties === true)
      ? 'Yes'
      : 'No',
    contactMailingLists: JSON.stringify(Object.fromEntries(lists)),
    contactFilters: JSON.stringify(first?.filters ?? []),
  }
  const notices = values.flatMap(([name, value]) => (value === undefined ? [noColumn(name)] : []))
  return { settings, notices }
}

/** The stored person has what an event sets. */
const EMAIL_OF_EVENT = '{event.properties.$set.email}'

function computed(key: string): string {
  return `${labelOf(key)}: the destination computes it, and the export reads properties only: write {person.properties.NAME}, or several properties in {[...]}.`
}

function differentFilters(updates: readonly MappingSettings[]): string {
  const names = updates.map(({ name }) => `"${name}"`).join(', ')
  return `The mappings ${names} update contacts with different filters: leave one of them in the file.`
}

function noColumn(name: string): string {
  return `${labelOf('contactProperties')}: "${name}" is computed, and the export reads properties only: it has no column.`
}

function rowsOf({ inputs }: MappingSettings, key: string): [string, unknown][] {
  const rows = inputs[key]
  return isRecord(rows) ? Object.entries(rows) : []
}

/** A constant, or the app's text of one value; `undefined` if the app has none. */
function valueIn(value: unknown, parse: ParseText): unknown {
  if (typeof value !== 'string') return value
  const tree = parse(value)
  if (isRecord(tree) && tree.node === 'Constant') return tree.value ?? undefined
  const [only, ...others] = templatesOf(tree) ?? []
  return others.length === 0 ? only : undefined
}

/** The alternatives of an input, in order, each as a text of the app. */
function alternativesIn(value: unknown, parse: ParseText): string[] | undefined {
  return typeof value !== 'string' || value.trim() === '' ? [] : templatesOf(parse(value))
}

/** The texts of the app that mean the same as a syntax tree: several if it takes the first of several values. */
function templatesOf(tree: unknown): string[] | undefined {
  if (!isRecord(tree)) return undefined
  const { node, value, chain, exprs, name, args, array, property } = tree
  if (node === 'Constant') return typeof value === 'string' && !/[{}]/.test(value) ? [value] : undefined
  if (node === 'Field' && Array.isArray(chain)) return placeholder(chain)
  if (node === 'ArrayAccess' && isRecord(array) && isRecord(property)) {
    return Array.isArray(array.chain) ? placeholder([...(array.chain as unknown[]), property.value]) : undefined
  }
  if (node === 'Array') return alternatives(exprs)
  if (node !== 'Call') return undefined
  return name === 'ifNull' ? alternatives(args) : name === 'concat' ? joined(args) : undefined
}

function placeholder(chain: readonly unknown[]): string[] | undefined {
  const text = chain.join('.')
  return /^(?:(?:event|person)\.properties\..|person\.id$|event\.(?:event|uuid|distinct_id|timestamp)$)/.test(text)
    ? [`{${text}}`]
    : undefined
}

/** Each alternative once: the path of a name with dots is written twice in Hog. */
function alternatives(trees: unknown): string[] | undefined {
  const each = Array.isArray(trees) ? trees.map(templatesOf) : [undefined]
  return each.includes(undefined) ? undefined : [...new Set(each.flatMap((one) => one ?? []))]
}

function joined(trees: unknown): string[] | undefined {
  const each = Array.isArray(trees) ? trees.map(templatesOf) : [undefined]
  return each.every((one) => one?.length === 1) ? [each.flatMap((one) => one ?? []).join('')] : undefined
}
