import type { Route } from '../../../../tools/simulators/posthog/rest-api/contract'
import { ask, startPosthog } from './setup'
import type { StartedPosthog } from './setup'

const own = { id: 7, name: 'Acme', test_account_filters: [] }
const other = { ...own, id: 8, name: 'Beta' }

const keys = {
  phx_projects: { scopes: ['project:read'] },
  phx_limited: { scopes: ['*'], projects: [8] },
  phx_nothing: { scopes: [] },
  phx_writer: { scopes: ['thing:write'] },
}

/** A resource of a module of its own, as the persons are. */
const things: Route = ({ path, project, query, requireScope }) => {
  if (path[0] !== 'things') return undefined
  requireScope('thing:read')
  return { status: 200, body: { project: project.id, path, after: query.get('after') } }
}

let started: StartedPosthog

beforeAll(async () => {
  started = await startPosthog({ keys, projects: [own, other], routes: [things] })
})

afterAll(() => started.close())

const shown = { id: 7, name: 'Acme', timezone: 'UTC', is_demo: false }
const denied = { type: 'authentication_error', code: 'permission_denied', attr: null }

describe('the simulator of the REST API', () => {
  it.each<[string, string, number, unknown]>([
    ['phx_projects', '/api/projects/@current/', 200, shown],
    ['phx_projects', '/api/projects/7/', 200, shown],
    ['phx_projects', '/api/environments/7/', 200, shown],
    [
      'phx_projects',
      '/api/projects/',
      200,
      { count: 2, next: null, previous: null, results: [shown, { ...shown, id: 8, name: 'Beta' }] },
    ],
    ['phx_writer', '/api/projects/8/things/a/?after=b', 200, { project: 8, path: ['things', 'a'], after: 'b' }],
    [
      '',
      '/api/projects/7/',
      401,
      {
        type: 'authentication_error',
        code: 'not_authenticated',
        detail: 'Authentication credentials were not provided.',
        attr: null,
      },
    ],
    [
      'phc_wrong',
      '/api/projects/7/',
      401,
      {
        type: 'authentication_error',
        code: 'authentication_failed',
        detail: 'Personal API key found in request Authorization header is invalid.',
        attr: null,
      },
    ],
    ['phx_nothing', '/api/projects/7/', 403, { ...denied, detail: "API key missing required scope 'project:read'" }],
    [
      'phx_nothing',
      '/api/projects/7/things/',
      403,
      { ...denied, detail: "API key missing required scope 'thing:read'" },
    ],
    [
      'phx_limited',
      '/api/projects/@current/things/',
      403,
      { ...denied, detail: 'API key does not have access to the requested project: ID 7.' },
    ],
    [
      'phx_projects',
      '/api/projects/9/',
      404,
      { type: 'invalid_request', code: 'not_found', detail: 'Project not found.', attr: null },
    ],
    [
      'phx_projects',
      '/api/projects/7/nothing/',
      404,
      { type: 'invalid_request', code: 'not_found', detail: 'Endpoint not found.', attr: null },
    ],
  ])('key "%s", GET %s: %d', async (key, path, status, body) => {
    expect(await ask(started.posthog, 'GET', path, undefined, key)).toEqual({ status, body })
  })

  it('records requests without the key', async () => {
    await ask(started.posthog, 'GET', '/api/projects/7/things/?after=c', undefined, 'phx_writer')
    expect(started.posthog.api.requests.at(-1)).toEqual({
      method: 'GET',
      path: '/api/projects/7/things/?after=c',
      body: '',
      status: 200,
    })
  })
})
