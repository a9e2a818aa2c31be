/** A configuration in each of its forms, and what it may leave out. */
import built from '../../dist/destination.json'
import { destinationStart } from '../../destination/from-settings/form'
import { destinationOf, readConfiguration, withoutKey } from '../../destination/from-settings/read'
import type { DestinationBody } from '../../destination/from-settings/body'
import { loadHogParser } from '../../tools/simulators/hog/syntax-tree'

const parser = loadHogParser()
const [update, send] = built.mappings

/** The body of the request, or the sentences that refuse it. */
async function bodyOf(content: unknown): Promise<DestinationBody | readonly string[]> {
  const read = readConfiguration(content, 'FILE')
  if (read.refusals !== undefined) return read.refusals
  const hog = await parser
  const { body, refusals } = destinationOf(read, (text) => hog.template(text))
  return body ?? refusals
}

/** A hog function as PostHog's API gives it: with what PostHog makes of the inputs and filters, and the key hidden. */
const bytecode = ['_H', 1, 29]
const given = {
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

const userId = { value: '{{person.id}}', templating: 'liquid' }
const purchase = [{ id: 'purchase', name: 'purchase', type: 'events', order: 0 }]

const plan = { plan: '{person.properties.plan}' }
const updateWithPlan = {
  ...update,
  filters: { ...update?.filters, events: purchase },
  inputs: { ...update?.inputs, contactProperties: { value: plan } },
}

describe('readConfiguration', () => {
  it.each<[form: string, content: object]>([
    ['the settings of the app', {}],
    ['the playground’s file', destinationStart().settings],
    ['the playground’s file that leaves out everything', { inputs: {}, mappings: undefined }],
    ['dist/destination.json', built],
    ['a hog function of PostHog', given],
    ['a function that leaves out everything', { type: 'destination', inputs: {} }],
    [
      'a function whose mappings leave out filters and fields',
      {
        inputs: {},
        mappings: [
          { inputs: { action: { value: 'contact' } } },
          { name: 'Send events', filters: undefined, inputs: {} },
        ],
        type: 'destination',
      },
    ],
  ])('reads %s', async (_, content) => {
    expect(await bodyOf(content)).toEqual(built)
  })

  it.each<[what: string, content: object, change: object]>([
    [
      'an input of the top in the playground’s file',
      { inputs: { userId: '{person.id}' }, mappings: destinationStart().settings.mappings },
      { inputs: { ...built.inputs, userId: { value: '{person.id}' } } },
    ],
    [
      'a mapping of the playground that has only its name and events',
      { inputs: {}, mappings: [{ name: 'Send events', events: ['purchase'] }] },
      { mappings: [{ ...send, filters: { ...send?.filters, events: purchase } }] },
    ],
    [
      "README's recipe: without an action, the mapping does what its name says",
      {
        inputs: {},
        mappings: [{ name: 'Update contacts', events: ['purchase'], inputs: { contactProperties: plan } }],
      },
      { mappings: [updateWithPlan] },
    ],
    [
      "README's recipe in PostHog's form",
      {
        inputs: {},
        mappings: [
          {
            name: 'Update contacts',
            filters: { ...update?.filters, events: purchase },
            inputs: { contactProperties: { value: plan } },
          },
        ],
      },
      { mappings: [updateWithPlan] },
    ],
    [
      'filters without actions and properties, and a mapping without a form',
      {
        ...given,
        mappings: [
          {
            name: 'Purchases',
            filters: { events: purchase, filter_test_accounts: false },
            inputs: { action: { value: 'event' } },
          },
        ],
      },
      {
        mappings: [
          { ...send, name: 'Purchases', filters: { ...send?.filters, events: purchase, filter_test_accounts: false } },
        ],
      },
    ],
    [
      'the filters of the whole function, and those inside an event',
      {
        ...given,
        filters: { source: 'events', properties: [{ key: 'a' }], bytecode },
        mappings: [
          { ...update, filters: { ...update?.filters, events: [{ ...purchase[0], properties: [{ key: 'b' }] }] } },
        ],
      },
      {
        filters: { source: 'events', properties: [{ key: 'a' }] },
        mappings: [
          { ...update, filters: { ...update?.filters, events: [{ ...purchase[0], properties: [{ key: 'b' }] }] } },
        ],
      },
    ],
  ])('keeps %s', async (_, content, change) => {
    expect(await bodyOf(content)).toEqual({ ...built, ...change })
  })

  it.each<[content: unknown, sentence: string]>([
    [[], 'FILE contains no settings: write a JSON object like {"trackedEvents": "purchase"}.'],
    [
      { trackedEvent: 'a' },
      expect.stringMatching(/^FILE has an unknown setting "trackedEvent": use apiKey, /) as string,
    ],
    [{ trackedEvents: 5 }, 'FILE has "trackedEvents", whose value must be text: put it in quotes.'],
    [{ type: 'destination', inputs: [] }, expect.stringMatching(/^FILE has invalid "inputs"/) as string],
    [
      { type: 'destination', inputs: {}, mappings: {} },
      expect.stringMatching(/^FILE has invalid "mappings"/) as string,
    ],
    [
      { hog: "fetch('https://app.loops.so')", inputs: {}, mappings: null },
      'FILE contains another hog function: the destination of this project has "mappings".',
    ],
    [{ ...given, filters: [] }, 'FILE has invalid "filters": write them as in dist/destination.json.'],
    [{ inputs: {}, mappings: [5] }, expect.stringMatching(/^This is not a destination: write /) as string],
    [
      { inputs: {}, mappings: [{ name: 'Send events', events: [] }] },
      expect.stringMatching(/^No mapping has an event/) as string,
    ],
    [
      { inputs: {}, mappings: [{ name: 'Plans', events: ['a'], inputs: { contactProperties: plan, action: '' } }] },
      '"Plans" has no action: write "action": "contact", "event" or "both" in its inputs.',
    ],
    [
      { inputs: {}, mappings: [{ name: 'Send events' }, { events: ['purchase'] }] },
      'Mapping 2 has no action: write "action": "contact", "event" or "both" in its inputs.',
    ],
    [
      { ...given, mappings: [{ ...send, name: 'Plans', inputs: { contactProperties: { value: plan } } }] },
      '"Plans" has no action: write "action": {"value": "contact"}, "event" or "both", in its inputs.',
    ],
  ])('refuses %j', async (content, sentence) => {
    expect(await bodyOf(content)).toEqual([sentence])
  })

  it('takes Liquid as it is: PostHog fills it in', async () => {
    expect(await bodyOf({ ...given, inputs: { ...given.inputs, userId } })).toEqual({
      ...built,
      inputs: { ...built.inputs, userId },
    })
  })

  it('can leave out the key', () => {
    for (const content of [
      { apiKey: 'a_key_to_leave_out' },
      { ...built, inputs: { apiKey: { value: 'a_key_to_leave_out' } } },
    ]) {
      const read = readConfiguration(content, 'FILE')
      if (read.refusals !== undefined) throw new Error(read.refusals.join('\n'))
      expect(JSON.stringify(read)).toContain('a_key_to_leave_out')
      expect(JSON.stringify(withoutKey(read))).not.toContain('a_key_to_leave_out')
    }
  })
})
