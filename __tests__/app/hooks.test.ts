import { getMeta, resetMeta } from '@posthog/plugin-scaffold/dist/test/utils'
import fetch from 'node-fetch'
import { composeWebhook, onEvent, setupPlugin } from '../../index'
import type { Config } from '../../src/settings/field'
import { apiKey, deepFreeze, eventWith, uuid } from './setup'

jest.mock('node-fetch', () => ({ __esModule: true, default: jest.fn() }))
const fetchMock = jest.mocked(fetch)

type AppMeta = Parameters<typeof setupPlugin>[0]

/** The scaffold's meta, whose cache and storage are not those of a server, but whose config and global are. */
function metaWith(config: Config = {}): AppMeta {
  resetMeta({ config: deepFreeze({ apiKey, maxEventAge: '', ...config }), global: {} })
  return getMeta() as AppMeta
}

function loopsAnswers(status: number, body: string): void {
  fetchMock.mockResolvedValue({
    status,
    ok: status >= 200 && status < 300,
    headers: { get: () => null },
    text: () => Promise.resolve(body),
    json: () => Promise.reject(new Error('The status must be looked at before the body is parsed')),
  })
}

let logs: [level: string, ...values: unknown[]][]

beforeEach(() => {
  fetchMock.mockReset()
  logs = []
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    jest.spyOn(console, level).mockImplementation((...values: unknown[]) => void logs.push([level, ...values]))
  }
})

const purchase = eventWith({ total: 49.5, $set: { email: 'ada@example.com' } })
const sendsPurchases = { trackedEvents: 'purchase', eventProperties: 'amount: {event.properties.total}' }
const purchaseRequest = {
  url: 'https://app.loops.so/api/v1/events/send',
  method: 'POST',
  headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json', 'Idempotency-Key': uuid },
  body: '{"eventName":"purchase","eventProperties":{"amount":49.5},"email":"ada@example.com","userId":"user_1"}',
}

const update = eventWith({ $set: { email: 'ada@example.com', firstname: 'Ada' } }, { event: '$identify' })
const updateRequest = {
  url: 'https://app.loops.so/api/v1/contacts/update',
  method: 'PUT',
  headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
  body: '{"firstName":"Ada","email":"ada@example.com","userId":"user_1"}',
}

describe('exactly one hook acts', () => {
  const rows = [
    ['an event', purchase, sendsPurchases, purchaseRequest],
    ['a contact update', update, {}, updateRequest],
    ['an event that nobody asked for', eventWith({}, { event: 'other' }), {}, undefined],
  ] as const

  it.each(rows)('with direct delivery: %s', async (_, event, config, request) => {
    loopsAnswers(200, '{"success": true}')
    const meta = metaWith({ ...config, delivery: 'direct' })
    expect(composeWebhook(deepFreeze(event), meta)).toBeNull()
    await onEvent(event, meta)
    const { url, ...options } = request ?? {}
    const sent = { ...options, redirect: 'manual', timeout: 10_000 }
    expect(fetchMock.mock.calls).toEqual(request ? [[url, sent]] : [])
    expect(logs).toEqual([])
  })

  it.each(rows)('with webhook delivery: %s', async (_, event, config, request) => {
    const meta = metaWith({ ...config, delivery: 'webhook' })
    await onEvent(deepFreeze(event), meta)
    expect(composeWebhook(event, meta)).toEqual(request ?? null)
    expect(composeWebhook(event, meta)).toEqual(request ?? null)
    expect(fetchMock).not.toHaveBeenCalled()
    expect(logs).toEqual([])
  })
})

describe("what direct delivery makes of Loops' answer", () => {
  const message = (text: string): string => JSON.stringify({ success: false, message: text })
  const sent = '/v1/events/send'
  const updated = '/v1/contacts/update'
  it.each<[status: number, body: string, event: typeof purchase, error: string]>([
    [409, message('Odd'), update, `Error: Loops answered 409 to ${updated}: Odd`],
    [404, 'Not found', purchase, `Error: Loops answered 404 to ${sent}`],
    [405, '', update, `Error: Loops answered 405 to ${updated}`],
    [500, 'null', purchase, `RetryError: Loops answered 500 to ${sent}`],
    [502, '<html>Bad gateway</html>', update, `RetryError: Loops answered 502 to ${updated}`],
    [503, '{"message": 7}', update, `RetryError: Loops answered 503 to ${updated}`],
    [400, message('m'.repeat(500)), purchase, `Error: Loops answered 400 to ${sent}: ${'m'.repeat(200)}`],
    [
      400,
      message(`${apiKey} ada@example.com\nERROR forged`),
      purchase,
      `Error: Loops answered 400 to ${sent}: [API key] [email] ERROR forged`,
    ],
  ])('%p %p', async (status, body, event, error) => {
    loopsAnswers(status, body)
    const outcome = await onEvent(event, metaWith(sendsPurchases))?.then(
      () => undefined,
      (thrown: unknown) => String(thrown),
    )
    expect(outcome).toBe(error)
    expect(fetchMock).toHaveBeenCalledTimes(status >= 500 || status === 400 ? 2 : 1)
  })

  it('asks for a retry when the connection fails', async () => {
    fetchMock.mockRejectedValue(new Error(`connect ECONNREFUSED with ${apiKey}`))
    const outcome: unknown = await onEvent(purchase, metaWith(sendsPurchases))?.catch(String)
    expect(outcome).toBe('RetryError: Loops cannot be reached: connect ECONNREFUSED with [API key]')
  })

  it('treats an answer that breaks off as one without a message', async () => {
    loopsAnswers(500, '')
    const broken = { ...(await fetch('')), text: () => Promise.reject(new Error('aborted')) }
    fetchMock.mockResolvedValue(broken)
    await expect(onEvent(purchase, metaWith(sendsPurchases))).rejects.toThrow('Loops answered 500 to /v1/events/send')
  })
})

describe('set-up', () => {
  it('asks Loops about the key and logs the team', async () => {
    loopsAnswers(200, '{"success": true, "teamName": "Acme\\nERROR"}')
    await setupPlugin(metaWith({ contactEvents: '' }))
    expect(fetchMock.mock.calls).toEqual([
      [
        'https://app.loops.so/api/v1/api-key',
        { method: 'GET', headers: { Authorization: `Bearer ${apiKey}` }, redirect: 'manual', timeout: 10000 },
      ],
    ])
    expect(logs).toEqual([['log', 'Connected to Loops: the API key belongs to the team "Acme\\nERROR".']])
  })

  it('stops at a settings error without asking Loops', async () => {
    await expect(setupPlugin(metaWith({ email: 'nobody' }))).rejects.toThrow(
      'Loops settings: Email of the user: "nobody"',
    )
    expect(fetchMock).not.toHaveBeenCalled()
  })

  it.each([
    [429, '{"message": "Rate limit exceeded."}', '429: Rate limit exceeded.'],
    [502, '<html>', '502'],
    [200, '<html>', expect.stringMatching(/Unexpected token/)],
  ])('goes on with a warning when Loops answers %p %p', async (status, body, reason: unknown) => {
    loopsAnswers(status, body)
    await setupPlugin(metaWith())
    expect(logs).toEqual([
      ['warn', expect.stringMatching(/^The Loops API key could not be checked \(.*\)\. Events are still sent\.$/)],
    ])
    expect(String(logs[0]?.[1]).replace(/^.*?\((.*)\).*$/, '$1')).toEqual(reason)
  })

  it('goes on with a warning when Loops cannot be reached', async () => {
    fetchMock.mockRejectedValue(new Error('getaddrinfo ENOTFOUND'))
    await setupPlugin(metaWith())
    expect(logs).toEqual([
      ['warn', 'The Loops API key could not be checked (getaddrinfo ENOTFOUND). Events are still sent.'],
    ])
  })

  it('does not ask Loops in a dry run', async () => {
    await setupPlugin(metaWith({ dryRun: 'Yes' }))
    expect(fetchMock).not.toHaveBeenCalled()
  })
})

describe('a dry run', () => {
  const nobody = eventWith({ $is_identified: false })
  const skipped = 'Dry run: the event "purchase" is skipped: it has no email, and its distinct_id is anonymous.'
  it.each([
    ['direct', purchase, [`Dry run: POST /v1/events/send ${purchaseRequest.body}`]],
    ['webhook', purchase, [`Dry run: POST /v1/events/send ${purchaseRequest.body}`]],
    ['direct', update, [`Dry run: PUT /v1/contacts/update ${updateRequest.body}`]],
    ['direct', nobody, [skipped]],
    ['webhook', nobody, [skipped]],
    ['direct', eventWith({}, { event: 'other' }), []],
    [
      'direct',
      eventWith({}, { event: 'PURCHASE' }),
      ['Dry run: the event "PURCHASE" matches no setting: "PURCHASE" differs from "purchase" only in capitals.'],
    ],
  ])('with %s delivery logs instead of sending', async (delivery, event, lines) => {
    const meta = metaWith({ ...sendsPurchases, delivery, dryRun: 'Yes' })
    expect(composeWebhook(event, meta)).toBeNull()
    await onEvent(event, meta)
    expect(logs).toEqual(lines.map((line) => ['log', line]))
    expect(fetchMock).not.toHaveBeenCalled()
  })

  it('tells of every skipped event', async () => {
    const meta = metaWith({ ...sendsPurchases, dryRun: 'Yes' })
    await onEvent(nobody, meta)
    await onEvent(nobody, meta)
    expect(logs).toEqual([
      ['log', skipped],
      ['log', skipped],
    ])
  })
})

describe('a property that looks like one of a mapping', () => {
  it('is named in a dry run, without its value', async () => {
    await onEvent(eventWith({ Total: 5, $set: {} }), metaWith({ ...sendsPurchases, dryRun: 'Yes' }))
    expect(logs.map(([, line]) => line)).toEqual([
      expect.stringMatching(/^Dry run: POST /),
      'Dry run: event.properties.total: the event has Total.',
    ])
  })
})

describe('a filter that does not match', () => {
  const filtered = { ...sendsPurchases, eventFilters: '[{"key": "total", "operator": "gt", "value": 100}]' }
  const line = 'filter 1 does not match: total is 49.5, not > 100'

  it('is named with the value in a dry run', async () => {
    await onEvent(purchase, metaWith({ ...filtered, dryRun: 'Yes' }))
    expect(logs).toEqual([['log', `Dry run: the event "purchase" matches no setting: ${line}.`]])
  })

  it.each(['direct', 'webhook'])('is named once and without the value with %s delivery', async (delivery) => {
    const meta = metaWith({ ...filtered, delivery })
    for (let time = 0; time < 3; time++) {
      await onEvent(purchase, meta)
      expect(composeWebhook(purchase, meta)).toBeNull()
    }
    expect(logs).toEqual([
      [
        'log',
        'An event is skipped: filter 1 does not match (on "total"). ' +
          'Later events that are skipped for this reason are not logged.',
      ],
    ])
  })

  it.each<[why: string, config: Config, lines: unknown[]]>([
    [
      'the other sends the request',
      { contactEvents: 'purchase' },
      [expect.stringMatching(/^Dry run: PUT /), `Dry run: Events to send: ${line}.`],
    ],
    [
      'the other sends the event',
      { contactEvents: 'purchase', eventFilters: '', contactFilters: 'total > 100' },
      [expect.stringMatching(/^Dry run: POST /), `Dry run: Update contacts: ${line}.`],
    ],
    [
      'the other skips the event',
      { contactEvents: 'purchase', excludedEmails: 'example.com' },
      [
        'Dry run: the event "purchase" is skipped: the settings exclude its email address.',
        `Dry run: Events to send: ${line}.`,
      ],
    ],
    [
      'only a name that looks like the event is in the list',
      { trackedEvents: 'Purchase', contactEvents: 'purchase' },
      [expect.stringMatching(/^Dry run: PUT /)],
    ],
  ])('of one of two groups is named in a dry run where %s', async (_, config, lines) => {
    await onEvent(purchase, metaWith({ ...filtered, ...config, dryRun: 'Yes' }))
    expect(logs.map(([, logged]) => logged)).toEqual(lines)
  })

  it('of one of two groups is not named outside a dry run', async () => {
    loopsAnswers(200, '{"success": true}')
    await onEvent(purchase, metaWith({ ...filtered, contactEvents: 'purchase' }))
    expect(fetchMock).toHaveBeenCalledTimes(1)
    expect(logs).toEqual([])
  })

  it('is named again if the property is unknown, with the remedy', async () => {
    const meta = metaWith({ ...sendsPurchases, eventFilters: 'person.plan != free' })
    for (let time = 0; time < 2; time++) {
      await onEvent(eventWith({ $set: { email: 'ada@example.com', plan: 'free' } }), meta)
      await onEvent(purchase, meta)
    }
    const [known, unknown] = ['(on "person.plan")', ': person.plan is unknown, fill in "PostHog address"']
    expect(logs.map(([, line]) => String(line).split('. ')[0])).toEqual([
      `An event is skipped: filter 1 does not match ${known}`,
      `An event is skipped: filter 1 does not match${unknown}`,
    ])
  })

  it('shows no API key that the event holds', async () => {
    const meta = metaWith({ ...sendsPurchases, eventFilters: 'total = 5', dryRun: 'Yes' })
    await onEvent(eventWith({ total: apiKey }), meta)
    expect(logs[0]?.[1]).toContain('total is "[API key]", not = "5".')
  })
})

describe('outside a dry run', () => {
  it('logs each reason to skip once, and nothing of the event', async () => {
    const meta = metaWith({ ...sendsPurchases, excludedEmails: 'example.com' })
    const nobody = eventWith({ $is_identified: false })
    for (const event of [nobody, purchase, nobody, purchase]) await onEvent(event, meta)
    const later = 'Later events that are skipped for this reason are not logged.'
    expect(logs).toEqual([
      ['log', `An event is skipped: it has no email, and its distinct_id is anonymous. ${later}`],
      ['log', `An event is skipped: the settings exclude its email address. ${later}`],
    ])
    expect(fetchMock).not.toHaveBeenCalled()
  })
})
