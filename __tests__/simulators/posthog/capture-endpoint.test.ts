import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { PostHog } from 'posthog-node'
import {
  answerCapture,
  answerSdkCall,
  CaptureError,
  createCaptureServer,
  decodeCapture,
  MAXIMUM_BODY_BYTES,
  servesCapture,
  type CapturedBatch,
} from '../../../tools/simulators/posthog/capture-endpoint'
import type { CapturedEvent } from '../../../tools/lib/shapes'
import type { RawEvent } from '../../../tools/simulators/posthog/events'
import type { LoopbackServer } from '../../../tools/lib/local-server'

const TOKEN = 'phc_test'
const pageview = {
  event: '$pageview',
  properties: { distinct_id: 'anon_1', token: TOKEN, title: 'Prix à régler – 5 €' },
}
const signup = { event: 'signed up', distinct_id: 'user_1', properties: { token: TOKEN } }

/** Its base64 has a "+" in it. */
const plus = { event: 'ûûû>>>', distinct_id: 'user_1' }

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')
const gzip = (value: unknown): Buffer => gzipSync(JSON.stringify(value))

function decode(url: string, body: Buffer | string = ''): CapturedBatch {
  const { pathname: path, searchParams: query } = new URL(url, 'http://127.0.0.1')
  return decodeCapture({ path, query, body: Buffer.from(body) })
}

function refusal(decoding: () => unknown): CaptureError | undefined {
  try {
    decoding()
  } catch (error) {
    if (error instanceof CaptureError) return error
    throw error
  }
  return undefined
}

describe('decodeCapture reads', () => {
  test.each<[string, string, Buffer | string, RawEvent[]]>([
    ['one event as JSON', '/e/', JSON.stringify(pageview), [pageview]],
    ['JSON after blank lines', '/e/', `\n ${JSON.stringify(pageview)}`, [pageview]],
    ['a list as JSON', '/e/', JSON.stringify([pageview, signup]), [pageview, signup]],
    ['gzip of one event (older posthog-js)', '/e/?compression=gzip-js&ver=1.200.0', gzip(pageview), [pageview]],
    ['gzip of a list (posthog-js)', '/i/v0/e/', gzip([pageview, signup]), [pageview, signup]],
    ['gzip that nothing announces (posthog-js)', '/e/', gzip(pageview), [pageview]],
    ['JSON that a proxy has unpacked', '/e/?compression=gzip-js', JSON.stringify(pageview), [pageview]],
    ['a base64 form (beacon)', '/e/?compression=base64', `data=${encodeURIComponent(base64(pageview))}`, [pageview]],
    ['a base64 form with a bare +', '/e/', `data=${base64(plus)}`, [plus]],
    ['a base64 form with other fields', '/e/', `compression=base64&data=${base64(signup)}`, [signup]],
    ['a JSON form', '/track/', `data=${encodeURIComponent(JSON.stringify(signup))}`, [signup]],
    ['base64 without a form', '/e/?compression=base64', base64(signup), [signup]],
    ['base64 in the address', `/e/?data=${encodeURIComponent(base64(signup))}`, '', [signup]],
    ['a batch (posthog-node)', '/batch/', gzip({ api_key: TOKEN, batch: [signup, pageview] }), [signup, pageview]],
    ['an empty batch', '/batch/', JSON.stringify({ batch: [] }), []],
    ['a path without the last slash', '/capture', JSON.stringify(signup), [signup]],
    [
      'a call of /engage, which has no name',
      '/engage/',
      '{"$distinct_id":"user_1","$set":{"plan":"pro"}}',
      [{ event: '$identify', $distinct_id: 'user_1', $set: { plan: 'pro' } }],
    ],
    ['a number for an id', '/e/', '{"event":"a","distinct_id":7}', [{ event: 'a', distinct_id: 7 }]],
    [
      'null as what is left out',
      '/e/',
      JSON.stringify({ ...signup, uuid: null, timestamp: null, $set: null, properties: { note: null } }),
      [{ ...signup, properties: { note: null } }],
    ],
    ['a named event of /engage', '/engage/', JSON.stringify(signup), [signup]],
    ['no event from a recording', '/s/?compression=gzip-js', gzip({ ...signup, event: '$snapshot' }), []],
  ])('%s', (_name, url, body, events) => {
    expect(decode(url, body).events).toEqual(events)
  })

  test.each<[string, object, string | undefined]>([
    ['of the batch', { api_key: TOKEN, batch: [signup] }, TOKEN],
    ['of the event', { ...signup, properties: {}, token: TOKEN }, TOKEN],
    ['of the first event of a list', [pageview], TOKEN],
    ['of the batch before that of its events', { api_key: 'phc_other', batch: [signup] }, 'phc_other'],
    ['or none', { event: 'signed up', distinct_id: 'user_1' }, undefined],
  ])('the token %s', (_name, payload, token) => {
    expect(decode('/e/', JSON.stringify(payload)).token).toBe(token)
  })
})

describe('decodeCapture refuses', () => {
  const UNNAMED = 'Event 2 of 2 has no name: "event" must be a text that is not empty.'
  const NOBODY = 'Event 1 of 1 has no person: "distinct_id" must be a text that is not empty.'
  const cut = gzip(pageview).subarray(0, 30)
  test.each<[string, Buffer | string, string, number]>([
    ['an empty body', '', 'The request has no body.', 400],
    ['an empty form', 'data=', 'The request has no body.', 400],
    ['text', 'hello', 'The body is not JSON, neither plain nor as base64 or gzip.', 400],
    ['broken JSON', '{"event":', 'The body is not JSON, neither plain nor as base64 or gzip.', 400],
    ['gzip of text', gzipSync('hello'), 'The body is not JSON, neither plain nor as base64 or gzip.', 400],
    ['gzip that is cut off', cut, 'The body starts like gzip, but is damaged or cut off.', 400],
    ['a number for an event', '[1]', 'Event 1 of 1 is not an object.', 400],
    ['a list for an event', '[[]]', 'Event 1 of 1 is not an object.', 400],
    ['a second event without a name', JSON.stringify({ batch: [signup, { ...signup, event: null }] }), UNNAMED, 400],
    ['an empty name', JSON.stringify([signup, { ...signup, event: '' }]), UNNAMED, 400],
    ['an event of nobody', '{"event":"a","properties":{}}', NOBODY, 400],
    ['an empty id', '{"event":"a","distinct_id":""}', NOBODY, 400],
    ['an object for an id', '{"event":"a","properties":{"distinct_id":{}}}', NOBODY, 400],
    ...['properties', '$set', '$set_once'].map((field): [string, string, string, number] => [
      `a list for ${field}`,
      JSON.stringify({ ...signup, [field]: [] }),
      `Event 1 of 1 has "${field}", which must be an object.`,
      400,
    ]),
    ['a number for a time', '{"event":"a","timestamp":1}', 'Event 1 of 1 has "timestamp", which must be text.', 400],
    ['a number for a uuid', '{"event":"a","uuid":1}', 'Event 1 of 1 has "uuid", which must be text.', 400],
    ['a text for an offset', '{"event":"a","offset":"1"}', 'Event 1 of 1 has "offset", which must be a number.', 400],
    ['a batch that is not a list', '{"batch":{}}', '"batch" must be a list of events.', 400],
    ['a body beyond the limit', Buffer.alloc(MAXIMUM_BODY_BYTES + 1, ' '), 'The body is larger than 20 MB.', 413],
    ['gzip beyond it', gzipSync(Buffer.alloc(MAXIMUM_BODY_BYTES + 1)), 'The body is larger than 20 MB.', 413],
  ])('%s', (_name, body, message, status) => {
    const error = refusal(() => decode('/e/', body))
    expect({ message: error?.message, status: error?.status }).toEqual({ message, status })
  })

  test('nothing that just fits', () => {
    expect(decode('/e/', gzipSync(JSON.stringify(signup).padEnd(MAXIMUM_BODY_BYTES))).events).toEqual([signup])
  })
})

describe('answerSdkCall', () => {
  const ask = (path: string, method = 'GET'): ReturnType<typeof answerSdkCall> =>
    answerSdkCall({ method, path, headers: {} })

  test.each(['/flags/', '/flags', '/decide/'])('says on %s that there are no feature flags', (path) => {
    expect(JSON.parse(ask(path, 'POST')?.body ?? '')).toMatchObject({ flags: {}, featureFlags: {}, surveys: false })
  })

  test('gives the same remote config as JSON and as a script', () => {
    const config: unknown = JSON.parse(ask(`/array/${TOKEN}/config`)?.body ?? '')
    const window = { _POSTHOG_REMOTE_CONFIG: { phc_other: {} } }
    runInNewContext(ask(`/array/${TOKEN}/config.js`)?.body ?? '', { window })
    expect(config).toMatchObject({ sessionRecording: false, supportedCompression: ['gzip', 'gzip-js'] })
    expect(window._POSTHOG_REMOTE_CONFIG).toEqual({ phc_other: {}, [TOKEN]: { config, siteApps: [] } })
  })

  test('gives an empty script for every script the SDK would load', () => {
    expect(ask('/static/surveys.js')).toMatchObject({ status: 200, body: '' })
    expect(ask('/static/surveys.js')?.headers).toMatchObject({ 'Content-Type': 'text/javascript' })
  })

  test('lets a page of another origin send with credentials', () => {
    const headers = { origin: 'https://app.example.com', 'access-control-request-headers': 'content-type' }
    expect(answerSdkCall({ method: 'OPTIONS', path: '/e/', headers })).toMatchObject({
      status: 204,
      headers: {
        'Access-Control-Allow-Origin': 'https://app.example.com',
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Allow-Headers': 'content-type',
      },
    })
  })

  test('leaves events to decodeCapture', () => {
    expect(ask('/e/', 'POST')).toBeUndefined()
  })
})

test.each<[boolean, string]>([
  ...['/e/', '/i/v0/e/', '/batch/', '/capture/', '/track/', '/engage/', '/s/'].map((path): [true, string] => [
    true,
    path,
  ]),
  ...['/flags/', '/decide/', '/array/phc_a/config', '/static/a.js'].map((path): [true, string] => [true, path]),
  ...['/', '/events', '/array/', '/api/event/'].map((path): [false, string] => [false, path]),
])('servesCapture says %s for %s', (expected, path) => {
  expect(servesCapture(path)).toBe(expected)
})

test('answerCapture hands on no event of a request that it refuses', () => {
  const captured: RawEvent[] = []
  const request = { method: 'POST', path: '/batch/', query: new URLSearchParams(), headers: {} }
  const answer = answerCapture({ ...request, body: Buffer.from(JSON.stringify([signup, 1])) }, (e) => captured.push(e))
  expect(answer).toMatchObject({ status: 400, body: '{"detail":"Event 2 of 2 is not an object."}' })
  expect(captured).toEqual([])
})

describe('createCaptureServer', () => {
  const captured: RawEvent[] = []
  let server: LoopbackServer

  beforeAll(async () => {
    server = await createCaptureServer((event) => {
      if (event.event === 'fail') throw new Error('No room for this event.')
      captured.push(event)
    })
  })
  beforeEach(() => {
    captured.length = 0
  })
  afterAll(() => server.close())

  const post = (path: string, body: Buffer | string): Promise<Response> =>
    fetch(`${server.url}${path}`, { method: 'POST', body, headers: { Origin: 'https://app.example.com' } })

  test('receives what an unmodified posthog-node sends, on loopback only', async () => {
    const posthog = new PostHog(TOKEN, { host: server.url, flushAt: 1 })
    posthog.capture({ distinctId: 'user_1', event: 'subscription renewed', properties: { $set: { plan: 'pro' } } })
    posthog.identify({ distinctId: 'user_1', properties: { email: 'maren.holt@example.com' } })
    posthog.alias({ distinctId: 'user_1', alias: 'crm_1' })
    await posthog.shutdown()

    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(captured).toMatchObject([
      { event: 'subscription renewed', distinct_id: 'user_1', properties: { $set: { plan: 'pro' } } },
      { event: '$identify', distinct_id: 'user_1', properties: { $set: { email: 'maren.holt@example.com' } } },
      { event: '$create_alias', properties: { distinct_id: 'user_1', alias: 'crm_1' } },
    ])
  })

  test('answers success so that a browser lets the page read it', async () => {
    const response = await post('/e/?compression=gzip-js', gzip(pageview))
    expect(response.status).toBe(200)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://app.example.com')
    expect(await response.json()).toEqual({ status: 1 })
    expect(captured).toEqual([pageview])
  })

  test.each<[string, string, Buffer | string, number, string]>([
    ['what it cannot read', '/e/', 'hello', 400, 'The body is not JSON, neither plain nor as base64 or gzip.'],
    ['too large a body', '/e/', Buffer.alloc(MAXIMUM_BODY_BYTES + 2, ' '), 413, 'The body is larger than 20 MB.'],
    ['another path', '/login', '{}', 404, 'PostHog SDKs send nothing to /login.'],
  ])('refuses %s in one sentence', async (_name, path, body, status, detail) => {
    const response = await post(path, body)
    expect({ status: response.status, content: await response.json() }).toEqual({ status, content: { detail } })
    expect(captured).toEqual([])
  })

  test('goes on after whoever takes the events has failed', async () => {
    const failure = await post('/e/', JSON.stringify({ ...signup, event: 'fail' }))
    expect({ status: failure.status, text: await failure.text() }).toEqual({
      status: 500,
      text: 'Error: No room for this event.',
    })
    expect((await post('/e/', JSON.stringify(signup))).status).toBe(200)
  })

  test('says why it cannot start', async () => {
    await expect(createCaptureServer(jest.fn(), { port: Number(new URL(server.url).port) })).rejects.toThrow(
      'EADDRINUSE',
    )
  })
})

describe('events/sample.json', () => {
  const text = readFileSync(join(__dirname, '../../../tools/start/sample.json'), 'utf8')
  const events = JSON.parse(text) as CapturedEvent[]

  test('tells the whole story in order', () => {
    expect(events.map(({ event, properties }) => `${String(properties.$lib)}: ${event}`)).toEqual([
      'web: $pageview',
      'web: $identify',
      'web: user signed up',
      'web: $pageview',
      'web: $set',
      'web: $autocapture',
      'web: purchase',
      'web: $groupidentify',
      'web: $pageview',
      'web: $create_alias',
      'web: invite sent',
      'web: $pageview',
      'posthog-node: subscription renewed',
      'posthog-node: $identify',
      'posthog-node: report exported',
    ])
    const times = events.map(({ timestamp }) => timestamp)
    expect(times).toEqual([...times].sort())
    expect(times).toEqual(times.map((time) => new Date(time).toISOString()))
    expect(new Set(events.map(({ uuid }) => uuid)).size).toBe(events.length)
  })

  test('has every event in the shape of an export', () => {
    for (const event of events) {
      expect(Object.keys(event)).toEqual(['uuid', 'event', 'distinct_id', 'team_id', 'properties', 'timestamp'])
      expect(event.uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      expect(event.distinct_id).toMatch(/./)
    }
  })

  test('contains nothing of the machine it was recorded on, and no real email', () => {
    expect(text).not.toMatch(/127\.0\.0\.1|localhost|Headless|\/(root|home|tmp|work|Users)\//)
    for (const [host] of text.matchAll(/(?<=https?:\/\/|@)[\w.-]+/g)) expect(host).toMatch(/(^|\.)example\.(com|org)$/)
    expect(text.length).toBeLessThan(120_000)
  })
})
