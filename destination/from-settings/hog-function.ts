/** A hog function as PostHog's API takes or gives it, `dist/destination.json` among them. */
import { isRecord } from '../../src/json'
import { actionOf, kindOf, problemOfAction } from './action'
import { builtDestination } from './body'
import type { DestinationBody, DestinationMapping, MappingFilters } from './body'
import { formOfBody } from './form'
import { FILTER_EXAMPLE, isListOf } from './form-shape'
import type { DestinationSettings, Inputs, Refused } from './types'
import { isInput, nameOf, unknownInFunction } from './unknown-keys'

type Content = Readonly<Record<string, unknown>>

/** True for a hog function as in PostHog's API: its values are in objects, and its events in `filters`. */
export function isFunction({ hog, type, inputs, mappings }: Content): boolean {
  const values = isRecord(inputs) ? Object.values(inputs) : []
  const hasValues = values.length > 0 && values.every((input) => isRecord(input))
  const isMapped = Array.isArray(mappings) && mappings.some((one) => isRecord(one) && isRecord(one.filters))
  return hog !== undefined || type !== undefined || hasValues || isMapped
}

/** Without the defaults that it omits: `body` lacks the key, which `form` has if the function has it. */
export interface ReadFunction {
  readonly form: DestinationSettings
  readonly body: DestinationBody
  readonly settings?: undefined
}

export function functionIn(content: Content, source: string): ReadFunction | Refused {
  const refusals = problemsOfFunction(content, source)
  if (refusals.length > 0) return { refusals }
  const mappings = (content.mappings ?? builtDestination.mappings) as readonly Content[]
  const { apiKey, ...writtenInputs } = writableInputs(content.inputs)
  const body: DestinationBody = {
    ...builtDestination,
    inputs: { ...builtDestination.inputs, ...writtenInputs },
    mappings: mappings.map(completedMapping),
    filters: { ...builtDestination.filters, ...writableFilters(content.filters) },
  }
  const form = formOfBody(body)
  const key = apiKey?.value
  return { body, form: { ...form, inputs: { ...form.inputs, ...(key !== undefined && { apiKey: key }) } } }
}

function problemsOfFunction(content: Content, source: string): string[] {
  const { hog, mappings, filters } = content
  if (hog !== undefined && !Array.isArray(mappings)) {
    return [`${source} contains another hog function: the destination of this project has "mappings".`]
  }
  const written = mappings ?? []
  if (!Array.isArray(written) || !written.every(isRecord)) return [`${source} ${NO_MAPPINGS}`]
  if (!isRecord(filters ?? {})) return [`${source} has invalid "filters": write them as in dist/destination.json.`]
  return [
    ...problemsOfInputs(content, source),
    ...unknownInFunction(content, source),
    ...written.flatMap((mapping, index) => problemsOfMapping(mapping, index, source)),
  ]
}

const NO_MAPPINGS =
  'has invalid "mappings": write a list in which each has a name, inputs and filters, as in dist/destination.json.'

function problemsOfMapping(mapping: Content, index: number, source: string): string[] {
  const { name, inputs, filters } = mapping
  const action = isRecord(inputs) && isRecord(inputs.action) ? inputs.action.value : undefined
  const subject = `${source}: ${nameOf(mapping, index)}`
  const problems = problemsOfInputs(mapping, subject)
  return [
    ...problems,
    ...(problems.length === 0 ? problemOfAction(name, action, index, '{"value": "contact"}, "event" or "both",') : []),
    ...problemsOfFilters(filters ?? {}, `${source}: the filters of ${nameOf(mapping, index)}`),
  ]
}

function problemsOfInputs({ inputs }: Content, subject: string): string[] {
  if (!isRecord(inputs ?? {})) {
    return [`${subject} has invalid "inputs": write {"email": {"value": "{person.properties.email}"}}.`]
  }
  const wrong = Object.entries(inputs ?? {}).filter(([, input]) => !isInput(input))
  return wrong.map(([key]) => `${subject} has an invalid input "${key}": write its value as {"value": …}.`)
}

const EVENT_EXAMPLE = '[{"id": "purchase", "name": "purchase", "type": "events", "order": 0}]'

function problemsOfFilters(filters: unknown, subject: string): string[] {
  if (!isRecord(filters)) return [`${subject} are invalid: write them as in dist/destination.json.`]
  const { events, properties } = filters
  const isEvent = (one: unknown): boolean => isRecord(one) && (one.id === null || typeof one.id === 'string')
  return [
    ...(isListOf(events ?? [], isEvent) ? [] : [`${subject} have invalid "events": write ${EVENT_EXAMPLE}.`]),
    ...(isListOf(properties ?? [], isRecord) ? [] : [`${subject} have invalid "properties": write ${FILTER_EXAMPLE}.`]),
  ]
}

function completedMapping(mapping: Content): DestinationMapping {
  const inputs = writableInputs(mapping.inputs)
  const value = actionOf(mapping.name, inputs.action?.value)
  const kind = kindOf(value)
  const filters = { ...kind.filters, ...writableFilters(mapping.filters) } as MappingFilters
  return {
    name: typeof mapping.name === 'string' && mapping.name !== '' ? mapping.name : kind.name,
    inputs_schema: kind.inputs_schema,
    inputs: { ...kind.inputs, ...inputs, action: { ...inputs.action, value } },
    filters: { ...filters, events: isRecord(mapping.filters) ? eventsIn(mapping.filters) : kind.filters.events },
  }
}

/** Without `events` PostHog goes by the actions. */
function eventsIn({ events }: Content): MappingFilters['events'] {
  return Array.isArray(events) ? (events as MappingFilters['events']) : []
}

/** The fields of an input that people set; PostHog adds others. */
const WRITABLE = ['value', 'templating']

/**
 * The inputs as PostHog takes them: without the bytecode that it makes of them, and without the secrets, which it keeps.
 */
export function writableInputs(inputs: unknown): Inputs {
  const entries = isRecord(inputs) ? Object.entries(inputs) : []
  return Object.fromEntries(
    entries.flatMap(([key, input]) => {
      if (!isRecord(input) || !('value' in input)) return []
      return [[key, Object.fromEntries(Object.entries(input).filter(([name]) => WRITABLE.includes(name)))]]
    }),
  )
}

/** The filters as PostHog takes them: without the bytecode that it makes of them. */
export function writableFilters(filters: unknown): Content {
  if (!isRecord(filters)) return {}
  const { bytecode: _, bytecode_error: _error, ...written } = filters
  return written
}
