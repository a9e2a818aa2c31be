import { settingsInAnswer } from '../../tools/playground/posthog-answers'
import { builtDestination } from '../../destination/from-settings/body'
import { startDeploying } from '../tools/deploy/setup'
import type { Deploying } from '../tools/deploy/setup'
import { ask } from '../simulators/posthog/rest-api/setup'
import { post } from './setup'

const settings = { trackedEvents: 'purchase', eventFilters: 'total > 100', contactEvents: '', userId: '{person.id}' }
const functions = '/api/projects/7/hog_functions/'

let given: Deploying

afterEach(() => given.close())

async function answerOf(path: string): Promise<unknown> {
  return (await ask(given.posthog, 'GET', path)).body
}

describe('"Load" takes what PostHog gives back', () => {
  it.each(['apps', 'both'] as const)('of the app, on a server of the generation "%s"', async (generation) => {
    given = await startDeploying({ generation })
    const app = { ...settings, userId: '' }
    await given.deploy(['--edition', 'app', '--config', given.file(app)])
    for (const path of ['/api/projects/7/plugin_configs/', '/api/projects/7/plugin_configs/1/']) {
      const { status, body } = await post('config-file', { name: 'answer.json', content: await answerOf(path) })
      expect([status, JSON.parse(body)]).toEqual([200, app])
    }
  })

  it('of the destination', async () => {
    given = await startDeploying()
    await given.deploy(['--config', given.file(settings)])
    const list = await answerOf(functions)
    const { results } = list as { results: { id: string }[] }
    const [{ id } = { id: '' }] = results
    const { inputs, mappings } = builtDestination
    const values = (of: typeof inputs = {}) =>
      Object.fromEntries(Object.entries(of).map(([key, { value }]) => [key, value]))
    expect(settingsInAnswer(await answerOf(`${functions}${id}/`))).toEqual({
      inputs: { ...values(inputs), userId: '{person.id}' },
      mappings: [
        {
          name: 'Send events',
          events: ['purchase'],
          filters: [{ key: 'total', operator: 'gt', type: 'event', value: '100' }],
          inputs: values(mappings[1]?.inputs),
        },
      ],
    })
    expect(() => settingsInAnswer(list)).toThrow(`A list shows no inputs: load the answer of hog_functions/${id}/.`)
    expect(() => settingsInAnswer({ results: [] })).toThrow(
      'The list has neither the app nor the destination for Loops.',
    )
  })

  it('of one, and not of several', async () => {
    given = await startDeploying()
    const configs = [4, 5].map((id) => ({ id, plugin: 1, config: { trackedEvents: 'purchase' } }))
    expect(() => settingsInAnswer({ results: configs })).toThrow(
      'The list has several for Loops: load the answer for one of the IDs 4, 5.',
    )
    expect(settingsInAnswer({ results: [...configs.slice(1), { id: 6, plugin: 2, config: { x: 'y' } }] })).toEqual({
      trackedEvents: 'purchase',
    })
    expect(() => settingsInAnswer({ hog: 'print(1)', inputs_schema: [], mappings: null })).toThrow(
      'This hog function has no mappings: it is not the destination.',
    )
    expect(settingsInAnswer(settings)).toBe(settings)
  })
})
