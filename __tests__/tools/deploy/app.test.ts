import { apiKey } from '../../app/setup'
import { ask, repository } from '../../simulators/posthog/rest-api/setup'
import { startDeploying, writes } from './setup'
import type { Deploying } from './setup'

const organization = '0190aaaa-0000-0000-0000-000000000001'
const plugins = `/api/organizations/${organization}/plugins/`
const configs = '/api/projects/7/plugin_configs/'

let given: Deploying

beforeEach(async () => {
  given = await startDeploying({ generation: 'apps' })
})

afterEach(() => given.close())

const start = `POSTHOG has no hog functions: the app is installed.

Connected to Loops: the API key belongs to the team "Company name".

`

async function configsInPosthog(): Promise<unknown> {
  const { body } = await ask(given.posthog, 'GET', configs)
  return (body as { results: unknown }).results
}

describe('npm run deploy, without hog functions', () => {
  it('installs the app, and what comes in arrives in Loops', async () => {
    expect(await given.deploy()).toEqual({
      code: 0,
      said: `${start}The app will be installed from ${repository}, and configured in the project "Acme" (7), turned on. Settings: the defaults

Done: the app is turned on in the project "Acme" (7), as configuration 1.

See it, and turn it on or off, at POSTHOG/project/apps

`,
      told: '',
    })
    expect(writes(given)).toEqual([`POST ${plugins}`, `POST ${configs}`])
    await given.posthog.capture({ event: '$identify', distinct_id: 'user_1', $set: { email: 'ada@example.com' } })
    expect(given.loops.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1' }])
  })

  it('takes the settings of a file, and updates its own without one', async () => {
    const settings = { trackedEvents: 'purchase', maxEventAge: '' }
    const first = await given.deploy(['--config', given.file(settings), '--disabled'])
    expect(first.said).toContain('turned off. Settings: as follows\n  trackedEvents: purchase\n  maxEventAge: \n\n')
    const config = { ...settings, apiKey, madeBy: 'npm run deploy' }
    expect(await configsInPosthog()).toMatchObject([{ id: 1, enabled: false, config }])

    const second = await given.deploy()
    expect(second.said).toBe(
      `${start}The app will be brought to its newest version, and updated (configuration 1) in the project "Acme" (7), turned on. Settings: as they are in PostHog

Done: the app is turned on in the project "Acme" (7), as configuration 1.

See it, and turn it on or off, at POSTHOG/project/apps

`,
    )
    expect(await configsInPosthog()).toMatchObject([{ id: 1, enabled: true, config }])
    expect(writes(given).slice(2)).toEqual([`POST ${plugins}1/upgrade/`, `PATCH ${configs}1/`])
    await given.posthog.capture({ event: 'purchase', distinct_id: 'user_1', $set: { email: 'ada@example.com' } })
    expect(given.loops.events()).toMatchObject([{ eventName: 'purchase' }])
  })

  it('changes nothing with --dry-run, and shows both requests', async () => {
    const { said } = await given.deploy(['--dry-run', '--config', given.file({ trackedEvents: 'purchase' })])
    expect(said.slice(said.indexOf('POST '))).toBe(`POST POSTHOG${plugins}
Authorization: Bearer (POSTHOG_API_KEY)
Content-Type: application/json

{
  "url": "${repository}"
}

POST POSTHOG${configs}
Authorization: Bearer (POSTHOG_API_KEY)
Content-Type: application/json

{
  "plugin": "(the id of the plugin)",
  "enabled": true,
  "order": 1,
  "config": {
    "trackedEvents": "purchase",
    "apiKey": "(LOOPS_API_KEY)",
    "madeBy": "npm run deploy"
  }
}

Nothing was changed: this was a dry run.

`)
    expect(writes(given)).toEqual([])
  })

  it('touches no configuration that it has not made', async () => {
    await ask(given.posthog, 'POST', plugins, { url: repository })
    await ask(given.posthog, 'POST', configs, { plugin: 1, order: 1, enabled: true, config: { apiKey } })
    expect(await given.deploy()).toMatchObject({
      code: 1,
      told: 'The app is turned on in this project already, as configuration 1, which this command has not made and does not touch: turn it off in PostHog, and run the command again. With both, each event would be sent twice.\n',
    })
    await ask(given.posthog, 'PATCH', `${configs}1/`, { enabled: false })
    const { code, said } = await given.deploy()
    expect(code).toBe(0)
    expect(said).toContain('The app will be used as installed (plugin 1), and configured in the project')
    expect(await configsInPosthog()).toMatchObject([
      { id: 1, enabled: false },
      { id: 2, enabled: true },
    ])
  })

  it('is installed beside hog functions if --edition says so', async () => {
    await given.close()
    given = await startDeploying({ generation: 'both' })
    const { said } = await given.deploy(['--edition', 'app'])
    expect(said).toContain('The app is installed, as --edition says.\n')
    const { code } = await given.deploy(['--edition', 'app'])
    expect([code, await configsInPosthog()]).toMatchObject([0, [{ id: 1, config: { userId: '{event.distinct_id}' } }]])
    await given.posthog.capture({ event: '$identify', distinct_id: 'user_1', $set: { email: 'ada@example.com' } })
    expect(given.loops.contacts()).toHaveLength(1)
  })

  it('says what exists if the second step fails, and goes on from there', async () => {
    given.posthog.api.fault = ({ method, url }) =>
      method === 'POST' && url.endsWith('/plugin_configs/')
        ? { status: 403, body: { detail: 'Plugin configuration is not available for the current organization!' } }
        : undefined
    expect(await given.deploy()).toMatchObject({
      code: 1,
      told: `PostHog does not allow POST ${configs} to the owner of the key: Plugin configuration is not available for the current organization!
What exists now: the app is installed as plugin 1, and does nothing without a configuration.
To go on, run the command again. To take it back:
  curl -X DELETE -H "Authorization: Bearer $POSTHOG_API_KEY" POSTHOG${plugins}1/
`,
    })
    given.posthog.api.fault = () => undefined
    const { code, said } = await given.deploy()
    expect(code).toBe(0)
    expect(said).toContain('used as installed (plugin 1), and configured')
    expect(await ask(given.posthog, 'DELETE', `${plugins}1/`)).toMatchObject({ status: 204 })
  })
})
