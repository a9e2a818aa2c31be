/** A configuration in each of its forms, and what it may leave out. */
import built from '../../dist/destination.json'
import { destinationStart } from '../../destination/from-settings/form'
import { readConfiguration, withoutKey } from '../../destination/from-settings/read'
import { bodyOf, bytecode, given, plan, purchase, send, update, updateWithPlan, userId } from './configurations'

describe('readConfiguration', () => {
  it.each<[form: string, content: object]>([
    ['the settings of the app', {}],
    ['the playground’s file', destinationStart().settings],
    ['the playground’s file that leaves out everything', { inputs: {}, mappings: undefined }],
    ['dist/destination.json', built],
    ['a hog function of PostHog', given],
    [
      'a hog function of a later PostHog, with fields that nobody knows yet',
      {
        ...given,
        ...{ created_at: '2026-11-30', search_match_type: null, draft: null, inputs_order: [], kind: null },
        inputs: Object.fromEntries(Object.entries(given.inputs).map(([key, one]) => [key, { ...one, checked: true }])),
        mappings: given.mappings.map((mapping) => ({
          ...mapping,
          use_all_events_by_default: false,
        })),
      },
    ],
    [
      'one without its ID, and what it has of its template',
      {
        ...built,
        ...{ status: { state: 0 }, template: null, template_id: null, created_at: '', created_by: {}, updated_at: '' },
        ...{ deleted: false, bytecode, transpiled: null, masking: null, execution_order: null },
      },
    ],
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
      'a property filter without a type: it is one on the event, as in the app',
      {
        inputs: {},
        mappings: [{ name: 'Send events', filters: [{ key: 'total', operator: 'gt', value: 5 }] }],
      },
      {
        mappings: [
          {
            ...send,
            filters: { ...send?.filters, properties: [{ type: 'event', key: 'total', operator: 'gt', value: 5 }] },
          },
        ],
      },
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
