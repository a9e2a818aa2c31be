import built from '../../dist/destination.json'
import type { CapturedEvent } from '../../src/posthog/event'
import type { Config } from '../../src/settings/field'
import { withRecipe } from '../../tools/playground/page/combined'
import { recipes } from '../../tools/playground/recipes'
import { translated } from '../app/setup'
import { globalsOf, loadDestination } from '../destination/setup'
import type { LoadedDestination, SentRequest } from '../destination/setup'
import { codeIn, sectionOf, textOf } from './setup'
import { eventsOf } from './sdk-code'

/** A part of a recipe that changes one mapping of the destination. */
interface OfMapping {
  readonly mapping: string
  readonly events: string
  readonly inputs: object
}

interface ShownRecipe {
  readonly code: string
  readonly settings: Config
  readonly destination: readonly OfMapping[]
}

const MAPPING = /mapping "([^"]+)", events? (.+?), inputs `([^`]+)`/g

function recipeIn(text: string): ShownRecipe {
  const [code = ''] = codeIn(text, 'js')
  const [settings = ''] = codeIn(text, 'json')
  const destination = [...text.matchAll(MAPPING)].map(([, mapping = '', events = '', inputs = '']) => ({
    mapping,
    events,
    inputs: JSON.parse(inputs) as object,
  }))
  return { code, settings: JSON.parse(settings) as Config, destination }
}

const texts = [
  ...sectionOf('README.md', 'Recipes')
    .split(/^\*\*(?=.*\.\*\*)/m)
    .slice(1),
  ...textOf('docs/recipes.md').split(/^## /m).slice(1),
]

/** The code and the settings of both editions that the documents show for each recipe, by its name. */
const shown = new Map(texts.map((text) => [/^(.*?)(?:\.\*\*|\n)/.exec(text)?.[1] ?? '', recipeIn(text)]))

/** The request without its `Idempotency-Key`, which differs from run to run. */
function requestOf(event: CapturedEvent, settings: Config): object[] {
  const translation = translated(event, { maxEventAge: '24', ...settings })
  if (translation === undefined || !('request' in translation)) return []
  const { method, path, body } = translation.request
  return [{ method, path, body }]
}

describe('the recipes of README.md and docs/recipes.md', () => {
  it('are those of the playground', () => {
    const settings = recipes.map(({ name, settings: ofRecipe }) => [name, ofRecipe])
    expect([...shown].map(([name, recipe]) => [name, recipe.settings])).toEqual(settings)
  })

  it('are combined as the playground does it', () => {
    const [welcome, plan] = recipes
    const combined = withRecipe({ ...welcome?.settings }, { ...plan?.settings }).settings
    expect(JSON.parse(codeIn(sectionOf('README.md', 'Recipes'), 'json').at(-1) ?? '')).toEqual(combined)
  })

  it.each(recipes)('send what they promise: $name', async ({ name, settings, steps }) => {
    const events = await eventsOf(shown.get(name)?.code ?? '')
    const requests = steps.flatMap(({ request }) => request ?? [])
    expect(events.flatMap((event) => requestOf(event, settings))).toEqual(requests)
  })
})

describe('the recipes for the destination', () => {
  let destination: LoadedDestination

  beforeAll(async () => {
    destination = await loadDestination()
  })

  it('are there for each recipe', () => {
    expect([...shown].filter(([, recipe]) => recipe.destination.length === 0)).toEqual([])
  })

  const changes = [...shown].flatMap(([name, recipe]) =>
    recipe.destination.map((change): [string, string, OfMapping] => [name, change.mapping, change]),
  )

  it.each(changes)('send what the app sends: %s: %s', async (name, mapping, change) => {
    const { code = '', settings = {} } = shown.get(name) ?? {}
    const events = (await eventsOf(code)).filter(({ event }) => change.events.includes(`\`${event}\``))
    const inputs = { ...defaultsOf(mapping), ...change.inputs }
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
