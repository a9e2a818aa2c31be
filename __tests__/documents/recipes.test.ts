import built from '../../dist/destination.json'
import type { CapturedEvent } from '../../src/posthog/event'
import type { Config } from '../../src/settings/field'
import { recipes } from '../../tools/playground/recipes'
import { translated } from '../app/setup'
import { globalsOf, loadDestination } from '../destination/setup'
import type { LoadedDestination, SentRequest } from '../destination/setup'
import { codeIn, rowsOf, sectionOf } from './setup'
import { eventsOf } from './sdk-code'

/** Stands in a table for the cell above. */
const SAME = 'the same'

/** The code and the settings that the README shows for each recipe, by its name. */
const shown = new Map(
  sectionOf('README.md', 'Recipes')
    .split(/^\*\*/m)
    .slice(1)
    .map((text): [name: string, recipe: { code: string; settings: Config }] => {
      const [code = ''] = codeIn(text, 'js')
      const [settings = ''] = codeIn(text, 'json')
      return [/^(.*?)\.\*\*/.exec(text)?.[1] ?? '', { code, settings: JSON.parse(settings) as Config }]
    }),
)

/** The request without its `Idempotency-Key`, which differs from run to run. */
function requestOf(event: CapturedEvent, settings: Config): object[] {
  const translation = translated(event, { maxEventAge: '24', ...settings })
  if (translation === undefined || !('request' in translation)) return []
  const { method, path, body } = translation.request
  return [{ method, path, body }]
}

describe('the recipes of the README', () => {
  it('are those of the playground', () => {
    const settings = recipes.map(({ name, settings: ofRecipe }) => [name, ofRecipe])
    expect([...shown].map(([name, recipe]) => [name, recipe.settings])).toEqual(settings)
  })

  it.each(recipes)('send what they promise: $name', async ({ name, settings, steps }) => {
    const events = await eventsOf(shown.get(name)?.code ?? '')
    const requests = steps.flatMap(({ request }) => request ?? [])
    expect(events.flatMap((event) => requestOf(event, settings))).toEqual(requests)
  })
})

describe('the recipes of docs/destination.md', () => {
  const rows = rowsOf(sectionOf('docs/destination.md', 'Recipes'), 'recipe')
  const named = rows.map((cells, place) =>
    cells[0] === SAME ? [rows[place - 1]?.[0] ?? '', ...cells.slice(1)] : cells,
  )
  let destination: LoadedDestination

  beforeAll(async () => {
    destination = await loadDestination()
  })

  it('are those of the README', () => {
    expect(rows.map(([name]) => name).filter((name) => name !== SAME)).toEqual([...shown.keys()])
  })

  it.each(named)('send what the app sends: %s: %s', async (name, mapping, names, changed) => {
    const { code, settings } = shown.get(name) ?? { code: '', settings: {} }
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
