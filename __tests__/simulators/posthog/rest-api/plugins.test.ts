import { apiKey } from '../../../app/setup'
import { ask, repository, startPosthog } from './setup'
import type { StartedPosthog } from './setup'

const plugins = '/api/organizations/@current/plugins/'
const configs = '/api/projects/@current/plugin_configs/'

let started: StartedPosthog

beforeEach(async () => {
  started = await startPosthog({ generation: 'apps' })
})

afterEach(() => started.close())

describe('plugins', () => {
  it('has no hog functions', async () => {
    const { status, body } = await ask(started.posthog, 'GET', '/api/projects/7/hog_functions/')
    expect([status, body]).toMatchObject([404, { detail: 'Endpoint not found.' }])
  })

  it('installs, configures, runs, changes and removes the app', async () => {
    const installed = await ask(started.posthog, 'POST', plugins, { url: repository })
    expect(installed).toMatchObject({ status: 201, body: { id: 1, name: 'Loops', url: repository } })

    const config = { apiKey, trackedEvents: 'purchase', maxEventAge: '' }
    const body = { plugin: 1, enabled: true, order: 1, config }
    const configured = await ask(started.posthog, 'POST', configs, body)
    expect(configured).toMatchObject({ status: 201, body: { id: 1, plugin: 1, enabled: true, config } })

    await started.posthog.capture({ event: 'purchase', distinct_id: 'user_1', $set: { email: 'ada@example.com' } })
    expect(started.loops.events()).toMatchObject([{ eventName: 'purchase', email: 'ada@example.com' }])

    const changes = { config: { trackedEvents: 'sale' }, enabled: false }
    const changed = await ask(started.posthog, 'PATCH', `${configs}1/`, changes)
    expect(changed).toMatchObject({ status: 200, body: { enabled: false, config: { apiKey, trackedEvents: 'sale' } } })
    expect(await ask(started.posthog, 'GET', configs)).toMatchObject({ body: { count: 1, results: [changed.body] } })

    expect(await ask(started.posthog, 'POST', `${plugins}1/upgrade/`)).toMatchObject({ status: 200, body: { id: 1 } })
    expect(await ask(started.posthog, 'DELETE', `${plugins}1/`)).toMatchObject({ status: 204 })
    expect(await ask(started.posthog, 'GET', configs)).toMatchObject({ body: { count: 0 } })
  })

  it.each<[string, object, string | null, string]>([
    [plugins, { url: 'https://example.com/app' }, null, 'Must be a GitHub/GitLab repository or a npm package URL!'],
    [plugins, { url: 'https://github.com/someone/else' }, null, 'Could not find plugin.json in the plugin'],
    [plugins, { url: repository }, null, `Plugin from URL "${repository}" already installed!`],
    [configs, { plugin: 9, order: 1 }, 'plugin', 'Invalid pk "9" - object does not exist.'],
    [configs, { plugin: 1 }, 'order', 'This field is required.'],
  ])('%s refuses %j', async (path, body, attr, detail) => {
    await ask(started.posthog, 'POST', plugins, { url: repository })
    expect(await ask(started.posthog, 'POST', path, body)).toMatchObject({ status: 400, body: { attr, detail } })
  })

  it('shows no secret on newer servers', async () => {
    await started.close()
    started = await startPosthog({ generation: 'both' })
    await ask(started.posthog, 'POST', plugins, { url: repository })
    const body = { plugin: 1, order: 1, config: { apiKey, userId: '' } }
    const { body: shown } = await ask(started.posthog, 'POST', configs, body)
    expect(shown).toMatchObject({
      config: { apiKey: '**************** POSTHOG SECRET FIELD ****************', userId: '' },
    })
  })

  it("takes no new configuration on today's servers", async () => {
    await started.close()
    started = await startPosthog()
    await ask(started.posthog, 'POST', plugins, { url: repository })
    const { status, body } = await ask(started.posthog, 'POST', configs, { plugin: 1, order: 1, config: {} })
    const detail =
      'Plugin creation is no longer possible. Please refer to the Hog Functions documentation for more information.'
    expect([status, body]).toMatchObject([400, { detail }])
  })
})
