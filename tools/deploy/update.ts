/** A destination in PostHog with the newest source: what people have changed there stays. */
import { builtDestination } from '../../destination/from-settings/body'
import type { DestinationBody, DestinationMapping } from '../../destination/from-settings/body'
import { SEND, UPDATE } from '../../destination/from-settings/form'
import { writableFilters, writableInputs } from '../../destination/from-settings/hog-function'
import type { Inputs, InputSchema } from '../../destination/from-settings/types'
import { UsageError } from '../lib/usage-error'
import type { Json } from '../posthog-api/client'

/** What an update may change of a destination. */
export type Changes = Pick<DestinationBody, 'hog' | 'inputs_schema' | 'inputs' | 'mappings'>

/** The newest source and form, with the inputs, filters and mappings that PostHog has, and defaults for new inputs. */
export function renewed(own: Json): Changes {
  const { hog, inputs_schema: schema, inputs } = builtDestination
  return {
    hog,
    inputs_schema: joinedSchema(schema, own['inputs_schema']),
    inputs: { ...inputs, ...writableInputs(own['inputs']) },
    mappings: listOf(own['mappings']).map(renewedMapping),
  }
}

/** The mappings with other events to send: those of the one mapping that sends, or a mapping more. @throws UsageError */
export function withEvents(
  mappings: readonly DestinationMapping[],
  chosen: readonly DestinationMapping[],
): DestinationMapping[] {
  const sending = mappings.filter(isSending)
  const events = chosen.filter(isSending).flatMap(({ filters }) => filters.events)
  if (sending.length > 1) {
    const names = sending.map(({ name }) => `"${name}"`).join(', ')
    throw new UsageError(`Several mappings send events (${names}): choose their events in PostHog, or use --config.`)
  }
  const counted = events.map((event, order) => ({ ...event, order }))
  if (sending.length === 0) return [...mappings, ...chosen.filter(isSending)]
  return mappings.map((one) => (isSending(one) ? { ...one, filters: { ...one.filters, events: counted } } : one))
}

function isSending({ inputs }: DestinationMapping): boolean {
  return inputs['action']?.value !== 'contact'
}

function renewedMapping(mapping: Json): DestinationMapping {
  const own = writableInputs(mapping['inputs'])
  const kind = own['action']?.value === 'contact' ? UPDATE : SEND
  const written = {
    ...mapping,
    inputs_schema: joinedSchema(kind.inputs_schema, mapping['inputs_schema']),
    inputs: { ...newInputs(kind, mapping), ...own },
    filters: writableFilters(mapping['filters']),
  }
  return written as unknown as DestinationMapping
}

/** The defaults of the inputs that the mapping's form has not had. */
function newInputs(kind: DestinationMapping, mapping: Json): Inputs {
  const known = listOf(mapping['inputs_schema']).map(({ key }) => key)
  return Object.fromEntries(Object.entries(kind.inputs).filter(([key]) => !known.includes(key)))
}

/** The fields of this version, and those that people have added in PostHog. */
function joinedSchema(schema: readonly InputSchema[], own: unknown): InputSchema[] {
  const keys = schema.map(({ key }) => key)
  const added = listOf(own).filter(({ key }) => !keys.includes(String(key)))
  return [...schema, ...(added as unknown as InputSchema[])]
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : []
}
