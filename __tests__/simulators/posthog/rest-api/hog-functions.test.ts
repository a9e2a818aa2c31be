import built from '../../../../dist/destination.json'
import { apiKey } from '../../../app/setup'
import { ask, startPosthog } from './setup'
import type { StartedPosthog } from './setup'

const functions = '/api/projects/7/hog_functions/'
const destination = { ...built, enabled: true, inputs: { ...built.inputs, apiKey: { value: apiKey } } }

/** A function of one input, which it prints. */
const small = {
  type: 'destination',
  name: 'Small',
  hog: 'print(inputs.text)',
  inputs_schema: [{ key: 'text', type: 'string', required: true, secret: true }],
  inputs: { text: { value: 'hello' } },
}

let started: StartedPosthog

beforeEach(async () => {
  started = await startPosthog()
})

afterEach(() => started.close())

async function created(body: unknown): Promise<Record<string, unknown>> {
  const answer = await ask(started.posthog, 'POST', functions, body)
  expect(answer.status).toBe(201)
  return answer.body as Record<string, unknown>
}

describe('a hog function that PostHog refuses', () => {
  it.each<[string, object, string, string]>([
    ['no type', { type: undefined }, 'type', 'This field is required.'],
    ['no name', { name: undefined }, 'name', 'This field is required.'],
    ['no source', { hog: undefined }, 'hog', 'Required.'],
    ['a source that does not compile', { hog: 'let x := := 5' }, 'hog', 'Hog code has errors.'],
    [
      'a source of more than 100 KB',
      { hog: `// ${'x'.repeat(102_400)}` },
      'hog',
      'HOG code exceeds maximum size of 100KB. Please simplify your code or contact support if you need this limit increased.',
    ],
    ['a missing input', { inputs: {} }, 'inputs__text', 'This field is required.'],
    ['an empty input', { inputs: { text: { value: '' } } }, 'inputs__text', 'This field is required.'],
    ['an input of another type', { inputs: { text: { value: 5 } } }, 'inputs__text', 'Value must be a string.'],
    [
      'an unknown type of input',
      { inputs_schema: [{ key: 'text', type: 'list' }] },
      'inputs_schema__0__type',
      '"list" is not a valid choice.',
    ],
    [
      'an odd input of a mapping',
      { mappings: [{ inputs_schema: [{ key: 'rows', type: 'dictionary' }], inputs: { rows: { value: [1] } } }] },
      'mappings__0__inputs__rows',
      'Value must be a dictionary.',
    ],
    [
      'a hyphen outside brackets',
      { inputs: { text: { value: '{event.properties.account-id}' } } },
      'inputs__text',
      `Invalid template: "account-id" has a hyphen, which is a minus in Hog. Use brackets: properties['account-id'].`,
    ],
    [
      'double braces',
      { inputs: { text: { value: '{{person.name}}' } } },
      'inputs__text',
      'Invalid template: expression Placeholder',
    ],
    [
      'an unknown operator, if it is enabled',
      { enabled: true, filters: { properties: [{ key: 'plan', operator: 'sounds_like', value: 'pro' }] } },
      'filters',
      'Invalid filter configuration: {"key":"plan","operator":"sounds_like","value":"pro"}',
    ],
  ])('%s', async (_, changes, attr, detail) => {
    const { status, body } = await ask(started.posthog, 'POST', functions, { ...small, ...changes })
    expect([status, body]).toEqual([400, expect.objectContaining({ type: 'validation_error', attr, detail })])
    expect((await ask(started.posthog, 'GET', functions)).body).toMatchObject({ count: 0 })
  })

  it('a template that is not Hog', async () => {
    const { status, body } = await ask(started.posthog, 'POST', functions, {
      ...small,
      inputs: { text: { value: '{person.' } },
    })
    expect(status).toBe(400)
    expect(body).toMatchObject({ attr: 'inputs__text', detail: expect.stringMatching(/^Invalid template: /) as string })
  })

  it('any custom one, before mid-September 2025 without the add-on', async () => {
    await started.close()
    started = await startPosthog({ generation: 'addOn' })
    const { status, body } = await ask(started.posthog, 'POST', functions, small)
    const detail = 'The Data Pipelines addon is required to create custom functions.'
    expect([status, body]).toEqual([400, expect.objectContaining({ attr: 'template_id', detail })])
  })
})

describe('a hog function', () => {
  it('shows that a secret is set and not which, and keeps it through changes', async () => {
    const { id, inputs } = await created(small)
    expect(inputs).toEqual({ text: { secret: true } })
    const changed = await ask(started.posthog, 'PATCH', `${functions}${String(id)}/`, { inputs: {}, enabled: true })
    expect([changed.status, changed.body]).toEqual([200, expect.objectContaining({ inputs, enabled: true })])
    const read = await ask(started.posthog, 'GET', `${functions}${String(id)}/`)
    expect(read.body).toEqual(changed.body)
    const test = await ask(started.posthog, 'POST', `${functions}${String(id)}/invocations/`, {
      configuration: { ...small, inputs: {} },
      globals: { event: {} },
    })
    expect(test.body).toMatchObject({ logs: [{ message: 'hello' }] })
  })

  it('is listed without its inputs, newest first, in pages, and no more once it is deleted', async () => {
    const first = await created({ ...small, name: 'First' })
    await created({ ...small, name: 'Second' })
    await created({ ...small, type: 'transformation', name: 'Third' })
    const page = await ask(started.posthog, 'GET', `${functions}?type=destination&limit=1`)
    expect(page.body).toMatchObject({
      count: 2,
      next: `http://posthog.test${functions}?type=destination&limit=1&offset=1`,
      previous: null,
      results: [{ name: 'Second' }],
    })
    await ask(started.posthog, 'PATCH', `${functions}${String(first['id'])}/`, { deleted: true })
    const { body } = await ask(started.posthog, 'GET', `${functions}?type=destination`)
    const { results } = body as { results: Record<string, unknown>[] }
    expect(results.map(({ name, inputs }) => [name, inputs])).toEqual([['Second', undefined]])
    expect((await ask(started.posthog, 'GET', `${functions}${String(first['id'])}/`)).status).toBe(404)
  })

  it('is on neither of a project that has not got it nor of one that has it turned off', async () => {
    await created({ ...destination, enabled: false })
    await started.posthog.capture({ event: '$identify', distinct_id: 'user_1', $set: { email: 'ada@example.com' } })
    expect(started.loops.requests()).toEqual([])
  })
})

describe('what PostHog saves although no run can use it', () => {
  const globals = { event: { event: 'purchase', uuid: 'uuid-1', properties: {} } }
  const cohort = { key: 'id', type: 'cohort', value: 5 }

  it.each([
    ['an unknown function', 'sendMail()', 'sendMail'],
    ['a lambda', 'let f := x -> x', 'lambda'],
  ])('%s in the source: the run fails, and its line names the event', async (_, hog, name) => {
    const { status, body } = await ask(started.posthog, 'POST', functions, { ...small, hog })
    expect(status).toBe(201)
    const { id } = body as { id: string }
    const test = await ask(started.posthog, 'POST', `${functions}${id}/invocations/`, {
      configuration: { ...small, hog },
      globals,
    })
    const { logs, ...result } = test.body as { status: string; errors: string[]; logs: { message: string }[] }
    expect(result).toMatchObject({ status: 'error', errors: [expect.stringContaining(name)] })
    expect(logs.at(-1)?.message).toMatch(/^Error executing function on event uuid-1: /)
  })

  it('a cohort among the internal users, as long as the function is turned off', async () => {
    await started.close()
    started = await startPosthog({ projects: [{ id: 7, name: 'Acme', test_account_filters: [cohort] }] })
    const refused = await ask(started.posthog, 'POST', functions, { ...destination, enabled: true })
    expect([refused.status, refused.body]).toEqual([
      400,
      expect.objectContaining({
        attr: 'filters',
        detail: expect.stringMatching(/^Invalid filter configuration/) as string,
      }),
    ])
    const { id } = await created({ ...destination, enabled: false })
    const on = await ask(started.posthog, 'PATCH', `${functions}${String(id)}/`, { enabled: true })
    expect(on.status).toBe(400)
  })

  it('Liquid, which fills in the input', async () => {
    const inputs = { text: { value: '{{ event.event }}!', templating: 'liquid' } }
    const shown = { ...small, inputs_schema: [{ key: 'text', type: 'string' }], inputs }
    expect(await created(shown)).toMatchObject({ inputs })
    const { body } = await ask(started.posthog, 'POST', `${functions}new/invocations/`, {
      configuration: shown,
      globals,
    })
    expect(body).toMatchObject({ logs: [{ message: 'purchase!' }] })
  })
})

describe('the destination of this project', () => {
  const globals = (event: string) => ({
    event: {
      event,
      uuid: '018f0000-0000-7000-8000-000000000001',
      distinct_id: 'user_1',
      timestamp: new Date().toISOString(),
      properties: { $pathname: '/pricing' },
    },
    person: { id: 'person-1', properties: { email: 'ada@example.com' } },
  })

  it.each([
    ['$identify', "fetch('https://app.loops.so/api/v1/contacts/update', {"],
    ['$pageview', "fetch('https://app.loops.so/api/v1/events/send', {"],
  ])('is tested on %s, and the log shows the request that was not sent', async (event, start) => {
    const { status, body } = await ask(started.posthog, 'POST', `${functions}new/invocations/`, {
      configuration: destination,
      globals: globals(event),
      mock_async_functions: true,
    })
    const { logs, ...result } = body as { logs: { message: string }[] }
    expect([status, result]).toEqual([200, { status: 'success', errors: [], result: null }])
    expect(logs.map(({ message }) => message.split('\n')[0])).toEqual([
      'Mapping trigger not matching filters was ignored.',
      "Async function 'fetch' was mocked with arguments:",
      start,
    ])
    expect(started.loops.requests()).toEqual([])
  })

  it('is skipped only if no mapping ran', async () => {
    const { body } = await ask(started.posthog, 'POST', `${functions}new/invocations/`, {
      configuration: destination,
      globals: globals('purchase'),
    })
    const { status, logs } = body as { status: string; logs: { message: string }[] }
    expect([status, logs.map(({ message }) => message)]).toEqual([
      'skipped',
      ['Mapping trigger not matching filters was ignored.'],
    ])
  })

  it('fails at an answer of 400 or more, even one that Hog has handled', async () => {
    const hog =
      "let answer := fetch('https://app.loops.so/api/v1/contacts/update', {'method': 'PUT'}) print(answer.status)"
    const { id } = await created({ ...small, hog, enabled: true })
    await started.posthog.capture({ event: 'purchase', distinct_id: 'user_1' })
    const { body } = await ask(started.posthog, 'GET', `${functions}${String(id)}/metrics/totals/`)
    expect(body).toEqual({ totals: { succeeded: 0, failed: 1 } })
  })

  it('reports an input that the run refuses', async () => {
    const { body } = await ask(started.posthog, 'POST', `${functions}new/invocations/`, {
      configuration: { ...destination, inputs: { ...destination.inputs, excludedEmails: { value: 'nonsense' } } },
      globals: globals('$identify'),
    })
    expect(body).toMatchObject({ status: 'error', errors: [expect.stringContaining('Excluded emails')] })
  })

  it('cannot be tested by key on servers of 2025', async () => {
    await started.close()
    started = await startPosthog({ generation: 'destinations2025' })
    const { status, body } = await ask(started.posthog, 'POST', `${functions}new/invocations/`, {})
    expect([status, body]).toEqual([
      403,
      expect.objectContaining({ detail: 'This action does not support Personal API Key access' }),
    ])
  })

  it('sends what comes in to Loops, by its filters', async () => {
    await created(destination)
    const set = { email: 'ada@example.com', firstname: 'Ada' }
    await started.posthog.capture({ event: '$identify', distinct_id: 'user_1', $set: set })
    await started.posthog.capture({ event: '$pageview', distinct_id: 'user_1', properties: { $pathname: '/pricing' } })
    await started.posthog.capture({ event: 'purchase', distinct_id: 'user_1' })
    expect(started.loops.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1', firstName: 'Ada' }])
    expect(started.loops.events()).toMatchObject([
      { eventName: '$pageview', eventProperties: { pathname: '/pricing' }, email: 'ada@example.com' },
    ])
  })
})

describe('what PostHog gives a run besides the event', () => {
  const inputs = { ...destination.inputs, userId: { value: '{project.id}/{source.name}/{groups.company.index}' } }

  it('is there for an event that comes in', async () => {
    await created({ ...destination, inputs })
    await started.posthog.capture({ event: '$identify', distinct_id: 'user_1', $set: { email: 'ada@example.com' } })
    expect(started.loops.contacts()).toMatchObject([{ userId: '7/Loops: contacts and events/' }])
  })

  it('is the project in a test, which has the rest of its own', async () => {
    const event = { event: '$identify', uuid: 'x', distinct_id: 'user_1', timestamp: new Date().toISOString() }
    const { body } = await ask(started.posthog, 'POST', `${functions}new/invocations/`, {
      configuration: { ...destination, inputs },
      globals: {
        event: { ...event, properties: { $is_identified: true } },
        person: { properties: { email: 'ada@example.com' } },
        groups: {},
        source: { name: 'A test' },
      },
    })
    expect(JSON.stringify(body)).toContain('7/A test/')
  })
})

describe('the filters of a function', () => {
  const event = { plan: 'Pro', total: 5, empty: null }
  it.each<[object, boolean]>([
    [{}, true],
    [{ events: [{ id: 'purchase' }] }, true],
    [{ events: [{ id: 'sale' }, { id: 'purchase' }] }, true],
    [{ events: [{ id: 'sale' }] }, false],
    [{ events: [{ id: null }] }, true],
    [{ events: [{ id: 'purchase', properties: [{ key: 'total', operator: 'gt', value: 9 }] }] }, false],
    ...(
      [
        [{ key: 'plan', value: ['Free', 'Pro'] }, true],
        [{ key: 'city', type: 'person', value: 'Turin' }, true],
        [{ key: 'city', type: 'event', value: 'Turin' }, false],
      ] as const
    ).map(([property, holds]): [object, boolean] => [{ properties: [property] }, holds]),
  ])('%j: %s', async (filters, holds) => {
    const { body } = await ask(started.posthog, 'POST', `${functions}new/invocations/`, {
      configuration: { ...small, filters },
      globals: { event: { event: 'purchase', properties: event }, person: { properties: { city: 'Turin' } } },
    })
    expect(body).toMatchObject({ status: holds ? 'success' : 'skipped' })
  })

  it('leaves out test accounts where it is told to', async () => {
    await started.close()
    const internal = [{ key: 'email', type: 'person', operator: 'not_icontains', value: '@acme.test' }]
    const project = { id: 7, name: 'Acme', test_account_filters: internal }
    started = await startPosthog({ projects: [project] })
    await created(destination)
    for (const domain of ['acme.test', 'example.com']) {
      await started.posthog.capture({ event: '$set', distinct_id: domain, $set: { email: `ada@${domain}` } })
    }
    expect(started.loops.contacts().map(({ email }) => email)).toEqual(['ada@example.com'])
  })
})
