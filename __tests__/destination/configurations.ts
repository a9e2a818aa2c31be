/** Configurations for the tests of their reader. */
import built from '../../dist/destination.json'
import { destinationOf, readConfiguration } from '../../destination/from-settings/read'
import type { DestinationBody } from '../../destination/from-settings/body'
import { loadHogParser } from '../../tools/simulators/hog/syntax-tree'

const parser = loadHogParser()
export const [update, send] = built.mappings

/** The body of the request, or the sentences that refuse it. */
export async function bodyOf(content: unknown): Promise<DestinationBody | readonly string[]> {
  const read = readConfiguration(content, 'FILE')
  if (read.refusals !== undefined) return read.refusals
  const hog = await parser
  const { body, refusals } = destinationOf(read, (text) => hog.template(text))
  return body ?? refusals
}

/** A hog function as PostHog's API gives it: with what PostHog makes of the inputs and filters, and the key hidden. */
export const bytecode = ['_H', 1, 29]
export const given = {
  ...built,
  id: '018f0000-0000-0000-0000-000000000001',
  enabled: true,
  status: { state: 0 },
  filters: { ...built.filters, bytecode },
  inputs: {
    ...Object.fromEntries(
      Object.entries(built.inputs).map(([key, input], order) => [key, { ...input, order, bytecode }]),
    ),
    apiKey: { secret: true },
  },
  mappings: built.mappings.map((mapping) => ({ ...mapping, filters: { ...mapping.filters, bytecode } })),
}

export const userId = { value: '{{person.id}}', templating: 'liquid' }
export const purchase = [{ id: 'purchase', name: 'purchase', type: 'events', order: 0 }]

export const plan = { plan: '{person.properties.plan}' }
export const updateWithPlan = {
  ...update,
  filters: { ...update?.filters, events: purchase },
  inputs: { ...update?.inputs, contactProperties: { value: plan } },
}
