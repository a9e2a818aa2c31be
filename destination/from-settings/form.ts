/** The destination's form: what it starts with, and what PostHog's REST API gets of it. */
import { builtDestination } from './body'
import type { DestinationBody, DestinationMapping } from './body'
import { destinationFromSettings } from './from-settings'
import type { AppSettings, FromSettings } from './from-settings'
import type { DestinationSettings, DestinationStart, Inputs, Refused } from './types'

type Values = Readonly<Record<string, unknown>>

/** The two kinds of mappings: one updates contacts, one sends events. */
export const [UPDATE, SEND] = builtDestination.mappings as readonly [DestinationMapping, DestinationMapping]

/** The fields of the form, with the defaults of the destination. */
export function destinationStart(): DestinationStart {
  return {
    fields: builtDestination.inputs_schema,
    mappingFields: {
      contact: UPDATE.inputs_schema,
      event: SEND.inputs_schema,
      both: SEND.inputs_schema,
    },
    settings: formOfBody(builtDestination),
  }
}

/** Settings of the app as the destination's form, or the settings that a destination cannot have. */
export function formOfApp(settings: AppSettings): DestinationSettings | Refused {
  const { body, refusals } = destinationFromSettings(settings)
  return body === undefined ? { refusals } : formOfBody(body)
}

/** The body of a request as the form. */
export function formOfBody({ inputs, mappings }: DestinationBody): DestinationSettings {
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
 * The body of the request that would create the destination. A mapping without events is left out, since PostHog would run
 * it for every event; a form without any other is refused.
 */
export function bodyOf({ inputs, mappings: all }: DestinationSettings): FromSettings {
  const mappings = all.filter(({ events }) => events.length > 0)
  if (mappings.length === 0) return { refusals: [NO_EVENT] }
  const body = {
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
  return { body }
}

function valued(values: Values): Inputs {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value }]))
}
