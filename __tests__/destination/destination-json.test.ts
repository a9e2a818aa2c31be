import built from '../../dist/destination.json'
import { compileDestination, runDestination } from '../../tools/simulators/hog/destination'
import type { Inputs } from '../../tools/simulators/hog/inputs'
import { loadHogParser } from '../../tools/simulators/hog/syntax-tree'
import { apiKey, eventWith } from '../app/setup'
import { globalsOf, source } from './setup'

interface Form {
  readonly inputs_schema: readonly { readonly key: string; readonly label: string; readonly description: string }[]
}

const forms: readonly Form[] = [built, ...built.mappings]
const mappings = new Map(built.mappings.map((mapping) => [mapping.name, mapping]))

/** The function as PostHog makes it of one mapping, with the defaults. */
async function requestsOf(name: string): Promise<unknown[]> {
  const inputs: Inputs = { ...built.inputs, ...mappings.get(name)?.inputs, apiKey: { value: apiKey } }
  const hogFunction = compileDestination(built.hog, inputs, await loadHogParser())
  const properties = { $pathname: '/pricing', plan: 'pro', $set: { email: 'ada@example.com', firstname: 'Ada' } }
  const event = eventWith(properties, { event: '$pageview', timestamp: new Date().toISOString() })
  const { requests, error } = await runDestination(hogFunction, globalsOf(event), {
    fetch: () => Promise.resolve({ status: 200, body: '{"success": true}' }),
  })
  expect(error).toBeUndefined()
  return requests.map(({ method, url, body = '' }) => [method, url, JSON.parse(body) as unknown])
}

describe('dist/destination.json', () => {
  it('has the source, in the size that PostHog takes', () => {
    expect(built.type).toBe('destination')
    expect(built.hog).toBe(source)
    expect(Buffer.byteLength(built.hog)).toBeLessThan(100_000)
    expect(built).not.toHaveProperty('template_id')
  })

  it('has no key', () => {
    expect(Object.keys(built.inputs)).not.toContain('apiKey')
    expect(built.inputs_schema.find(({ key }) => key === 'apiKey')).toMatchObject({ secret: true, required: true })
  })

  it('has the inputs that the source reads', () => {
    const read = [...source.matchAll(/\binputs\.(\w+)/g)].map(([, key]) => key)
    const drawn = forms.flatMap(({ inputs_schema: fields }) => fields.map(({ key }) => key))
    expect([...new Set(drawn)].sort()).toEqual([...new Set(read)].sort())
  })

  it('describes each input in one sentence with an example', () => {
    const fields = forms.flatMap(({ inputs_schema }) => inputs_schema)
    for (const { key, label, description } of fields) {
      expect(label).toMatch(/^[A-Z]/)
      expect([key, description.match(/\.(?= |$)/g)?.length]).toEqual([key, 1])
      if (key !== 'action' && !description.includes('subscribed: true')) expect(description).toMatch(/for example/)
    }
  })

  it('leaves test accounts out of both mappings', () => {
    const events = built.mappings.map(({ name, filters }) => [
      name,
      filters.filter_test_accounts,
      filters.events.map(({ id }) => id),
    ])
    expect(events).toEqual([
      ['Update contacts', true, ['$identify', '$set']],
      ['Send events', true, ['$pageview']],
    ])
  })

  it('updates a contact by default', async () => {
    expect(await requestsOf('Update contacts')).toEqual([
      [
        'PUT',
        'https://app.loops.so/api/v1/contacts/update',
        { firstName: 'Ada', email: 'ada@example.com', userId: 'user_1' },
      ],
    ])
  })

  it('sends an event by default', async () => {
    expect(await requestsOf('Send events')).toEqual([
      [
        'POST',
        'https://app.loops.so/api/v1/events/send',
        {
          eventName: '$pageview',
          eventProperties: { pathname: '/pricing' },
          email: 'ada@example.com',
          userId: 'user_1',
        },
      ],
    ])
  })
})
