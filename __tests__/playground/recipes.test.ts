import { ObservedApp } from '../../tools/simulators/app/observed-app'
import { destinationFromSettings } from '../../destination/from-settings/from-settings'
import { hogFetch } from '../../tools/simulators/hog/destination'
import { InstalledDestination } from '../../tools/simulators/hog/installed-destination'
import { Persons } from '../../tools/simulators/hog/persons'
import { loadHogParser } from '../../tools/simulators/hog/syntax-tree'
import { LoopsApi } from '../../tools/simulators/loops/loops-api'
import { ingest } from '../../tools/simulators/posthog/events'
import type { FetchInit } from '../../tools/simulators/posthog/fetch'
import { serverVersion } from '../../tools/simulators/posthog/versions'
import { recipes } from '../../tools/playground/recipes'
import type { Recipe, RecipeRequest } from '../../tools/playground/recipes'
import { apiKey } from '../app/setup'

jest.setTimeout(60_000)

const ORIGIN = 'https://app.loops.so/api'

/** A Loops in this process. */
function startLoops() {
  const api = new LoopsApi({ apiKey })
  const fetch = (url: string, { method = 'GET', headers = {}, body = '' }: FetchInit = {}) => {
    const path = url.slice('https://app.loops.so'.length)
    const answer = api.handle({ method, path, headers: Object.fromEntries(new Headers(headers)), body })
    return Promise.resolve(new Response(answer.body, { status: answer.status, headers: answer.headers }))
  }
  return { api, fetch }
}

function shown({ method, url, body = '{}' }: { method: string; url: string; body?: string | undefined }): object {
  return { method, path: url.slice(ORIGIN.length), body: JSON.parse(body) as unknown }
}

type Sent = [event: string, requests: object[], statuses: (number | undefined)[]]

async function throughApp({ settings, steps }: Recipe): Promise<Sent[]> {
  const { fetch } = startLoops()
  const app = new ObservedApp({ server: serverVersion('2024-02'), config: { apiKey, ...settings }, fetch })
  const sent: Sent[] = []
  try {
    for (const { event } of steps) {
      const { made, errors } = await app.deliver(ingest(event))
      expect(errors).toEqual([])
      const writes = made.filter(({ method }) => method !== 'GET')
      sent.push([event.event, writes.map(shown), writes.map(({ status }) => status)])
    }
  } finally {
    app.close()
  }
  return sent
}

async function throughDestination({ settings, steps }: Recipe): Promise<Sent[]> {
  const { fetch } = startLoops()
  const { body, refusals } = destinationFromSettings(settings)
  if (body === undefined) throw new Error(refusals.join(' '))
  const inputs = { ...body.inputs, apiKey: { value: apiKey } }
  const destination = new InstalledDestination({ ...body, inputs }, await loadHogParser())
  const persons = new Persons()
  const sent: Sent[] = []
  for (const event of steps.map((step) => ingest(step.event))) {
    const outcomes = await destination.deliver(event, persons.after(event), { fetch: hogFetch(fetch) })
    expect(outcomes.map(({ error }) => error)).toEqual(outcomes.map(() => undefined))
    const requests = outcomes.flatMap((outcome) => outcome.requests)
    sent.push([event.event, requests.map(shown), requests.map(({ status }) => status)])
  }
  return sent
}

function expected(steps: Recipe['steps'], requestOf: (step: Recipe['steps'][number]) => RecipeRequest | undefined) {
  return steps.map((step): Sent => {
    const request = requestOf(step)
    return [step.event.event, request === undefined ? [] : [request], request === undefined ? [] : [200]]
  })
}

describe.each(recipes.map((recipe) => [recipe.id, recipe] as const))('the recipe "%s"', (_id, recipe) => {
  test('sends its requests through the app, and Loops takes each', async () => {
    expect(await throughApp(recipe)).toEqual(expected(recipe.steps, ({ request }) => request))
  })

  test('sends its requests through the destination, and Loops takes each', async () => {
    const today = expected(recipe.steps, ({ request, requestToday = request }) => requestToday)
    expect(await throughDestination(recipe)).toEqual(today)
  })
})
