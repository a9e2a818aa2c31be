import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { another, config, event, file, folder, live, npmStart, runWith } from './setup'

describe('npm start', () => {
  it('shows the recorded events as requests of both kinds, and what Loops has in the end', async () => {
    const { exitCode, said, told } = await npmStart()
    expect({ exitCode, told }).toEqual({ exitCode: 0, told: '' })
    expect(said).toContain('PUT https://app.loops.so/api/v1/contacts/update')
    expect(said).toContain('POST https://app.loops.so/api/v1/events/send')
    expect(said).toContain('The event is skipped: it has no email, and its distinct_id is anonymous.\n')
    expect(said).toContain('The event matches no setting: no list of events has its name.\n')
    expect(said).toContain('400 {"success":false,"message":"Contact not found."}')
    expect(said).toMatch(/Loops now has 1 contact\n.*"firstName":"Maren","lastName":"Holt-Reyes".*"plan":"pro"/)
    expect(said).toMatch(/and 6 events\n {2}signedUp of maren\.holt@example\.com \{"pathname":"\/pricing"\}/)
    expect(said).not.toContain('jonas.weber@example.org')
    expect(said).not.toContain('loops-sandbox-key')
    expect(said).not.toMatch(/ 429 /)
  })

  it('tells the whole way of an event', async () => {
    const { said } = await npmStart('--events', file('one.json', [event]), '--config', file('c.json', config))
    expect(
      said.replace(/in [\d.]+ s, at most [\d,]+ MB/, 'in SECONDS s, at most MEMORY MB').replaceAll(folder, 'FOLDER'),
    ).toBe(
      `PostHog 2024-02 (app) -> the Loops simulator
The app is for self-hosted servers built until 2025-07-24. For PostHog Cloud and newer servers, run the destination:
  npm start -- --server today --events FOLDER/one.json --config FOLDER/c.json
Events: FOLDER/one.json
Settings: FOLDER/c.json
  trackedEvents: purchase
  eventProperties: total: {event.properties.total}
  contactEvents: $identify
  maxEventAge: (empty)

LOG Connected to Loops: the API key belongs to the team "Company name".

  1  purchase  of user_1, 2024-05-01T10:00:00.000Z
     matches Events to send
     POST https://app.loops.so/api/v1/events/send
     Idempotency-Key: 018f0000-0000-7000-8000-000000000001
     {
       "eventName": "purchase",
       "eventProperties": {
         "total": 49.5
       },
       "email": "ada@example.com",
       "userId": "user_1"
     }
     200 {"success":true}

Loops now has 1 contact
  {"source":"API","id":"contact-1","email":"ada@example.com","subscribed":true,"userId":"user_1","mailingLists":{}}
and 1 event
  purchase of ada@example.com {"total":49.5}
1 event in SECONDS s, at most MEMORY MB

Next
  LOOPS_API_KEY=... npm start -- --live --events FOLDER/one.json --config FOLDER/c.json
      sends them to your Loops account
  npm start -- --server today --events FOLDER/one.json --config FOLDER/c.json
      the same in the destination, for PostHog Cloud and newer servers
  npm run playground
      settings, events and requests in a page
`,
    )
  })

  it.each([
    ['a list', [event, another]],
    [
      "the columns and rows of the query API's answer",
      {
        columns: ['uuid', 'event', 'distinct_id', 'properties', 'timestamp'],
        results: [event, another].map((one) => [
          ...[one.uuid, one.event, one.distinct_id, JSON.stringify(one.properties), one.timestamp],
        ]),
        types: [],
      },
    ],
    [
      'the body of a batch',
      {
        api_key: 'phc_x',
        historical_migration: false,
        batch: [event, another].map(({ distinct_id, properties, ...one }) => ({
          ...one,
          properties: { ...properties, distinct_id },
        })),
      },
    ],
    ['the answer of the events API', { results: [{ ...event, id: 'a', uuid: undefined }, another] }],
    ['JSON lines', `${JSON.stringify(event)}\n\n${JSON.stringify(another)}\n`],
    [
      'JSON lines with properties as text',
      `${JSON.stringify({ ...event, properties: '{"total":49.5,"$set":{"email":"ada@example.com"}}' })}\n${JSON.stringify(another)}`,
    ],
    ['an indented list', JSON.stringify([event, another], null, 2)],
    ['a list with a byte order mark', `\uFEFF${JSON.stringify([event, another])}`],
    ['JSON lines with a byte order mark', `\uFEFF${JSON.stringify(event)}\r\n${JSON.stringify(another)}\r\n`],
    [
      'events without a time',
      [
        { ...event, timestamp: undefined },
        { ...another, timestamp: null },
      ],
    ],
  ])('reads %s', async (name, content) => {
    const { exitCode, said } = await npmStart(
      '--events',
      file(`${name}.json`, content),
      '--config',
      file('c.json', config),
    )
    expect(exitCode).toBe(0)
    expect(said.match(/"total": 49\.5/g)).toHaveLength(2)
  })

  it('reads settings with a byte order mark', async () => {
    const settings = file('c.json', `\uFEFF${JSON.stringify(config)}`)
    const { exitCode } = await npmStart('--events', file('one.json', [event]), '--config', settings)
    expect(exitCode).toBe(0)
  })

  it("has the app's own defaults without settings for the events of a file", async () => {
    const pageview = { ...event, event: '$pageview', timestamp: new Date().toISOString() }
    const properties = { ...event.properties, $pathname: '/pricing' }
    const events = [event, { ...pageview, uuid: 'a' }, { ...pageview, uuid: 'b', properties }]
    const { said } = await npmStart('--events', file('e.json', events))
    expect(said.match(/^ +(The event matches|"eventProperties").*$|^ +"pathname".*$/gm)).toEqual([
      '     The event matches no setting: no list of events has its name.',
      '       "eventProperties": {},',
      '       "eventProperties": {',
      '         "pathname": "/pricing"',
    ])
  })

  it('sends nothing in a dry run', async () => {
    const { said } = await npmStart(
      '--dry-run',
      '--events',
      file('one.json', [event]),
      '--config',
      file('c.json', config),
    )
    expect(said).toMatch(
      /^ +1 {2}purchase .*\n +matches .*\n +LOG Dry run: POST \/v1\/events\/send {"eventName":"purchase"/m,
    )
    expect(said).toContain('Loops now has 0 contacts\nand 0 events\n')
  })

  it.each(['1.30', '2025-09'])('runs on PostHog %s', async (version) => {
    const files = ['--events', file('one.json', [event]), '--config', file('c.json', config)]
    const { said } = await npmStart('--server', version, ...files)
    expect(said).toMatch(new RegExp(`^PostHog ${version} \\(app\\) -> `))
    expect(said).toContain('200 {"success":true}')
  })

  it.each<[string, object, string[], string[]]>([
    ['an empty key', { apiKey: '' }, [], ['The "apiKey" in FILE is not used: the simulator has a key of its own.']],
    [
      'a key for a real Loops',
      { apiKey: 'a b' },
      ['--live', '--dry-run'],
      ['The "apiKey" in FILE is not used: the key in LOOPS_API_KEY is.'],
    ],
    [
      'the address of PostHog',
      { posthogUrl: 'https://posthog.example.com' },
      [],
      ['PostHog is not connected: "posthogUrl" finds only the persons in the file of events.'],
    ],
    ['neither', { posthogUrl: '' }, [], []],
  ])('tells at once that a setting plays no part: %s', async (_name, settings, options, sentences) => {
    const path = file('c.json', { ...config, ...settings })
    const { said } = await runWith(live, [...options, '--events', file('one.json', [event]), '--config', path])
    const [head = ''] = said.split('\n\n')
    const [, notes = ''] = head.replaceAll(path, 'FILE').split(/^Settings: .*(?:\n {2}.*)*\n?/m)
    expect(notes.split('\n')).toEqual(sentences.length === 0 ? [''] : sentences)
  })

  describe('if no event can be postponed', () => {
    it.each([
      ['2024-11', 'direct'],
      ['2025-06', 'direct'],
      ['2025-09', 'direct'],
      ['2024-02', 'webhook'],
    ])('keeps to the limit of Loops where PostHog %s with %s delivery cannot', async (version, delivery) => {
      const events = Array.from({ length: 15 }, (_, place) => ({ ...event, uuid: `uuid-${place}` }))
      const files = [
        '--events',
        file(`${version}.json`, events),
        '--config',
        file(`${version}-c.json`, { ...config, delivery }),
      ]
      const { said } = await npmStart('--server', version, ...files)
      expect(said.match(/200 \{"success":true\}/g)).toHaveLength(events.length)
      expect(said).not.toContain('429')
    })
  })

  it('reports progress on long files', async () => {
    const lines = Array.from({ length: 2000 }, () => JSON.stringify({ ...event, event: 'other' })).join('\n')
    const { told } = await npmStart('--events', file('long.jsonl', lines), '--config', file('c.json', config))
    expect(told).toMatch(/^1,000 events replayed, about \d+ s left\n2,000 events replayed, about 0 s left\n$/)
  })

  it('explains its options, all of which docs/npm-start.md names', async () => {
    const { exitCode, said } = await npmStart('--help')
    expect(exitCode).toBe(0)
    const options = said.match(/--[a-z-]+/g) ?? []
    expect(options).toEqual(
      expect.arrayContaining(['--events', '--config', '--server', '--dry-run', '--live', '--help']),
    )
    const document = readFileSync(join(__dirname, '../../..', 'docs/npm-start.md'), 'utf8')
    expect(options.filter((option) => !document.includes(option))).toEqual([])
  })
})
