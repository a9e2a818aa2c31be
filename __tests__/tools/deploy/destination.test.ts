import built from '../../../dist/destination.json'
import { apiKey } from '../../app/setup'
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
const planFor = (events: string): string =>
  `  Update contacts: $identify, $set, without test accounts\n  Send events: ${events}, without test accounts\n\n`
const trialFor = (event: string): string => `For a sample event $identify, PostHog would send:
  PUT https://app.loops.so/api/v1/contacts/update
  {"firstName":"Ada","lastName":"Lovelace","email":"ada@example.com","userId":"user_1"}

For a sample event ${event}, PostHog would send:
  POST https://app.loops.so/api/v1/events/send
  {"eventName":"${event}","eventProperties":{"pathname":"/pricing"},"email":"ada@example.com","userId":"user_1"}

`
const page = `See it, and turn it on or off, at POSTHOG/project/7/functions/ID

`
const events = ['--events', 'user signed up, order completed']

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
  await given.posthog.capture({ event: 'order completed', distinct_id: 'user_1', properties: { total: 5 } })
}

/** What the README's `curl` creates. */
async function installByCurl(changes: object = {}): Promise<void> {
  const body = { ...built, inputs: { ...built.inputs, apiKey: { value: apiKey } }, ...changes }
  expect((await ask(given.posthog, 'POST', functions, body)).status).toBe(201)
}

async function change(changes: object): Promise<void> {
  const [made] = await functionsInPosthog()
  expect((await ask(given.posthog, 'PATCH', `${functions}${String(made?.['id'])}/`, changes)).status).toBe(200)
}

describe('npm run deploy', () => {
  it('makes a destination for the events of --events, shows its test, and what comes in arrives in Loops', async () => {
    expect(await given.deploy(events)).toEqual({
      code: 0,
      said: `${start}The destination will be created in the project "Acme" (7), turned on, with the events of --events:
${planFor('user signed up, order completed')}${trialFor('user signed up')}Done: the destination is created, and turned on, in the project "Acme" (7).

${page}`,
      told: '',
    })
    expect(writes(given)).toEqual([`POST ${functions}`])
    await sendEvents()
    expect(given.loops.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1', firstName: 'Ada' }])
    expect(given.loops.events()).toMatchObject([{ eventName: 'order completed' }])
  })

  it('leaves a new one turned off without --events, and says what to choose; the next run chooses', async () => {
    expect(await given.deploy()).toEqual({
      code: 0,
      said: `${start}The destination will be created in the project "Acme" (7), turned off, with the defaults:
${planFor('$pageview')}${trialFor('$pageview')}Done: the destination is created, and turned off, in the project "Acme" (7).

It is turned off until you choose the events to send, since the default is $pageview: run the command again with --events "user signed up, order completed", or choose them in PostHog and turn it on there.

${page}`,
      told: '',
    })
    await sendEvents()
    expect(given.loops.requests().filter(({ method }) => method !== 'GET')).toEqual([])
    const { said } = await given.deploy(events)
    expect(said).toContain(`Changes in PostHog:
  - the event $pageview (in "Send events")
  + the event user signed up (in "Send events")
  + the event order completed (in "Send events")
`)
    expect(await functionsInPosthog()).toMatchObject([{ enabled: true }])
    await sendEvents()
    expect(given.loops.events()).toMatchObject([{ eventName: 'order completed' }])
  })

  it("adopts what the README's curl has made, which is turned off", async () => {
    await installByCurl()
    expect(await functionsInPosthog()).toMatchObject([{ enabled: false }])
    const { code, said } = await given.deploy(events)
    expect([code, said]).toEqual([0, expect.stringContaining('the destination is updated, and turned on')])
    expect(await functionsInPosthog()).toHaveLength(1)
  })

  it.each([
    [true, []],
    [false, []],
    [false, ['--disabled']],
  ])('keeps the switch as it is: %s, %j', async (enabled, args) => {
    await given.deploy(events)
    await change({ enabled })
    const { said } = await given.deploy(args)
    expect(said).toContain(`the destination is updated, and turned ${enabled ? 'on' : 'off'}`)
    expect(await functionsInPosthog()).toMatchObject([{ enabled }])
  })

  it('keeps the events that people have chosen where several mappings send', async () => {
    await installByCurl({ mappings: [...built.mappings, { ...built.mappings[1], name: 'Purchases' }] })
    expect(await given.deploy(events)).toMatchObject({
      code: 1,
      told: 'Several mappings send events ("Send events", "Purchases"): choose their events in PostHog, or use --config.\n',
    })
    expect(writes(given)).toHaveLength(1)
  })

  it('updates its own: every key of an input, filters and mappings stay, and new inputs appear', async () => {
    await installByCurl({ name: 'Ours' })
    const [made] = await functionsInPosthog()
    const [, send] = built.mappings
    const purchases = {
      ...send,
      name: 'Purchases',
      inputs: { ...send?.inputs, eventNames: { value: { purchase: '{{ event.event }}' }, templating: 'liquid' } },
      filters: {
        ...send?.filters,
        events: [
          {
            id: 'purchase',
            name: 'purchase',
            type: 'events',
            order: 0,
            properties: [{ key: 'total', type: 'event', operator: 'gt', value: 5 }],
          },
        ],
        filter_test_accounts: false,
      },
    }
    const isOld = ({ key }: { key: string }): boolean => !['maxEventAge', 'mailingListsFromEvents'].includes(key)
    const { maxEventAge: _age, mailingListsFromEvents: _lists, ...old } = built.inputs
    const changes = {
      description: `For marketing. ${String(made?.['description'])}`,
      hog: "fetch('https://app.loops.so/api/v1/older')",
      inputs_schema: built.inputs_schema.filter(isOld),
      inputs: { ...old, userId: { value: '{{ person.id }}', templating: 'liquid' } },
      filters: { source: 'events', properties: [{ key: 'plan', type: 'event', operator: 'is_set', value: 'is_set' }] },
      mappings: [purchases],
    }
    await change(changes)
    expect(await given.deploy(['--dry-run'])).toMatchObject({ code: 0 })
    expect((await given.deploy()).told).toBe('')
    const { description, filters } = changes
    const [after] = await functionsInPosthog()
    expect(after).toMatchObject({
      name: 'Ours',
      description,
      enabled: false,
      filters,
      hog: built.hog,
      inputs_schema: built.inputs_schema,
    })
    expect(after?.['inputs']).toMatchObject({
      userId: { value: '{{ person.id }}', templating: 'liquid' },
      maxEventAge: built.inputs.maxEventAge,
      mailingListsFromEvents: built.inputs.mailingListsFromEvents,
      apiKey: { secret: true },
    })
    expect(after?.['mappings']).toMatchObject([purchases])
  })

  it('installs the settings of a file, and replaces those in PostHog by them', async () => {
    await given.deploy(events)
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

Changes in PostHog:
  - User ID: "{event.distinct_id}"
  + User ID: "{person.id}"
  - the mapping "Update contacts": $identify, $set
  - the event user signed up (in "Send events")
  - the event order completed (in "Send events")
  + the event purchase (in "Send events")
  + the property filter {"key":"total","type":"event","operator":"gt","value":100} (in "Send events")
  + the property filter {"key":"plan","type":"person","operator":"exact","value":"pro"} (in "Send events")
  + Event names, purchase: "Bought" (in "Send events")
  - Event properties, pathname: "{event.properties.$pathname}" (in "Send events")
  + Event properties, total: "{event.properties.total}" (in "Send events")

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

  it('gives the sample event what the inputs read, and what the filters want', async () => {
    const inputs = {
      email: "{event.properties['the email'] ?? person.properties.mail}",
      userId: '{person.properties.ids.own}',
    }
    const mapping = {
      name: 'Plans',
      events: ['plan changed'],
      filters: [
        { key: 'seats', type: 'person', operator: 'gt', value: 5 },
        { key: 'left', type: 'event', operator: 'is_not_set' },
      ],
      inputs: {
        action: 'both',
        eventProperties: {
          plan: '{event.properties.$set.plan ?? person.properties.plan}',
          left: '{event.properties.left}',
        },
        contactProperties: {
          name: "{person.properties['full name']} of {person.properties.company}",
          seats: '{person.properties.seats}',
          subscribed: '{person.properties.news}',
        },
        mailingLists: { cm06f5v0e45nf0ml5754o9cix: '{event.properties.list}' },
      },
    }
    const { said } = await given.deploy(['--config', given.file({ inputs, mappings: [mapping] }), '--disabled'])
    expect(said).toContain(`For a sample event plan changed, PostHog would send:
  POST https://app.loops.so/api/v1/events/send
  {"name":"sample full name of sample company","seats":6,"subscribed":true,"eventName":"plan changed","eventProperties":{"plan":"sample plan"},"mailingLists":{"cm06f5v0e45nf0ml5754o9cix":true},"email":"ada@example.com","userId":"sample own"}
`)
  })

  it.each<[object, string]>([
    [{ eventFilters: 'plan matches ^p' }, 'the filters of "Send events" do not match.'],
    [{ excludedEmails: 'example.com' }, 'Nothing is sent: the settings exclude its email address.'],
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
      'PostHog\'s test of "Update contacts" on the event $identify failed, and nothing was changed: Excluded emails: "nonsense" is neither an email nor a domain: write ada@example.org, example.com or *.example.com.\n',
    ])
    expect(writes(given).slice(2)).toEqual([])
  })

  it.each<[string, object]>([
    ['somebody else has made', { description: 'By hand' }],
    ["PostHog's own template makes", { description: '', template_id: 'template-loops' }],
  ])('creates none next to an enabled one that %s, unless it is told to', async (_, changes) => {
    const other = { type: 'destination', name: 'By hand', enabled: true, hog: "fetch('https://app.loops.so/api')" }
    await ask(given.posthog, 'POST', functions, { ...other, ...changes })
    const [before] = await functionsInPosthog()
    expect(await given.deploy(events)).toMatchObject({
      code: 1,
      told: 'PostHog has a destination that sends to Loops and was not created by this command: "By hand" (ID). Turn it off in PostHog, or add --another to have both.\n',
    })
    expect(writes(given)).toHaveLength(1)
    expect(await given.deploy([...events, '--another'])).toMatchObject({ code: 0 })
    expect(await functionsInPosthog()).toContainEqual(before)
    const { said } = await given.deploy()
    expect(said).toContain(
      'Warning: the destination "By hand" (ID) sends to Loops, too. If it sends the same events, turn it off in PostHog.\n',
    )
  })

  it('overwrites no source that is somebody else’s by now', async () => {
    await given.deploy(events)
    await change({ hog: "fetch('https://example.com')" })
    const [before] = await functionsInPosthog()
    const { code, said } = await given.deploy()
    expect([code, said]).toEqual([
      0,
      expect.stringContaining(
        'The destination "Loops: contacts and events" (ID) has the mark [posthog-loops-app], but its source does not send to Loops: this command does not touch it.\n',
      ),
    ])
    expect(await functionsInPosthog()).toContainEqual(before)
  })

  it('warns of inputs in PostHog that the page would reject', async () => {
    await installByCurl({
      inputs: { ...built.inputs, userId: { value: 'event.distinct_id' }, apiKey: { value: apiKey } },
    })
    const { said } = await given.deploy()
    expect(said).toContain(
      'Warning: the destination in PostHog has an input to correct. User ID: "event.distinct_id" has a property outside braces: write {event.distinct_id}.\n',
    )
  })

  it('names the remedy for a cohort in the filter of internal users', async () => {
    await given.close()
    const internal = [{ key: 'id', type: 'cohort', value: 5 }]
    given = await startDeploying({ projects: [{ id: 7, name: 'Acme', test_account_filters: internal }] })
    expect((await given.deploy(events)).told).toMatch(
      /^PostHog refuses "filters": Invalid filter configuration.* turn off "Filter out internal and test users" in each mapping \(filter_test_accounts in the file of --config\), or save it with --disabled\.\n$/,
    )
    expect(writes(given)).toEqual([])
  })

  it('does not choose between two with its mark', async () => {
    await given.deploy()
    const [made] = await functionsInPosthog()
    await ask(given.posthog, 'POST', functions, {
      ...made,
      enabled: true,
      inputs: { apiKey: { value: 'another_key' } },
    })
    expect(await given.deploy()).toMatchObject({
      code: 1,
      told: 'PostHog has several destinations with the mark [posthog-loops-app]: POSTHOG/project/7/functions/ID (turned on), POSTHOG/project/7/functions/ID (turned off). Remove it from the description of all but one, or delete the others.\n',
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
      inputs: {
        apiKey: { value: '(LOOPS_API_KEY)' },
        email: { value: '{event.properties.$set.email ?? person.properties.email}' },
      },
      mappings: [{ name: 'Update contacts' }, { name: 'Send events' }],
    })
    expect(end).toBe('Nothing was changed: this was a dry run.\n\n')
    expect(given.posthog.api.requests.every(({ method }) => method === 'GET')).toBe(true)
  })

  it('needs no scope but hog_function:write if it is told the project', async () => {
    await given.close()
    given = await startDeploying({ keys: { phx_functions_only: { scopes: ['hog_function:write'] } } })
    const { code, said } = await given.deploy([...events, '--project', '7'], { POSTHOG_API_KEY: 'phx_functions_only' })
    expect([code, said.split('\n').slice(-5).join('\n')]).toEqual([
      0,
      `Done: the destination is created, and turned on, in the project 7.

See it, and turn it on or off, at POSTHOG/project/7/functions/ID

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
