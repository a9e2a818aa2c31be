import { ask } from '../../simulators/posthog/rest-api/setup'
import { startDeploying, writes } from './setup'
import type { Deploying } from './setup'

const functions = '/api/projects/7/hog_functions/'

let given: Deploying

beforeEach(async () => {
  given = await startDeploying()
})

afterEach(() => given.close())

const start = `Connected to Loops: the API key belongs to the team "Company name".

`
const plan =
  '  Update contacts: $identify, $set, without test accounts\n  Send events: $pageview, without test accounts\n\n'
const trial = `For a sample event $identify, PostHog would send:
  PUT https://app.loops.so/api/v1/contacts/update
  {"firstName":"Ada","lastName":"Lovelace","email":"ada@example.com","userId":"user_1"}

For a sample event $pageview, PostHog would send:
  POST https://app.loops.so/api/v1/events/send
  {"eventName":"$pageview","eventProperties":{"pathname":"/pricing"},"email":"ada@example.com","userId":"user_1"}

`

async function functionsInPosthog(): Promise<Record<string, unknown>[]> {
  const { body } = await ask(given.posthog, 'GET', functions)
  const { results } = body as { results: { id: string }[] }
  return Promise.all(
    results.map(
      async ({ id }) => (await ask(given.posthog, 'GET', `${functions}${id}/`)).body as Record<string, unknown>,
    ),
  )
}

async function sendEvents(): Promise<void> {
  const set = { email: 'ada@example.com', firstname: 'Ada' }
  await given.posthog.capture({ event: '$identify', distinct_id: 'user_1', $set: set })
  await given.posthog.capture({ event: '$pageview', distinct_id: 'user_1', properties: { $pathname: '/pricing' } })
}

describe('npm run deploy, with hog functions', () => {
  it('installs the destination, shows its test, and what comes in arrives in Loops', async () => {
    expect(await given.deploy()).toEqual({
      code: 0,
      said: `${start}The destination will be created in the project "Acme" (7), turned on, with the defaults:
${plan}${trial}Done: the destination is created, and turned on, in the project "Acme" (7).

See it, and turn it on or off, at POSTHOG/project/7/functions/ID

`,
      told: '',
    })
    expect(writes(given)).toEqual([`POST ${functions}`])
    await sendEvents()
    expect(given.loops.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1', firstName: 'Ada' }])
    expect(given.loops.events()).toMatchObject([{ eventName: '$pageview', eventProperties: { pathname: '/pricing' } }])
  })

  it('updates its own and keeps what people have changed in PostHog', async () => {
    await given.deploy(['--disabled'])
    const [made] = await functionsInPosthog()
    const changes = {
      name: 'Ours',
      description: `For marketing. ${String(made?.['description'])}`,
      hog: 'print(1)',
      inputs: { email: { value: '{person.properties.email}' }, userId: { value: '{person.id}' } },
    }
    await ask(given.posthog, 'PATCH', `${functions}${String(made?.['id'])}/`, changes)
    expect(made).toMatchObject({ enabled: false })

    const { code, said } = await given.deploy()
    expect([code, said]).toEqual([
      0,
      `${start}The destination will be updated (ID) in the project "Acme" (7), turned on, with its inputs in PostHog:
${plan}${trial.replaceAll('"user_1"', '"018f0000-0000-7000-8000-00000000000e"')}Done: the destination is updated, and turned on, in the project "Acme" (7).

See it, and turn it on or off, at POSTHOG/project/7/functions/ID

`,
    ])
    const after = await functionsInPosthog()
    expect(after).toHaveLength(1)
    const { name, description, inputs } = changes
    expect(after).toMatchObject([{ ...made, name, description, enabled: true, inputs }])
    expect(writes(given).slice(2)).toEqual([`PATCH ${functions}ID/`])
  })

  it('installs the settings of a file, and replaces those in PostHog by them', async () => {
    await given.deploy()
    const settings = {
      apiKey: 'a_key_that_is_not_used',
      trackedEvents: '{"purchase": "Bought"}',
      eventFilters: 'total > 100, person.plan = pro',
      eventProperties: 'total: {event.properties.total}',
      contactEvents: '',
      userId: '{person.id}',
    }
    const { code, said } = await given.deploy(['--config', given.file(settings)])
    expect([code, said]).toEqual([
      0,
      `${start}The destination will be updated (ID) in the project "Acme" (7), turned on, with the settings of --config:
  Send events: purchase, 2 property filters, without test accounts

For a sample event purchase, PostHog would send:
  POST https://app.loops.so/api/v1/events/send
  {"eventName":"Bought","eventProperties":{"total":101},"email":"ada@example.com","userId":"018f0000-0000-7000-8000-00000000000e"}

Done: the destination is updated, and turned on, in the project "Acme" (7).

See it, and turn it on or off, at POSTHOG/project/7/functions/ID

`,
    ])
    expect(await functionsInPosthog()).toMatchObject([{ inputs: { apiKey: { secret: true } } }])
    const set = { email: 'ada@example.com', plan: 'pro' }
    for (const total of [100, 101]) {
      await given.posthog.capture({ event: 'purchase', distinct_id: 'user_1', properties: { total, $set: set } })
    }
    expect(given.loops.events()).toMatchObject([
      {
        eventName: 'Bought',
        eventProperties: { total: 101 },
        email: 'ada@example.com',
        userId: '00000000-0000-4000-8000-000000000001',
      },
    ])
  })

  it.each<[object, string]>([
    [{ eventFilters: 'plan matches ^p' }, 'the filters of "Send events" keep it back.'],
    [{ excludedEmails: 'example.com' }, 'Nothing is sent: "Excluded emails" has the email address.'],
  ])('says why the sample event is not sent: %j', async (settings, reason) => {
    const file = given.file({ contactEvents: '', trackedEvents: 'purchase', ...settings })
    const { said } = await given.deploy(['--config', file])
    expect(said).toContain(`\n\nFor a sample event purchase, PostHog would send nothing: ${reason}\n\nDone:`)
  })

  it('changes nothing if the test of PostHog fails', async () => {
    await given.deploy()
    const [made] = await functionsInPosthog()
    await ask(given.posthog, 'PATCH', `${functions}${String(made?.['id'])}/`, {
      inputs: { excludedEmails: { value: 'nonsense' }, email: { value: '{person.properties.email}' } },
    })
    const { code, told } = await given.deploy()
    expect([code, told]).toEqual([
      1,
      'PostHog\'s test of "Update contacts" on the event $identify failed, and nothing was changed: Excluded emails: "nonsense" is neither an address nor a domain: write ada@example.org, example.com or *.example.com.\n',
    ])
    expect(writes(given).slice(2)).toEqual([])
  })

  it('touches no other destination, and warns of one that sends to Loops', async () => {
    const other = { type: 'destination', name: 'By hand', enabled: true, hog: "fetch('https://app.loops.so/api')" }
    await ask(given.posthog, 'POST', functions, other)
    const [before] = await functionsInPosthog()
    const { said } = await given.deploy()
    expect(said).toContain(
      'Take care: the destination "By hand" (ID) sends to Loops, too. This command does not touch it. If it sends the same events, turn it off in PostHog.\n',
    )
    expect(await functionsInPosthog()).toContainEqual(before)
  })

  it('does not choose between two with its mark', async () => {
    await given.deploy()
    const [made] = await functionsInPosthog()
    await ask(given.posthog, 'POST', functions, { ...made, inputs: { apiKey: { value: 'another_key' } } })
    expect(await given.deploy()).toMatchObject({
      code: 1,
      told: 'PostHog has several destinations with the mark [made by npm run deploy] (ID, ID): take it out of the description of all but one.\n',
    })
    expect(writes(given)).toHaveLength(2)
  })

  it('changes nothing with --dry-run, and shows the request', async () => {
    const { code, said, told } = await given.deploy(['--dry-run', '--disabled'])
    expect([code, told, writes(given)]).toEqual([0, '', []])
    const [, head, json = '', end] =
      /turned off, with the defaults:\n[^]*?\n\n([^]*?)\n\n(\{[^]*?\n\})\n\n([^]*)$/.exec(said) ?? []
    expect(head).toBe(
      'POST POSTHOG/api/projects/7/hog_functions/\nAuthorization: Bearer (POSTHOG_API_KEY)\nContent-Type: application/json',
    )
    expect(JSON.parse(json)).toMatchObject({
      type: 'destination',
      enabled: false,
      inputs: { apiKey: { value: '(LOOPS_API_KEY)' }, email: { value: '{person.properties.email}' } },
      mappings: [{ name: 'Update contacts' }, { name: 'Send events' }],
    })
    expect(end).toBe('Nothing was changed: this was a dry run.\n\n')
    expect(given.posthog.api.requests.every(({ method }) => method === 'GET')).toBe(true)
  })

  it('needs no scope but hog_function:write', async () => {
    await given.close()
    given = await startDeploying({ keys: { phx_functions_only: { scopes: ['hog_function:write'] } } })
    const { code, said } = await given.deploy([], { POSTHOG_API_KEY: 'phx_functions_only' })
    expect([code, said.split('\n').slice(-5).join('\n')]).toEqual([
      0,
      `Done: the destination is created, and turned on, in the current project of your user.

See it, and turn it on or off, at POSTHOG/functions/ID

`,
    ])
  })

  it('says so where PostHog lets no key run its test', async () => {
    await given.close()
    given = await startDeploying({ generation: 'destinations2025' })
    const { code, said } = await given.deploy()
    expect(code).toBe(0)
    expect(said).toContain(
      'PostHog runs no test with a key on this server: try the destination under "Testing" in its page.\n\nDone:',
    )
  })
})
