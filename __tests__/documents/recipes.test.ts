import built from '../../dist/destination.json'
import type { CapturedEvent } from '../../src/event'
import type { Config } from '../../src/panel/field'
import { translated } from '../app/given'
import { globalsOf, loadDestination } from '../destination/given'
import type { LoadedDestination, SentRequest } from '../destination/given'
import { codeIn, rowsOf, sectionOf } from './given'
import { eventsOf } from './sdk-code'

interface Recipe {
  readonly code: string
  readonly settings: Config
}

const section = sectionOf('README.md', 'Recipes')
const recipes = new Map(
  section
    .split(/^\*\*/m)
    .slice(1)
    .map((text): [name: string, recipe: Recipe] => {
      const [code = ''] = codeIn(text, 'js')
      const [settings = ''] = codeIn(text, 'json')
      return [/^(.*?)\.\*\*/.exec(text)?.[1] ?? '', { code, settings: JSON.parse(settings) as Config }]
    }),
)

const user = { email: 'ada@example.com', userId: 'user_1' }
const update = { method: 'PUT', path: '/v1/contacts/update' }
const send = { method: 'POST', path: '/v1/events/send' }

/** What the code of each recipe makes the app send. */
const requests: Readonly<Record<string, readonly object[]>> = {
  'A welcome mail after sign-up': [
    { ...update, body: { firstName: 'Ada', ...user } },
    { ...send, body: { eventName: 'user signed up', eventProperties: {}, ...user } },
  ],
  'The plan, kept in sync': [{ ...update, body: { plan: 'pro', userId: 'user_1' } }],
  'A newsletter list by consent': [
    { ...update, body: { mailingLists: { cm06f5v0e45nf0ml5754o9cix: true }, userId: 'user_1' } },
  ],
  'A purchase with its properties': [
    { ...send, body: { eventName: 'purchase', eventProperties: { amount: 49.5 }, userId: 'user_1' } },
  ],
  'An address that only the back end knows': [
    { ...send, body: { eventName: 'invoice paid', eventProperties: {}, ...user } },
  ],
}

/** The request without its `Idempotency-Key`, which differs from run to run. */
function requestOf(event: CapturedEvent, settings: Config): object[] {
  const translation = translated(event, { maxEventAge: '24', ...settings })
  if (translation === undefined || !('request' in translation)) return []
  const { method, path, body } = translation.request
  return [{ method, path, body }]
}

describe('the recipes of the README', () => {
  it('are these', () => {
    expect([...recipes.keys()]).toEqual(Object.keys(requests))
  })

  it.each([...recipes])('send what they promise: %s', async (name, { code, settings }) => {
    const events = await eventsOf(code)
    expect(events.flatMap((event) => requestOf(event, settings))).toEqual(requests[name])
  })
})

describe('the recipes of docs/destination.md', () => {
  const rows = rowsOf(sectionOf('docs/destination.md', 'Recipes'), 'recipe')
  let destination: LoadedDestination

  beforeAll(async () => {
    destination = await loadDestination()
  })

  it('are those of the README', () => {
    expect(rows.map(([name]) => name)).toEqual([...recipes.keys()])
  })

  it.each(rows)('send what the app sends: %s', async (name, mapping, names, changed) => {
    const { code, settings } = recipes.get(name) ?? { code: '', settings: {} }
    const events = (await eventsOf(code)).filter(({ event }) => names.includes(`\`${event}\``))
    const inputs = { ...defaultsOf(mapping.slice(1, -1)), ...(JSON.parse(changed.slice(1, -1)) as object) }
    const sent = events.map((event) => destination.first(globalsOf(event), inputs).request)
    expect(events).not.toEqual([])
    expect(sent.flatMap(withoutKey)).toEqual(events.flatMap((event) => requestOf(event, settings)))
  })

  /** The values of a mapping's inputs, and of those above the mappings. */
  function defaultsOf(name: string): Record<string, unknown> {
    const mapping = built.mappings.find((one) => one.name === name)
    const inputs = Object.entries({ ...built.inputs, ...mapping?.inputs })
    return Object.fromEntries(inputs.map(([key, { value }]) => [key, value]))
  }

  function withoutKey(request: SentRequest | undefined): object[] {
    return request === undefined ? [] : [{ method: request.method, path: request.path, body: request.body }]
  }
})
