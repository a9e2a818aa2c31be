import { createServer } from 'node:http'
import { listenOnLoopback } from '../../../tools/lib/local-server'
import type { ApiAnswer } from '../../../tools/simulators/posthog/rest-api/contract'
import type { Generation } from '../../../tools/simulators/posthog/rest-api/posthog-server'
import type { HttpRequest } from '../../../tools/simulators/posthog/rest-api/rest-api'
import { apiKey } from '../../app/setup'
import { posthogKey } from '../../simulators/posthog/rest-api/setup'
import { startDeploying, writes } from './setup'
import type { Deploying } from './setup'

const project = { id: 7, name: 'Acme', test_account_filters: [] }
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
      'PostHog refuses the key in POSTHOG_API_KEY: create a personal API key with the scope hog_function:write at POSTHOG/settings/user-api-keys. A key of the US is unknown in the EU.',
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
      'is limited to another project: 403',
      'phx_other',
      [],
      'The key in POSTHOG_API_KEY is limited to other projects: name one of them with --project, or allow this one at POSTHOG/settings/user-api-keys. PostHog says: API key does not have access to the requested project: ID 7.',
    ],
    [
      'sees no such project: 404',
      'phx_projects',
      ['--project', '9'],
      'PostHog has no project 9 for this key, but 7 (Acme), 8 (Beta): name one of them with --project.',
    ],
    [
      'sees no such project, and may not list them: 404',
      'phx_functions',
      ['--project', '9'],
      'PostHog has no project 9 for this key: copy the ID from any PostHog URL (/project/12345/).',
    ],
  ])('%s', async (_, key, args, sentence) => {
    await nothingIsDone(args, { POSTHOG_API_KEY: key }, sentence)
  })
})

describe('a new destination', () => {
  it.each<[string, string, string]>([
    [
      'that could be made in several projects',
      posthogKey,
      '--project is missing, and the key has access to several projects: 7 (Acme), 8 (Beta). Write the ID of the project for the destination.',
    ],
    [
      'in a project that the key may not name',
      'phx_functions',
      '--project is missing, and the key is not allowed to list projects. Write the ID of the project for the destination.',
    ],
  ])('%s', async (_, key, sentence) => {
    await nothingIsDone([], { POSTHOG_API_KEY: key }, sentence)
  })
})

describe('the answer', () => {
  const functions = '/api/projects/7/hog_functions/'
  const uncertain =
    'PostHog may have done it anyway: run the command again, which finds what it has created and continues.'
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
      fault('GET', '/projects/7/', { status: 502, body: page }),
      "POSTHOG answered 502 to GET /api/projects/7/ with a page instead of PostHog's API: a proxy or a login page is in front of it, or the URL is not that of PostHog.",
    ],
    [
      'a page in place of the project',
      fault('GET', '/projects/7/', { status: 404, body: page }),
      "POSTHOG answered 404 to GET /api/projects/7/ with a page instead of PostHog's API: a proxy or a login page is in front of it, or the URL is not that of PostHog.",
    ],
    [
      'a page of a login',
      fault('GET', '/projects/7/', { status: 200, body: '<html>Log in</html>' }),
      "POSTHOG answered 200 to GET /api/projects/7/ with a page instead of PostHog's API: a proxy or a login page is in front of it, or the URL is not that of PostHog.",
    ],
    [
      'a page to what it may have done',
      fault('POST', '/hog_functions/', { status: 504, body: page }),
      `POSTHOG answered 504 to POST ${functions} with a page instead of PostHog's API: a proxy or a login page is in front of it, or the URL is not that of PostHog. ${uncertain}`,
    ],
    [
      'a redirect',
      fault('GET', '/projects/7/', {
        status: 301,
        body: '',
        headers: { location: 'https://posthog.acme.test/x' },
      }),
      'POSTHOG redirects to https://posthog.acme.test: if that is your PostHog, write it after --posthog.',
    ],
    [
      '429',
      fault('GET', '/projects/7/', { status: 429, body: { detail: 'Request was throttled.' } }),
      'PostHog accepts no more requests at the moment: wait a minute, and run the command again.',
    ],
    [
      '500',
      fault('POST', '/hog_functions/', { status: 500, body: { detail: 'A server error occurred.' } }),
      `PostHog answered 500 to POST ${functions}: A server error occurred. ${uncertain}`,
    ],
    [
      'a key that comes back, and an address',
      fault('POST', '/hog_functions/', {
        status: 400,
        body: { detail: `No ${posthogKey} and no ${apiKey} of a@b.c.` },
      }),
      `PostHog refuses POST ${functions}: No (POSTHOG_API_KEY) and no (LOOPS_API_KEY) of [email]`,
    ],
  ])('%s', async (_, hook, sentence) => {
    given.posthog.api.fault = hook
    await nothingIsDone(['--project', '7'], {}, sentence)
  })

  it('none: nobody listens', async () => {
    const server = await listenOnLoopback(createServer(), 0)
    await server.close()
    await nothingIsDone(
      ['--posthog', server.url],
      {},
      `${server.url} cannot be reached (ECONNREFUSED): check the URL and the network.`,
    )
  })
})

describe('a server', () => {
  it.each<[string, Generation, string]>([
    [
      'without hog functions',
      'apps',
      'POSTHOG has no hog functions: update PostHog to a version since mid-September 2025, or install the app (docs/servers.md).',
    ],
    [
      'that takes the destination only with an add-on',
      'addOn',
      'PostHog refuses "template_id": The Data Pipelines addon is required to create custom functions. Until mid-September 2025 PostHog accepted such a destination only with an add-on: update PostHog, or install the app (docs/servers.md).',
    ],
  ])('%s', async (_, generation, sentence) => {
    const server = await startDeploying({ generation })
    try {
      expect(await server.deploy(['--project', '7'])).toMatchObject({ code: 1, told: `${sentence}\n` })
    } finally {
      await server.close()
    }
  })
})
