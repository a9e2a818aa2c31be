import { settingsInAnswer } from '../../tools/playground/posthog-answers'
import { builtDestination } from '../../destination/from-settings/body'
import { startDeploying } from '../tools/deploy/setup'
import { ask } from '../simulators/posthog/rest-api/setup'
import { post } from './setup'

const settings = { trackedEvents: 'purchase', eventFilters: 'total > 100', contactEvents: '', userId: '{person.id}' }
const functions = '/api/projects/7/hog_functions/'

describe('"Load" takes what PostHog gives back', () => {
  it('of the app, one configuration or a list', async () => {
    const app = { ...settings, userId: '' }
    const config = { ...app, apiKey: 'key-of-the-team', madeBy: 'somebody' }
    const shown = { id: 1, plugin: 1, enabled: true, order: 1, config, team_id: 7, error: null }
    for (const content of [shown, { count: 1, next: null, previous: null, results: [shown] }]) {
      const { status, body } = await post('config-file', { name: 'answer.json', text: JSON.stringify(content) })
      expect([status, JSON.parse(body)]).toEqual([200, app])
    }
  })

  it('of the destination', async () => {
    const given = await startDeploying()
    await given.deploy(['--config', given.file(settings)])
    const answerOf = async (path: string): Promise<unknown> => (await ask(given.posthog, 'GET', path)).body
    const list = await answerOf(functions)
    const { results } = list as { results: { id: string }[] }
    const [{ id } = { id: '' }] = results
    const { inputs, mappings } = builtDestination
    const values = (of: typeof inputs = {}) =>
      Object.fromEntries(Object.entries(of).map(([key, { value }]) => [key, value]))
    const one = await answerOf(`${functions}${id}/`)
    await given.close()
    const { body } = await post('destination-form', { name: 'answer.json', text: JSON.stringify(one) })
    expect(JSON.parse(body)).toEqual({
      inputs: { ...values(inputs), userId: '{person.id}' },
      mappings: [
        {
          name: 'Send events',
          events: ['purchase'],
          filters: [{ key: 'total', operator: 'gt', type: 'event', value: 100 }],
          inputs: values(mappings[1]?.inputs),
        },
      ],
    })
    expect(() => settingsInAnswer(list)).toThrow(`A list shows no inputs: load the answer of hog_functions/${id}/.`)
    expect(() => settingsInAnswer({ results: [] })).toThrow(
      'The list has neither the app nor the destination for Loops.',
    )
  })

  it('of one, and not of several', () => {
    const configs = [4, 5].map((id) => ({ id, plugin: 1, config: { trackedEvents: 'purchase' } }))
    expect(() => settingsInAnswer({ results: configs })).toThrow(
      'The list has several entries for Loops: load the answer for one of the IDs 4, 5.',
    )
    expect(settingsInAnswer({ results: [...configs.slice(1), { id: 6, plugin: 2, config: { x: 'y' } }] })).toEqual({
      trackedEvents: 'purchase',
    })
    expect(settingsInAnswer(settings)).toBe(settings)
  })
})
