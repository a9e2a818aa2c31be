/** Unknown keys of a file: a misspelled one would be ignored without a word. */
import { isRecord } from '../../src/json'
import { quoted, withoutLikelyKeys } from '../../src/redact'
import { nearestName } from '../../src/settings/similar-name'
import { builtDestination } from './body'
import type { InputSchema } from './types'

type Content = Readonly<Record<string, unknown>>

/** The fields that PostHog adds to a hog function. Later versions may add more. */
const ADDED_BY_POSTHOG = [
  ...['id', 'created_at', 'created_by', 'updated_at', 'deleted', 'bytecode', 'transpiled', 'masking'],
  ...['template', 'template_id', 'status', 'execution_order'],
]
const FUNCTION = Object.keys(builtDestination)
const MAPPING = ['name', 'inputs_schema', 'inputs', 'filters']
const FILTERS = ['source', 'events', 'actions', 'properties', 'filter_test_accounts']
const COMPILED = ['bytecode', 'bytecode_error', 'transpiled']
const INPUT = ['value', 'templating']
const ADDED_TO_INPUT = ['secret', 'order', ...COMPILED]

const TOP_INPUTS = keysOf(builtDestination.inputs_schema)
const MAPPING_INPUTS = [...new Set(builtDestination.mappings.flatMap(({ inputs_schema: schema }) => keysOf(schema)))]

/** A sentence for each unknown key of the playground's file. */
export function unknownInForm(content: Content, source: string): string[] {
  const { inputs, mappings } = content
  return [
    ...unknownKeys(content, ['inputs', 'mappings'], `${source} has an unknown key`),
    ...unknownKeys(inputs, TOP_INPUTS, `${source} has an unknown input`),
    ...eachOf(mappings, (mapping, name) => [
      ...unknownKeys(mapping, ['name', 'events', 'filters', 'inputs'], `${source}: ${name} has an unknown key`),
      ...unknownKeys(mapping.inputs, MAPPING_INPUTS, `${source}: ${name} has an unknown input`),
    ]),
  ]
}

/** A sentence for each unknown key of a hog function. In an answer of PostHog, only for a misspelled key. */
export function unknownInFunction(content: Content, source: string): string[] {
  const isAnswer = 'id' in content
  const unknown = (object: unknown, known: readonly string[], subject: string, added: readonly string[] = []) =>
    unknownKeys(object, known, `${source}${subject}`, { isAnswer, added })
  const inputsOf = (one: Content, known: readonly string[], subject: string): string[] => [
    ...unknown(one.inputs, [...known, ...keysOf(one.inputs_schema)], `${subject} has an unknown input`),
    ...Object.entries(isRecord(one.inputs) ? one.inputs : {}).flatMap(([key, input]) => {
      const of = subject.replace(': ', ' of ')
      return isInput(input) ? unknown(input, INPUT, `: the input "${key}"${of} has an unknown key`, ADDED_TO_INPUT) : []
    }),
  ]
  return [
    ...unknown(content, FUNCTION, ' has an unknown key', ADDED_BY_POSTHOG),
    ...inputsOf(content, TOP_INPUTS, ''),
    ...unknown(content.filters, FILTERS, ': the filters have an unknown key', COMPILED),
    ...eachOf(content.mappings, (mapping, name) => [
      ...unknown(mapping, MAPPING, `: ${name} has an unknown key`),
      ...inputsOf(mapping, MAPPING_INPUTS, `: ${name}`),
      ...unknown(mapping.filters, FILTERS, `: the filters of ${name} have an unknown key`, COMPILED),
    ]),
  ]
}

/** True for an object with a value, with a secret one, or with nothing but what PostHog adds; null is an empty input. */
export function isInput(input: unknown): boolean {
  if (!isRecord(input)) return input === null
  return 'value' in input || 'secret' in input || Object.keys(input).every((key) => ADDED_TO_INPUT.includes(key))
}

/** A mapping in a sentence. */
export function nameOf({ name }: Content, index: number): string {
  return typeof name === 'string' && name !== '' ? `the mapping "${name}"` : `mapping ${index + 1}`
}

interface Others {
  /** Whether PostHog has written the object: it may then have keys of a later version. */
  readonly isAnswer?: boolean
  /** Known keys that a file does not need. */
  readonly added?: readonly string[]
}

/** @param subject the beginning of the sentence, which the key continues. */
export function unknownKeys(
  object: unknown,
  known: readonly string[],
  subject: string,
  { isAnswer = false, added = [] }: Others = {},
): string[] {
  const keys = isRecord(object) ? Object.keys(object) : []
  return keys.flatMap((key) => {
    if (known.includes(key) || added.includes(key)) return []
    const possible = [...new Set([...known, ...added])]
    const missing = possible.filter((one) => !keys.includes(one))
    const meant = nearestName(key, missing) ?? (isAnswer ? undefined : nearestName(key, possible))
    const remedy = meant === undefined ? `use ${[...new Set(known)].join(', ')}.` : `did you mean "${meant}"?`
    return meant === undefined && isAnswer ? [] : [`${subject} ${quoted(key, '', withoutLikelyKeys)}: ${remedy}`]
  })
}

function eachOf(mappings: unknown, sentences: (mapping: Content, name: string) => string[]): string[] {
  const all: readonly unknown[] = Array.isArray(mappings) ? mappings : []
  return all.flatMap((one, index) => (isRecord(one) ? sentences(one, nameOf(one, index)) : []))
}

function keysOf(schema: unknown): string[] {
  const fields: readonly unknown[] = Array.isArray(schema) ? schema : []
  return fields.flatMap((field) => (isRecord(field) ? [(field as unknown as InputSchema).key] : []))
}
