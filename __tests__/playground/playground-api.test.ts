import { execFile } from 'node:child_process'
import { request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { MAXIMUM_QUESTION_BYTES } from '../../playground/access'
import { createPlayground } from '../../playground/api'
import type { LoopsState, Problem, Result, Start, Verdicts } from '../../playground/contract'
import { LiveEvents } from '../../playground/live-events'
import { pageFiles } from '../../playground/page-files'
import { Session } from '../../playground/session'
import { problemsIn } from '../../playground/settings-problems'
import type { CapturedEvent } from '../../sandbox/posthog/shapes'
import type { Fetch } from '../../sandbox/posthog/fetch'
import { apiKey } from '../app/given'

jest.setTimeout(60_000)

const event = {
  uuid: '018f0000-0000-7000-8000-000000000001',
  event: 'purchase',
  distinct_id: 'user_1',
  team_id: 1,
  timestamp: '2024-05-01T10:00:00.000Z',
  properties: { total: 49.5, $set: { email: 'ada@example.com', plan: 'pro' } },
}
const anonymous: CapturedEvent = { ...event, distinct_id: 'guest', properties: {} }
const settings = {
  apiKey,
  trackedEvents: 'purchase',
  eventProperties: 'total: {event.properties.total}',
  contactEvents: '$identify',
}
const question = { settings, server: '2024-02' }

const sentToLoops: [url: string, authorization: string | undefined][] = []
const realLoops: Fetch = (url, init) => {
  sentToLoops.push([url, init?.headers?.Authorization])
  return Promise.resolve(new Response(JSON.stringify({ success: true, message: `Hello ${apiKey}` })))
}

let session: Session
let server: Server
let port: number

beforeAll(async () => {
  session = new Session({ recorded: [event, anonymous], realLoops: () => realLoops })
  server = createPlayground(session, await pageFiles())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
beforeEach(() => {
  session.reset()
  session.live.clear()
  sentToLoops.length = 0
})
afterAll(() => {
  session.close()
  server.closeAllConnections()
  server.close()
})

interface Asked {
  method?: string
  headers?: Record<string, string>
  body?: string
}

interface Answered {
  status: number | undefined
  headers: Record<string, unknown>
  body: string
}

/** Unlike `fetch` this sends any Host. */
function ask(path: string, { method = 'GET', headers = {}, body = '' }: Asked = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      void text(response).then((answer) => {
        resolve({ status: response.statusCode, headers: response.headers, body: answer })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const asJson = { 'Content-Type': 'application/json' }

function post(path: string, body: object): Promise<Answered> {
  return ask(`/playground/${path}`, { method: 'POST', headers: asJson, body: JSON.stringify(body) })
}

async function answer<Content>(path: string, body: object): Promise<Content> {
  const { status, body: content } = await post(path, body)
  expect({ status, content }).toEqual({ status: 200, content: expect.any(String) as string })
  return JSON.parse(content) as Content
}

function resultFor(changes: { settings?: object; server?: string; event?: object }): Promise<Result> {
  return answer<Result>('mocked', {
    server: changes.server ?? '2024-02',
    settings: { ...settings, ...changes.settings },
    event: changes.event ?? event,
  })
}

describe('the playground refuses', () => {
  const send = { ...question, event }
  const stranger = 'https://stranger.example.com'
  test.each<[string, string, Asked, number, RegExp]>([
    ['a foreign origin', '/playground/start', { headers: { Origin: stranger } }, 403, /^Pages of https:\/\/stranger/],
    ['no origin at all', '/playground/start', { headers: { Origin: 'null' } }, 403, /^Pages of null may send events/],
    [
      'another port as origin',
      '/',
      { headers: { Origin: 'http://localhost:1' } },
      403,
      /^Pages of http:\/\/localhost:1/,
    ],
    ['a foreign host', '/', { headers: { Host: 'stranger.example.com' } }, 403, /not at "stranger\.example\.com"\.$/],
    [
      'a name that points here',
      '/playground/start',
      { headers: { Host: `a.localhost` } },
      403,
      /^The playground is at/,
    ],
    [
      'a foreign origin that sends',
      '/playground/send',
      { method: 'POST', headers: { ...asJson, Origin: stranger }, body: JSON.stringify({ ...send, to: 'stand-in' }) },
      403,
      /^Pages of/,
    ],
    [
      'the preflight of a foreign origin',
      '/playground/send',
      { method: 'OPTIONS', headers: { Origin: stranger } },
      403,
      /^Pages/,
    ],
    ['a form', '/playground/send', { method: 'POST', body: 'a=b' }, 415, /takes JSON only/],
    ['broken JSON', '/playground/send', { method: 'POST', headers: asJson, body: '{' }, 400, /not a JSON object/],
    ['a list', '/playground/send', { method: 'POST', headers: asJson, body: '[]' }, 400, /not a JSON object/],
    [
      'too large a body',
      '/playground/mocked',
      { method: 'POST', headers: asJson, body: ' '.repeat(MAXIMUM_QUESTION_BYTES + 1) },
      413,
      /more than the 2 MB/,
    ],
    ['to be asked by GET', '/playground/send', {}, 405, /takes POST only/],
    ['to be written to', '/', { method: 'POST' }, 405, /takes GET only/],
    ['an unknown path', '/nowhere', {}, 404, /^There is nothing at \/nowhere\.$/],
    ['an unknown question', '/playground/nothing', {}, 404, /^There is nothing at/],
  ])('%s', async (_name, path, asked, status, sentence) => {
    const refused = await ask(path, asked)
    expect(refused.status).toBe(status)
    expect((JSON.parse(refused.body) as { problem: string }).problem).toMatch(sentence)
    expect(refused.headers).not.toHaveProperty('access-control-allow-origin')
  })

  test.each<[string, string, object, number, RegExp]>([
    ['an unknown server', 'settings', { ...question, server: '9' }, 400, /^There is no PostHog server "9"\.$/],
    ['no settings', 'settings', { server: '2024-02' }, 400, /^The form holds no settings/],
    ['an unknown setting', 'verdicts', { ...question, settings: { key: 'a' } }, 400, /unknown setting "key"/],
    [
      'an event without a name',
      'mocked',
      { ...question, event: {} },
      400,
      /^The event has no name: write it as "event"/,
    ],
    [
      'properties that are no JSON',
      'mocked',
      { ...question, event: { ...event, properties: '{"total":' } },
      400,
      /^The event has "properties" whose text is not valid JSON: /,
    ],
    [
      'properties that are a list',
      'mocked',
      { ...question, event: { ...event, properties: [] } },
      400,
      /^The event has "properties" that are no JSON object: write/,
    ],
    [
      'an event at no time',
      'mocked',
      { ...question, event: { ...event, timestamp: 'garbage' } },
      400,
      /^The event has the timestamp "garbage", which is no time: write it like "2024-05-01T10:00:00Z", or leave it out\.$/,
    ],
    ['an event of nobody', 'mocked', { ...question, event: { event: 'a' } }, 400, /^The event 'a' has no distinct_id/],
    ['to send it nowhere', 'send', send, 400, /^Say where to send it/],
    ['the real Loops unconfirmed', 'send', { ...send, to: 'loops' }, 403, /unless it is confirmed\.$/],
    ['a confirmation that is none', 'send', { ...send, to: 'loops', confirmed: 'true' }, 403, /unless it is confirmed/],
    [
      'the real Loops with the key of the stand-in',
      'send',
      { ...send, settings: { ...settings, apiKey: 'loops-sandbox-key' }, to: 'loops', confirmed: true },
      400,
      /^The real Loops needs the key of your account/,
    ],
  ])('%s', async (_name, path, body, status, sentence) => {
    const refused = await post(path, body)
    expect(refused.status).toBe(status)
    expect((JSON.parse(refused.body) as { problem: string }).problem).toMatch(sentence)
    expect(sentToLoops).toEqual([])
  })
})

describe('the page', () => {
  test('is served with a policy that allows nothing inline and nothing from elsewhere', async () => {
    const { status, headers, body } = await ask('/')
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/)
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(body).not.toMatch(/<style|style=|<script>| on\w+=|https?:\/\//)
  })

  test.each([
    ['/page.js', 'text/javascript; charset=utf-8'],
    ['/style.css', 'text/css; charset=utf-8'],
    ['/logo.png', 'image/png'],
  ])('has %s', async (path, type) => {
    expect(await ask(path)).toMatchObject({ status: 200, headers: { 'content-type': type } })
  })

  test('is told what to draw', async () => {
    const start = JSON.parse((await ask('/playground/start')).body) as Start
    expect(start.fields[0]).toMatchObject({ key: 'apiKey', secret: true, required: true })
    expect(start.servers.map(({ name }) => name)).toContain('2024-02')
    expect(start.recorded).toEqual([event, anonymous])
  })
})

describe('settings', () => {
  test('that the app accepts have no problems', async () => {
    expect(await answer('settings', question)).toEqual([])
  })

  test.each(['1.30', '2023-11', '2025-09'])('have each problem at its field on PostHog %s', async (version) => {
    const wrong = { apiKey: '', email: 'x', trackedEvents: '!a', eventProperties: 'total' }
    const problems = await answer<Problem[]>('settings', { settings: wrong, server: version })
    expect(problems.map(({ key }) => key)).toEqual(['apiKey', 'email', 'trackedEvents', 'eventProperties'])
    expect(problems[1]?.sentence).toBe(
      '"x" would give everybody the same contact: name where the address is found, like {person.properties.email}.',
    )
  })

  test.each<[string, string, Problem[]]>([
    [
      'a label that begins like another one',
      'Loops settings: Events to send: "" is empty. Events to send: mailing lists: "a" is wrong.',
      [
        { key: 'trackedEvents', sentence: '"" is empty.' },
        { key: 'eventMailingLists', sentence: '"a" is wrong.' },
      ],
    ],
    [
      'two sentences about one field',
      'Loops settings: User ID: "a" is wrong. User ID: "b" is wrong.',
      [
        { key: 'userId', sentence: '"a" is wrong.' },
        { key: 'userId', sentence: '"b" is wrong.' },
      ],
    ],
    ['a message of no field', 'Cannot import "a"!', [{ key: null, sentence: 'Cannot import "a"!' }]],
  ])('are taken apart: %s', (_name, message, problems) => {
    expect(problemsIn(message)).toEqual(problems)
  })

  test('of a file come without its key', async () => {
    expect(await answer('config-file', { name: 'a.json', content: settings })).toEqual({
      ...settings,
      apiKey: undefined,
    })
    const refused = await post('config-file', { name: 'a.json', content: { a: 'b' } })
    expect(refused).toMatchObject({
      status: 400,
      body: expect.stringContaining('a.json has an unknown setting') as string,
    })
  })
})

describe('a mocked event', () => {
  test('shows its request with the key masked, and sends nothing', async () => {
    expect(await resultFor({})).toEqual({
      verdict: { matched: ['Events to send'] },
      requests: [
        {
          method: 'POST',
          url: 'https://app.loops.so/api/v1/events/send',
          headers: {
            Authorization: 'Bearer ••••••••',
            'Content-Type': 'application/json',
            'Idempotency-Key': event.uuid,
          },
          body: JSON.stringify({
            eventName: 'purchase',
            eventProperties: { total: 49.5 },
            email: 'ada@example.com',
            userId: 'user_1',
          }),
        },
      ],
      warnings: [],
      errors: [],
      logs: [],
    })
    expect(session.standIn.state().events).toEqual([])
  })

  test('shows the same in spite of a slow pace and of the app’s own dry run', async () => {
    const { requests } = await resultFor({ settings: { requestsPerSecond: '0.001', dryRun: 'Yes' } })
    expect(requests).toHaveLength(1)
  })

  test('is masked even where it holds the key itself', async () => {
    const { requests } = await resultFor({ event: { ...event, properties: { ...event.properties, total: apiKey } } })
    expect(requests[0]?.body).toContain('"total":"••••••••"')
  })

  test.each<[string, Parameters<typeof resultFor>[0], string]>([
    ['the settings are wrong', { settings: { email: '' } }, 'The app is off until its settings are mended.'],
    [
      'nobody asks for it',
      { event: { ...event, event: 'a' } },
      'The settings do not ask for this event: no list of events names it, or a filter does not hold.',
    ],
    ['it is skipped', { event: anonymous }, 'The event is skipped: it has neither an email address nor a user ID.'],
    [
      'the server knows no webhooks',
      { settings: { delivery: 'webhook' }, server: '1.30' },
      'PostHog 1.30 never asks the app for a webhook: choose "direct".',
    ],
  ])('has a reason if %s', async (_name, changes, reason) => {
    expect(await resultFor(changes)).toMatchObject({ requests: [], reason })
  })
})

describe('warnings', () => {
  const nested = { ...event.properties, items: [{ sku: 'a' }], shipping: { address: { city: 'Leeds' } } }
  const long = 'x'.repeat(600)
  test.each<[string, Parameters<typeof resultFor>[0], string[]]>([
    [
      'a name with a colon',
      { settings: { trackedEvents: '["a:b"]' }, event: { ...event, event: 'a:b' } },
      ['Loops forbids ":" in event names: "a:b" is called "a_b" there.'],
    ],
    [
      'a new name with a colon',
      { settings: { trackedEvents: '{"purchase": "my:purchase"}' } },
      ['Loops forbids ":" in event names: "my:purchase" is called "my_purchase" there.'],
    ],
    [
      'a value that is cut, alone and among text',
      {
        settings: { eventProperties: 'note: {event.properties.note}, text: Hello {event.properties.note}' },
        event: { ...event, properties: { ...event.properties, note: `${long}end` } },
      },
      ['note', 'text'].map(
        (name) => `"${name}" is cut to the 500 characters that Loops allows, quotes and escapes counted.`,
      ),
    ],
    [
      'a value that just fits',
      {
        settings: { eventProperties: 'note: {event.properties.note}' },
        event: { ...event, properties: { ...event.properties, note: 'x'.repeat(498), other: long } },
      },
      [],
    ],
    [
      'nested values, with all properties',
      { settings: { includeAllEventProperties: 'Yes' }, event: { ...event, properties: nested } },
      [
        '{event.properties.items} is left out, since it holds other values: map an inner value, like {event.properties.items.0.sku}.',
        '{event.properties.shipping} is left out, since it holds other values: map an inner value, like {event.properties.shipping.address.city}.',
      ],
    ],
    [
      'a nested value that is mapped',
      { settings: { eventProperties: 'to: {event.properties.shipping}' }, event: { ...event, properties: nested } },
      [
        '{event.properties.shipping} is left out, since it holds other values: map an inner value, like {event.properties.shipping.address.city}.',
      ],
    ],
    [
      'a nested value of the person',
      {
        settings: { contactEvents: 'purchase', includeAllPersonProperties: 'Yes' },
        event: { ...event, properties: { $set: { email: 'ada@example.com', company: { name: 'Acme' } } } },
      },
      [
        '{person.properties.company} is left out, since it holds other values: map an inner value, like {person.properties.company.name}.',
      ],
    ],
    [
      'no email address',
      { event: { ...event, properties: { total: 1 } } },
      ['There is no email address: Loops takes this only if it knows a contact with the user ID already.'],
    ],
    [
      'no user ID',
      { event: { ...event, distinct_id: 'guest' } },
      ['There is no user ID: what the settings name is missing, anonymous, or an ID that many people share.'],
    ],
    ['no user ID where none is wanted', { event: { ...event, distinct_id: 'guest' }, settings: { userId: '' } }, []],
    [
      'the app’s own dry run',
      { settings: { dryRun: 'Yes' } },
      ['The app’s own setting "Dry run" is on: it logs this request and sends nothing.'],
    ],
    [
      'a PostHog that is not there',
      { settings: { posthogUrl: 'https://posthog.example.com' } },
      ['The playground has no PostHog to ask: on your server the app may find more about the person.'],
    ],
    [
      'a server that encodes the body twice',
      { settings: { delivery: 'webhook' }, server: '2023-11' },
      ['PostHog 2023-11 encodes this body a second time, and Loops refuses it: choose "direct".'],
    ],
  ])('tell of %s', async (_name, changes, warnings) => {
    expect((await resultFor(changes)).warnings).toEqual(warnings)
  })
})

describe('an event that is sent', () => {
  const send = { ...question, event, to: 'stand-in' }

  test('reaches the stand-in with any key, once', async () => {
    const first = await answer<Result>('send', send)
    expect(first.requests[0]?.answer).toEqual({ status: 200, body: '{"success":true}' })
    expect(first.errors).toEqual([])
    expect(first.logs).toEqual(['LOG Connected to Loops: the API key belongs to the team "Company name".'])

    const state = JSON.parse((await ask('/playground/loops')).body) as LoopsState
    expect(state.contacts).toMatchObject([{ email: 'ada@example.com', userId: 'user_1' }])
    expect(state.events).toEqual([
      { eventName: 'purchase', email: 'ada@example.com', eventProperties: { total: 49.5 } },
    ])

    const identify = { ...send, event: { ...event, event: '$identify', uuid: '018f0000-0000-7000-8000-000000000002' } }
    await answer('send', identify)
    const again = await answer<Result>('send', { ...identify, event: { ...identify.event, uuid: 'another' } })
    expect(again).toMatchObject({
      requests: [],
      reason: 'There is nothing to send: Loops has just been told the same.',
    })
  })

  test.each<[string, object, object, string]>([
    [
      'its uuid was sent before',
      { properties: { ...event.properties, total: 50 } },
      {},
      'An event with this uuid was sent before, and Loops takes each once: change or remove "uuid" to send it again.',
    ],
    [
      'Loops takes its uuid once',
      { properties: { ...event.properties, total: 50 } },
      { excludedEmails: 'example.org' },
      'An event with this uuid was sent before, and Loops takes each once: change or remove "uuid" to send it again.',
    ],
  ])('has a reason if %s', async (_name, changes, changedSettings, reason) => {
    await answer('send', send)
    const again = { ...send, event: { ...event, ...changes }, settings: { ...settings, ...changedSettings } }
    expect((await answer<Result>('send', again)).reason).toBe(reason)
  })

  test('has a reason if Loops knows nobody by its user ID', async () => {
    const ofStranger = (uuid: string) => ({ ...send, event: { ...event, uuid, properties: {} } })
    const results = []
    for (const uuid of ['a', 'b', 'c']) results.push(await answer<Result>('send', ofStranger(uuid)))
    const skipped = 'The event is skipped: Loops has just answered that it knows no contact with its user ID.'
    expect(results.map(({ reason }) => reason)).toEqual([undefined, skipped, skipped])
    expect(results.at(-1)?.verdict).toEqual({ matched: ['Events to send'] })
  })

  test('tells that it waits for its turn', async () => {
    const slowly = { ...send, settings: { ...settings, requestsPerSecond: '0.1' } }
    const another = { ...event, uuid: '018f0000-0000-7000-8000-000000000003' }
    const results = [await answer<Result>('send', slowly), await answer<Result>('send', { ...slowly, event: another })]
    expect(results.at(-1)).toMatchObject({
      requests: [],
      errors: ['The request waits in PostHog’s job queue, for its turn or for another try.'],
    })
  })

  test('tells what Loops refuses', async () => {
    const result = await answer<Result>('send', { ...send, event: { ...event, properties: {} } })
    expect(result.requests[0]?.answer).toMatchObject({ status: 400 })
    expect(result.errors).toEqual([expect.stringMatching(/^Error: Loops answered 400 to \/v1\/events\/send/)])
  })

  test('joins the mailing lists of the settings', async () => {
    const eventMailingLists = 'cm9a5z0hz00fz0ml8d3k2p1qr: true'
    const result = await answer<Result>('send', { ...send, settings: { ...settings, eventMailingLists } })
    expect(result.requests[0]?.answer).toMatchObject({ status: 200 })
    expect(session.standIn.state().lists.at(-1)).toEqual({
      id: 'cm9a5z0hz00fz0ml8d3k2p1qr',
      name: 'From your settings',
      members: ['ada@example.com'],
    })
  })

  test('does not leave the app if its settings are wrong, or say dry run', async () => {
    const wrong = await answer<Result>('send', { ...send, settings: { ...settings, email: 'x' } })
    expect(wrong).toMatchObject({ requests: [], errors: [expect.stringMatching(/^Loops settings: Email of the user/)] })
    const dry = await answer<Result>('send', { ...send, settings: { ...settings, dryRun: 'Yes' } })
    expect(dry.reason).toBe('The app only logs the request, since its own setting "Dry run" is on.')
    expect(session.standIn.state().contacts).toEqual([])
  })

  test('reaches the real Loops with the key, once that is confirmed, and no answer holds the key', async () => {
    const { body } = await post('send', { ...send, to: 'loops', confirmed: true })
    expect(sentToLoops).toContainEqual(['https://app.loops.so/api/v1/events/send', `Bearer ${apiKey}`])
    expect(body).toContain('Hello ••••••••')
    expect(body).not.toContain(apiKey)
    expect(session.standIn.state().contacts).toEqual([])
  })
})

describe('live events', () => {
  const capture = (body: object, headers: Record<string, string> = {}): Promise<Answered> =>
    ask('/e/', { method: 'POST', headers, body: JSON.stringify(body) })

  test('are taken from any page, and ingested', async () => {
    const captured = await capture(
      { event: 'signed up', properties: { distinct_id: 'user_1', $browser: 'Chrome' } },
      { Host: 'app.example.com', Origin: 'https://app.example.com' },
    )
    expect(captured).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': 'https://app.example.com' },
    })
    expect(session.live.all()).toMatchObject([
      { event: { event: 'signed up', distinct_id: 'user_1', properties: { $set: { $browser: 'Chrome' } } } },
    ])
  })

  test('are told as they happen', async () => {
    await capture({ event: 'before', distinct_id: 'user_1' })
    const response = await fetch(`http://127.0.0.1:${port}/playground/live`)
    await capture({ event: 'after', distinct_id: 'user_1' })
    await post('clear', {})
    const told: string[] = []
    for await (const chunk of response.body ?? []) {
      told.push(Buffer.from(chunk as Uint8Array).toString())
      if (told.join('').includes('event: all\ndata: []')) break
    }
    expect(told.join('').match(/^event: \w+|"event":"\w+"/gm)).toEqual([
      'event: all',
      '"event":"before"',
      'event: captured',
      '"event":"after"',
      'event: all',
    ])
  })

  test('have verdicts, all or the newest alone', async () => {
    await capture({ event: 'purchase', distinct_id: 'user_1' })
    await capture({ event: 'other', distinct_id: 'user_1' })
    const [first, second] = session.live.all().map(({ id }) => id)
    const all = await answer<Verdicts>('verdicts', question)
    expect(all).toEqual({
      recorded: [
        { matched: ['Events to send'] },
        { matched: ['Events to send'], skipped: 'it has neither an email address nor a user ID' },
      ],
      live: [
        { id: first, verdict: { matched: ['Events to send'] } },
        { id: second, verdict: { matched: [] } },
      ],
    })
    expect(await answer('verdicts', { ...question, after: first })).toEqual({ recorded: [], live: all.live.slice(1) })
  })

  test('are the last 500, and of large ones fewer', () => {
    const live = new LiveEvents()
    for (let place = 1; place <= 502; place++) live.capture({ event: `e${place}`, distinct_id: 'a' })
    expect(live.all().map(({ event: { event: name } }) => name)).toEqual(
      Array.from({ length: 500 }, (_, place) => `e${place + 3}`),
    )
    const large = { event: 'large', distinct_id: 'a', properties: { note: 'x'.repeat(12 * 1024 * 1024) } }
    for (let place = 0; place < 4; place++) live.capture(large)
    expect(live.all()).toHaveLength(2)
  })
})

describe('npm run playground', () => {
  function start(environment: Record<string, string>): Promise<{ code: unknown; told: string }> {
    return new Promise((resolve) => {
      const tsx = require.resolve('tsx/cli')
      const env = { ...process.env, ...environment }
      execFile(process.execPath, [tsx, 'playground/server.ts'], { env }, (error, _said, told) => {
        resolve({ code: error?.code, told })
      })
    })
  }

  test('says in one sentence that its port is taken', async () => {
    expect(await start({ PORT: String(port) })).toEqual({
      code: 1,
      told: `Port ${port} is taken. Choose another: PORT=${port + 1} npm run playground\n`,
    })
  })

  test('says in one sentence that its port is none', async () => {
    expect(await start({ PORT: 'http' })).toEqual({ code: 1, told: 'PORT must be a number from 1 to 65535.\n' })
  })
})
