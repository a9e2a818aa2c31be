/** The destination's form: what it starts with, and what PostHog's REST API gets of it. */
import { UsageError } from '../../tools/lib/usage-error'
import { builtDestination } from './body'
import type { DestinationBody, DestinationMapping } from './body'
import { destinationFromSettings } from './from-settings'
import type { Inputs } from '../../tools/simulators/hog/inputs'
import type { DestinationSettings, DestinationStart, MappingSettings, Settings } from '../../tools/playground/contract'

type Values = Readonly<Record<string, unknown>>

const [UPDATE, SEND] = builtDestination.mappings as readonly [DestinationMapping, DestinationMapping]

/** The fields of the form, with the defaults of the destination. */
export function destinationStart(): DestinationStart {
  return {
    fields: builtDestination.inputs_schema,
    mappingFields: {
      contact: UPDATE.inputs_schema,
      event: SEND.inputs_schema,
      both: SEND.inputs_schema,
    },
    settings: settingsOf(builtDestination),
  }
}

/** Settings of the app as the destination's form; throws a UsageError for what a destination cannot do. */
export function destinationOfApp(settings: Settings): DestinationSettings {
  const { body, refusals } = destinationFromSettings(settings)
  if (body === undefined) throw new UsageError(`A destination cannot take these settings. ${refusals.join(' ')}`)
  return settingsOf(body)
}

function settingsOf({ inputs, mappings }: DestinationBody): DestinationSettings {
  return {
    inputs: valuesOf(inputs),
    mappings: mappings.map(({ name, inputs: own, filters }) => ({
      name,
      events: filters.events.map(({ id }) => id),
      filters: [...filters.properties],
      inputs: valuesOf(own),
    })),
  }
}

function valuesOf(inputs: Inputs): Values {
  return Object.fromEntries(Object.entries(inputs).map(([key, { value }]) => [key, value]))
}

/** PostHog would run a destination without mappings for every event. */
export const NO_EVENT = 'No mapping has an event, so nothing would be sent. Add an event to a mapping.'

/**
 * The body of the request that would create the destination; throws a UsageError for a form that is none. A mapping without
 * events is left out, since PostHog would run it for every event.
 */
export function bodyOf(form: unknown): DestinationBody {
  const { inputs, mappings: all } = checkedDestination(form)
  const mappings = all.filter(({ events }) => events.length > 0)
  if (mappings.length === 0) throw new UsageError(NO_EVENT)
  return {
    ...builtDestination,
    inputs: valued(inputs),
    mappings: mappings.map((mapping) => ({
      name: mapping.name,
      inputs_schema: (mapping.inputs.action === 'contact' ? UPDATE : SEND).inputs_schema,
      inputs: valued(mapping.inputs),
      filters: {
        ...SEND.filters,
        events: mapping.events.map((id, order) => ({ id, name: id ?? 'All events', type: 'events', order })),
        properties: mapping.filters,
      },
    })),
  }
}

function valued(values: Values): Inputs {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value }]))
}

/** Throws a UsageError unless the value has the shape of a form; what the inputs hold is the destination's business. */
export function checkedDestination(form: unknown): DestinationSettings {
  const { inputs, mappings } = isObject(form) ? form : {}
  if (!isObject(inputs) || !Array.isArray(mappings) || !mappings.every(isMapping)) {
    throw new UsageError(
      'This is no destination: write {"inputs": {}, "mappings": [{"name", "events", "filters", "inputs"}]}.',
    )
  }
  return { inputs, mappings }
}

function isMapping(value: unknown): value is MappingSettings {
  if (!isObject(value)) return false
  const { name, events, filters, inputs } = value
  return (
    typeof name === 'string' &&
    Array.isArray(events) &&
    events.every((event) => event === null || typeof event === 'string') &&
    Array.isArray(filters) &&
    filters.every(
      (filter) => isObject(filter) && typeof filter.key === 'string' && typeof filter.operator === 'string',
    ) &&
    isObject(inputs)
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
