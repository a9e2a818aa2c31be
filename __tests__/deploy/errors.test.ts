import { createServer } from 'node:http'
import { run } from '../../deploy/run'
import { destinationStart } from '../../playground/destination-form'
import { listenOnLoopback } from '../../sandbox/lib/local-server'
import type { ApiAnswer } from '../../sandbox/posthog/rest-api/contract'
import type { PosthogServerOptions } from '../../sandbox/posthog/rest-api/posthog-server'
import type { HttpRequest } from '../../sandbox/posthog/rest-api/rest-api'
import { apiKey } from '../app/given'
import { posthogKey } from '../posthog/rest-api/given'
import { startDeploying, writes } from './given'
import type { Deploying } from './given'

const project = { id: 7, name: 'Acme', organization: '0190aaaa-0000-0000-0000-000000000001', test_account_filters: [] }
const keys = {
  [posthogKey]: { scopes: ['*'] },
  phx_nothing: { scopes: [] },
  phx_projects: { scopes: ['project:read'] },
  phx_functions: { scopes: ['hog_function:write'] },
  phx_other: { scopes: ['*'], projects: [8] },
}
const page = '<html><body>502 Bad Gateway</body></html>'

let given: Deploying

beforeAll(async () => {
  given = await startDeploying({ keys, projects: [project, { ...project, id: 8, name: 'Beta' }] })
})

afterEach(() => {
  given.posthog.api.fault = () => undefined
})

afterAll(() => given.close())

/** The answer to requests with the method to paths that end so. */
function fault(method: string, end: string, answer: ApiAnswer): (request: HttpRequest) => ApiAnswer | undefined {
  return (request) => (request.method === method && request.url.endsWith(end) ? answer : undefined)
}

async function nothingIsDone(args: string[], environment: NodeJS.ProcessEnv, sentence: string): Promise<void> {
  const before = writes(given).length
  expect(await given.deploy(args, environment)).toMatchObject({ code: 1, told: `${sentence}\n` })
  expect(writes(given)).toHaveLength(before)
}

describe('the key', () => {
  it.each<[string, string, string[], string]>([
    [
      'is unknown: 401',
      'phx_of_another_server',
      [],
      'PostHog refuses the key in POSTHOG_API_KEY: create a personal API key with the scopes hog_function:write and project:read at POSTHOG/settings/user-api-keys. A key of one PostHog, as of the US, is not known to another.',
    ],
    [
      'lacks every scope: 403',
      'phx_nothing',
      [],
      'The key in POSTHOG_API_KEY lacks the scope hog_function:read: add hog_function:write at POSTHOG/settings/user-api-keys.',
    ],
    [
      'lacks the scope for hog functions: 403',
      'phx_projects',
      [],
      'The key in POSTHOG_API_KEY lacks the scope hog_function:read: add hog_function:write at POSTHOG/settings/user-api-keys.',
    ],
    [
      'lacks the scope for apps: 403',
      'phx_functions',
      ['--edition', 'app'],
      'The key in POSTHOG_API_KEY lacks the scope plugin:read: add plugin:write at POSTHOG/settings/user-api-keys.',
    ],
    [
      'is limited to another project: 403',
      'phx_other',
      [],
      'The key in POSTHOG_API_KEY is limited to other projects: give one of them with --project, or allow this one at POSTHOG/settings/user-api-keys. PostHog says: API key does not have access to the requested project: ID 7.',
    ],
    [
      'sees no such project: 404',
      'phx_projects',
      ['--project', '9'],
      'PostHog has no project 9 for this key, but 7 (Acme), 8 (Beta): give one of them with --project.',
    ],
    [
      'sees no such project, and may not list them: 404',
      'phx_functions',
      ['--project', '9'],
      "PostHog has no project 9 for this key: the ID is the number in the address of PostHog's pages.",
    ],
  ])('%s', async (_, key, args, sentence) => {
    await nothingIsDone(args, { POSTHOG_API_KEY: key }, sentence)
  })
})

describe('the answer', () => {
  const functions = '/api/projects/7/hog_functions/'
  const uncertain =
    'PostHog may have done it all the same: run the command again, which finds what it has made and goes on.'
  it.each<[string, (request: HttpRequest) => ApiAnswer | undefined, string]>([
    [
      '400 with a field',
      fault('POST', '/hog_functions/', {
        status: 400,
        body: {
          type: 'validation_error',
          code: 'invalid_input',
          detail: 'Value must be a number.',
          attr: 'inputs__maxEventAge',
        },
      }),
      'PostHog refuses "inputs.maxEventAge": Value must be a number.',
    ],
    [
      '400 without one',
      fault('POST', '/hog_functions/', { status: 400, body: { detail: 'Not now.', attr: null } }),
      `PostHog refuses POST ${functions}: Not now.`,
    ],
    [
      '400 of the test, by fields',
      fault('POST', '/invocations/', { status: 400, body: { configuration: { hog: ['Hog code has errors.'] } } }),
      `PostHog refuses POST ${functions}new/invocations/: {"configuration":{"hog":["Hog code has errors."]}}`,
    ],
    [
      "a proxy's page",
      fault('GET', '/projects/@current/', { status: 502, body: page }),
      "POSTHOG answered 502 to GET /api/projects/@current/ with a page instead of PostHog's API: a proxy or a login stands before it, or the address is not that of PostHog.",
    ],
    [
      'a page of a login',
      fault('GET', '/projects/@current/', { status: 200, body: '<html>Log in</html>' }),
      "POSTHOG answered 200 to GET /api/projects/@current/ with a page instead of PostHog's API: a proxy or a login stands before it, or the address is not that of PostHog.",
    ],
    [
      'a page to what it may have done',
      fault('POST', '/hog_functions/', { status: 504, body: page }),
      `POSTHOG answered 504 to POST ${functions} with a page instead of PostHog's API: a proxy or a login stands before it, or the address is not that of PostHog. ${uncertain}`,
    ],
    [
      'a redirect',
      fault('GET', '/projects/@current/', {
        status: 301,
        body: '',
        headers: { location: 'https://posthog.acme.test/x' },
      }),
      'POSTHOG redirects to https://posthog.acme.test: if that is your PostHog, write it behind --posthog.',
    ],
    [
      '429',
      fault('GET', '/projects/@current/', { status: 429, body: { detail: 'Request was throttled.' } }),
      'PostHog takes no more requests at the moment: wait a minute, and run the command again.',
    ],
    [
      '500',
      fault('POST', '/hog_functions/', { status: 500, body: { detail: 'A server error occurred.' } }),
      `PostHog answered 500 to POST ${functions}: A server error occurred. ${uncertain}`,
    ],
    [
      'a key that comes back',
      fault('POST', '/hog_functions/', { status: 400, body: { detail: `No ${posthogKey} and no ${apiKey}.` } }),
      `PostHog refuses POST ${functions}: No (POSTHOG_API_KEY) and no (LOOPS_API_KEY).`,
    ],
  ])('%s', async (_, hook, sentence) => {
    given.posthog.api.fault = hook
    await nothingIsDone([], {}, sentence)
  })

  it('none: nobody listens', async () => {
    const server = await listenOnLoopback(createServer(), 0)
    await server.close()
    await nothingIsDone(
      ['--posthog', server.url],
      {},
      `${server.url} cannot be reached (ECONNREFUSED): check the address and the network.`,
    )
  })
})

describe('a server', () => {
  it.each<[string, PosthogServerOptions['generation'], string[], string]>([
    [
      'without hog functions',
      'apps',
      ['--edition', 'destination'],
      'POSTHOG has no hog functions: update PostHog to a version since mid-September 2025, or install the app with --edition app.',
    ],
    [
      'that takes the destination only with an add-on',
      'both',
      [],
      'PostHog refuses "template_id": The Data Pipelines addon is required to create custom functions. Until mid-September 2025 PostHog took such a destination only with an add-on: update PostHog, or install the app with --edition app.',
    ],
    [
      'that takes no app any more',
      'destinations',
      ['--edition', 'app'],
      `PostHog refuses POST /api/projects/7/plugin_configs/: Plugin creation is no longer possible. Please refer to the Hog Functions documentation for more information. Since 2025-07-24 PostHog runs only apps that were configured before: install the destination with --edition destination.
What exists now: the app is installed as plugin 1, and does nothing without a configuration.
To go on, run the command again. To take it back:
  curl -X DELETE -H "Authorization: Bearer $POSTHOG_API_KEY" POSTHOG/api/organizations/${project.organization}/plugins/1/`,
    ],
  ])('%s', async (_, generation, args, sentence) => {
    const server = await startDeploying({ generation: generation ?? 'destinations' })
    try {
      expect(await server.deploy(args)).toMatchObject({ code: 1, told: `${sentence}\n` })
    } finally {
      await server.close()
    }
  })
})

describe('Loops and the settings', () => {
  const age =
    '  Oldest event to send, in hours: "a day" is not a number of hours: write a number like 24, or leave it empty to send events of any age.'
  const id = '  User ID: "{person.id}" needs a look-up in PostHog: fill in "PostHog address".'
  it.each<[string, string, object, NodeJS.ProcessEnv, string[]]>([
    [
      'a key that Loops refuses',
      'destination',
      {},
      { LOOPS_API_KEY: 'key-of-another-team' },
      ['  Loops API key: Loops refuses it (401: Invalid API key): copy a key from Loops, Settings -> API.'],
    ],
    [
      'settings that the app refuses, all at once',
      'app',
      { userId: '{person.id}', maxEventAge: 'a day' },
      {},
      [age, id],
    ],
    [
      'what a destination cannot do',
      'destination',
      {
        userId: '{person.id}',
        maxEventAge: 'a day',
        posthogUrl: 'https://posthog.acme.test',
      },
      {},
      [
        '  PostHog address: a destination needs no look-up, since PostHog gives it the stored person: leave it empty.',
        age,
      ],
    ],
    [
      'names that PostHog has no filter for',
      'destination',
      { trackedEvents: 'order *, !order viewed' },
      {},
      [
        `  Events to send: "order *" has a wildcard, and PostHog's filters take whole names: write each event that you want.`,
        `  Events to send: "!order viewed" leaves out an event, and PostHog's filters take whole names: write each event that you want.`,
      ],
    ],
  ])('%s', async (_, edition, settings, environment, lines) => {
    const before = writes(given).length
    const { code, told } = await given.deploy(['--edition', edition, '--config', given.file(settings)], environment)
    expect([code, told.split('\n')]).toEqual([1, ['The settings are refused:', ...lines, '']])
    expect(writes(given)).toHaveLength(before)
  })

  it('warns of mailing lists and properties that the team lacks, and says that Loops cannot be asked', async () => {
    const settings = {
      contactMailingLists: 'cm06f5v0e45nf0ml5754o9ciy: true',
      contactProperties: 'planName: {person.id}',
    }
    const file = given.file({ ...settings, posthogUrl: 'https://posthog.acme.test' })
    const { said } = await given.deploy(['--config', file, '--edition', 'app', '--dry-run'])
    expect(said).toContain(
      'The settings name mailing lists or contact properties that the Loops account lacks: mailing list "cm06f5v0e45nf0ml5754o9ciy" (did you mean "cm06f5v0e45nf0ml5754o9cix"?), contact property "planName". Create mailing lists in Loops, Settings -> Lists, and contact properties in Settings -> API.',
    )
    const gone = await given.deploy(['--dry-run'], { LOOPS_STAND_IN: 'http://127.0.0.1:9' })
    expect(gone.said).toMatch(
      /^The Loops API key could not be checked \(.*ECONNREFUSED.*\)\. Events are still sent\.$/m,
    )
  })

  it('checks the lists and properties of a file with inputs of the destination, which is not for the app', async () => {
    const { settings } = destinationStart()
    const mappings = settings.mappings.map((mapping) => ({
      ...mapping,
      inputs: { ...mapping.inputs, mailingLists: { nowhere: true } },
    }))
    const file = given.file({ ...settings, mappings })
    const { said } = await given.deploy(['--config', file, '--dry-run'])
    expect(said).toContain('that the Loops account lacks: mailing list "nowhere". Create')
    const { told } = await given.deploy(['--config', file, '--edition', 'app'])
    expect(told).toBe(
      'The file of --config has inputs of the destination: for the app, save the settings of the app.\n',
    )
  })

  it('sends Loops nothing but questions, whatever the settings want', async () => {
    const before = given.loops.requests().length
    await given.deploy(['--config', given.file({ trackedEvents: '*' }), '--edition', 'app', '--dry-run'])
    expect(
      given.loops
        .requests()
        .slice(before)
        .map(({ method, path }) => [method, path]),
    ).toEqual([
      ['GET', '/api/v1/api-key'],
      ['GET', '/api/v1/contacts/properties?list=all'],
    ])
  })
})

describe('the command line', () => {
  const right = { POSTHOG_API_KEY: posthogKey, LOOPS_API_KEY: apiKey }
  const address = ['--posthog', 'https://eu.posthog.com']
  it.each<[string[], NodeJS.ProcessEnv, string]>([
    [[], right, '--posthog is missing: give the address, like https://eu.posthog.com.'],
    [
      ['--posthog', 'eu.posthog.com'],
      right,
      '--posthog "eu.posthog.com" is no address: write it like https://eu.posthog.com.',
    ],
    [
      ['--posthog', 'https://eu.i.posthog.com'],
      right,
      '--posthog "https://eu.i.posthog.com" is where events are sent to: write https://eu.posthog.com.',
    ],
    [
      ['--posthog', 'https://eu.posthog.com/project/7'],
      right,
      '--posthog "https://eu.posthog.com/project/7" is the address of a page: write https://eu.posthog.com.',
    ],
    [
      [...address, '--project', 'acme'],
      right,
      `--project "acme" is no ID: it is the number in the address of PostHog's pages.`,
    ],
    [[...address, '--edition', 'plugin'], right, '--edition "plugin" does not exist: write destination or app.'],
    [[...address, '--key', 'x'], right, "Unknown option '--key'. See npm run deploy -- --help."],
    [
      address,
      { LOOPS_API_KEY: apiKey },
      'POSTHOG_API_KEY is missing: create a personal API key (phx_...) in PostHog, Settings -> Personal API keys, and put it into the environment.',
    ],
    [
      address,
      { ...right, POSTHOG_API_KEY: 'phc_project' },
      'POSTHOG_API_KEY holds a key of the project, not your own: create a personal API key (phx_...) in PostHog, Settings -> Personal API keys.',
    ],
    [
      address,
      { ...right, POSTHOG_API_KEY: 'phx_with a blank' },
      'POSTHOG_API_KEY holds no key of PostHog: create a personal API key (phx_...) in PostHog, Settings -> Personal API keys.',
    ],
    [
      address,
      { POSTHOG_API_KEY: posthogKey },
      'LOOPS_API_KEY is missing: copy one from Loops, Settings -> API, and put it into the environment.',
    ],
    [
      address,
      { ...right, LOOPS_API_KEY: posthogKey },
      'LOOPS_API_KEY holds no key of Loops: copy one from Loops, Settings -> API.',
    ],
    ...['https://app.example.com', 'http://127.0.0.1.example.com', 'http://user@10.0.0.1'].map(
      (LOOPS_STAND_IN): [string[], NodeJS.ProcessEnv, string] => [
        address,
        { ...right, LOOPS_STAND_IN },
        'LOOPS_STAND_IN is for trials on this machine: write it like http://127.0.0.1:8012, or unset it.',
      ],
    ),
    [[...address, '--config', '/nowhere/settings.json'], right, 'There is no file /nowhere/settings.json.'],
  ])('%j', async (args, environment, sentence) => {
    let told = ''
    const code = await run(args, environment, { say: () => undefined, tell: (text) => (told += text) })
    expect([code, told]).toEqual([1, `${sentence}\n`])
  })

  it('needs a repository for the app', async () => {
    const { told } = await given.deploy(['--edition', 'app', '--repository', 'https://example.com/app'])
    expect(told).toBe(
      'PostHog reads the app from a repository on GitHub or GitLab, but "https://example.com/app" is no such repository: write --repository https://github.com/OWNER/NAME.\n',
    )
  })

  it('shows its help without keys', async () => {
    let said = ''
    expect(await run(['--help'], {}, { say: (text) => (said += text), tell: () => undefined })).toBe(0)
    expect(said).toMatch(/^Installs Loops into PostHog: [^]*--dry-run/)
  })
})
