import { builtDestination } from '../../../destination/from-settings/body'
import { config, event, file, folder, next, npmStart } from './setup'

jest.setTimeout(60_000)

/** Settings of the app that a destination can have. */
const settings = { ...config, contactEvents: '$identify, signed up', trackedEvents: 'purchase, signed up' }
const today = ['--server', 'today']

/** The report without what differs from run to run. */
async function replayed(events: object[], given: object, ...options: string[]) {
  const files = ['--events', file('e.json', events), '--config', file('c.json', given)]
  const { exitCode, said, told } = await npmStart(...today, ...options, ...files)
  const steady = said.replace(/in [\d.]+ s, at most [\d,]+ MB/, 'in SECONDS s, at most MEMORY MB').replace(next, '')
  return { exitCode, told, said: steady.replaceAll(folder, 'FOLDER') }
}

/** What is said of each event, without its heading. */
async function reportsOf(events: object[], given: object, ...options: string[]): Promise<string[]> {
  const { said } = await replayed(events, given, ...options)
  const [, ...reports] = said.split(/^ +\d+ {2}.+? {2}of .*\n/m)
  return reports.map((report) => report.split('\n\n')[0]?.replace(/^ {5}/gm, '') ?? '')
}

describe('npm start -- --server today', () => {
  it('tells the whole way of an event through the destination', async () => {
    expect(await replayed([event], settings)).toEqual({
      exitCode: 0,
      told: '',
      said: `PostHog today (destination) -> the Loops simulator
The destination is for PostHog Cloud and self-hosted servers built since mid-September 2025. For older servers, run the app:
  npm start -- --events FOLDER/e.json --config FOLDER/c.json
Events: FOLDER/e.json
Settings: FOLDER/c.json
  trackedEvents: purchase, signed up
  eventProperties: total: {event.properties.total}
  contactEvents: $identify, signed up
  maxEventAge: (empty)
Persons are those of the file, or else as its events set them. Test accounts are included: only PostHog knows them.

  1  purchase  of user_1, 2024-05-01T10:00:00.000Z
     matches Send events
     POST https://app.loops.so/api/v1/events/send
     Idempotency-Key: 018f0000-0000-7000-8000-000000000001-72d3353cfa20657b
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
`,
    })
  })

  it('shows the recorded events as requests of both kinds, with the same end as for the app', async () => {
    const [{ said: byDestination, exitCode, told }, { said: byApp }] = [await npmStart(...today), await npmStart()]
    expect({ exitCode, told }).toEqual({ exitCode: 0, told: '' })
    expect(byDestination).toContain('PUT https://app.loops.so/api/v1/contacts/update')
    expect(byDestination).toContain('POST https://app.loops.so/api/v1/events/send')
    expect(byDestination).toContain('matches Send events and update contacts\n')
    const end = /Loops now has [^]*?(?=\d+ events in )/
    expect(end.exec(byDestination)?.[0]).toBe(end.exec(byApp)?.[0])
    expect(byDestination).not.toContain('loops-sandbox-key')
  })

  const stranger = { ...event, properties: {} }
  const matchesNothing = (reason: string) => `The event matches no setting: ${reason}.`
  it.each<[why: string, reasons: string[], events: object[], given: object]>([
    [
      'a name that no mapping has, or nearly has',
      [
        matchesNothing('no mapping has its name'),
        matchesNothing('"Purchase" differs from "purchase" only in capitals'),
      ],
      [
        { ...event, event: 'other' },
        { ...event, event: 'Purchase' },
      ],
      settings,
    ],
    [
      'filters',
      [matchesNothing('filter 2 does not match: total is 49.5, not > 100')],
      [event],
      { ...settings, eventFilters: 'total is set, total > 100' },
    ],
    [
      'filters of several mappings',
      [
        matchesNothing(
          'Update contacts: filter 1 does not match: person.plan is missing, not = "pro"; ' +
            'Send events: filter 1 does not match: total is 49.5, not > 100',
        ),
      ],
      [{ ...event, event: 'signed up' }],
      { ...settings, eventFilters: 'total > 100', contactFilters: 'person.plan = pro' },
    ],
    [
      'a negative filter with several values, all of which must differ',
      [matchesNothing('filter 1 does not match: total is 49.5, not != 49.5')],
      [event],
      {
        mappings: [
          {
            ...builtDestination.mappings[1],
            filters: {
              ...builtDestination.mappings[1]?.filters,
              events: [{ id: null, name: 'All events', type: 'events', order: 0 }],
              properties: [{ key: 'total', type: 'event', operator: 'is_not', value: [5, 49.5] }],
            },
          },
        ],
      },
    ],
    [
      'filters of the whole destination, of a mapping and of an event in it (PostHog/posthog#24376)',
      [
        matchesNothing(
          'filter 1 of the destination does not match: person.plan is missing, not = "pro"; ' +
            'filter 1 does not match: total is 49.5, not > 100; ' +
            'filter 1 of the event "purchase" does not match: $current_url is missing, not containing "/signup"',
        ),
        'matches Send events\nNothing is sent: the settings exclude its email address.',
      ],
      [
        event,
        {
          ...event,
          uuid: 'b',
          properties: { total: 200, $current_url: '/signup', $set: { email: 'ada@example.com', plan: 'pro' } },
        },
      ],
      {
        inputs: { excludedEmails: { value: 'example.com' }, maxEventAge: { value: '' } },
        filters: {
          events: [{ id: 'purchase' }],
          properties: [{ key: 'plan', value: 'pro', operator: 'exact', type: 'person' }],
        },
        mappings: [
          {
            ...builtDestination.mappings[1],
            filters: {
              source: 'events',
              events: [
                { id: 'purchase', properties: [{ key: '$current_url', operator: 'icontains', value: '/signup' }] },
                { id: 'other' },
              ],
              properties: [{ key: 'total', operator: 'gt', value: '100' }],
            },
          },
        ],
      },
    ],
    [
      'nobody, an excluded address, and an event that is too old',
      [
        'matches Send events\nNothing is sent: the settings exclude its email address.',
        'matches Send events\nNothing is sent: the event has no email, and its distinct_id "anonymous" is shared by many people.',
      ],
      [event, { ...stranger, distinct_id: 'anonymous', uuid: 'b' }],
      { ...settings, excludedEmails: 'example.com' },
    ],
    [
      'age',
      ['matches Send events\nNothing is sent: the event is older than "Maximum event age (hours)" allows (DAYS days).'],
      [event],
      { ...settings, maxEventAge: '24' },
    ],
  ])('says why there is nothing to send: %s', async (_, reasons, events, given) => {
    const reports = await reportsOf(events, given)
    expect(reports.map((report) => report.replace(/\d+ days/, 'DAYS days'))).toEqual(reasons)
  })

  it.each<[why: string, given: object, lines: string[]]>([
    [
      'the filter of a mapping',
      { contactEvents: 'purchase', eventFilters: 'total > 100' },
      ['matches Update contacts', 'Send events: filter 1 does not match: total is 49.5, not > 100'],
    ],
    [
      'no name that is merely similar',
      { contactEvents: 'purchase', trackedEvents: 'Purchase' },
      ['matches Update contacts'],
    ],
  ])('says what holds an event back that another mapping takes: %s', async (_, given, lines) => {
    const [report = ''] = await reportsOf([event], { ...settings, ...given })
    expect(
      report.split('\n').slice(
        0,
        report.split('\n').findIndex((line) => line.startsWith('PUT ')),
      ),
    ).toEqual(lines)
  })

  it('names properties that look like those of a mapping (coursetable/coursetable#683)', async () => {
    const set = { email: 'ada@example.com', firstName: 'Ada', last_name: 'Lovelace', name: 'Ada Lovelace' }
    const identify = { ...event, event: '$identify', timestamp: new Date().toISOString(), properties: { $set: set } }
    const hints = ['firstname: the event has firstName', 'lastname: the event has last_name']
    for (const options of [today, []]) {
      const files = ['--events', file('e.json', [identify]), '--config', file('c.json', { trackedEvents: '' })]
      const { said } = await npmStart(...options, ...files)
      expect(said.match(/person\.properties\.(.*)$/gm)).toEqual(hints.map((hint) => `person.properties.${hint}`))
    }
  })

  it('gives the destination the person as the events before have made them', async () => {
    const visitor = { ...stranger, distinct_id: 'visitor', uuid: 'a', properties: { $set: { plan: 'pro', old: 1 } } }
    const properties = { $anon_distinct_id: 'visitor', $set: { email: 'ada@example.com' }, $unset: ['old'] }
    const identify = { ...event, event: '$identify', uuid: 'b', properties }
    const given = {
      ...settings,
      contactEvents: '',
      eventProperties: 'plan: {person.properties.plan}, old: {person.properties.old}',
    }
    const reports = await reportsOf([visitor, identify, { ...stranger, uuid: 'c' }], given)
    expect(reports[2]).toContain('"eventProperties": {\n    "plan": "pro"\n  },\n  "email": "ada@example.com",')
  })

  it('shows the error that an answer of Loops leads to', async () => {
    const [report = ''] = await reportsOf([stranger], settings)
    expect(report).toMatch(/400 \{"success":false,.*\nError: Loops answered 400: .*$/m)
  })

  it('sends nothing in a dry run', async () => {
    const { said } = await replayed([event], settings, '--dry-run')
    expect(said).toMatch(
      /^ +1 {2}purchase .*\n +matches Send events\n +INFO Dry run: POST \S+\/v1\/events\/send {"eventName":"purchase".*\n +The request is not sent: this is a dry run\.\n/m,
    )
    expect(said).toContain('Loops now has 0 contacts\nand 0 events\n')
  })

  it('reads the inputs of a destination, and fills in what the file leaves out', async () => {
    const now = new Date().toISOString()
    const given = { inputs: { apiKey: { value: 'not used' }, userId: { value: '' } } }
    const [report = ''] = await reportsOf([{ ...event, event: '$pageview', timestamp: now }], given)
    expect(report).toContain('"eventProperties": {},\n  "email": "ada@example.com"\n}')
  })

  it('fills in what PostHog gives besides the event', async () => {
    const [, send] = builtDestination.mappings
    const texts = {
      project: '{project.name} {project.id}',
      source: '{source.name}',
      company: '{groups.company.properties.name ?? event.properties.$group_0}',
      page: '{event.url}',
      person: '{person.url}',
    }
    const mapping = { ...send, inputs: { ...send?.inputs, eventProperties: { value: texts } } }
    const pageview = { ...event, event: '$pageview', timestamp: new Date().toISOString() }
    const [report = ''] = await reportsOf([pageview], { mappings: [mapping] })
    expect(report).toContain(
      '"project": "Default project 1",\n    "source": "Loops: contacts and events",\n    "page": "https://posthog.',
    )
    expect(report).toContain('"person": "https://posthog.example.com/project/1/person/user_1"\n')
  })

  it('runs a mapping without events for every event, as PostHog does', async () => {
    const [, update] = builtDestination.mappings
    const given = { mappings: [{ ...update, filters: { ...update?.filters, events: [] } }] }
    const [report = ''] = await reportsOf([event], given)
    expect(report).toMatch(new RegExp(`^matches ${String(update?.name)}\n`))
  })

  it('has the defaults of the destination without a file of settings', async () => {
    const pageview = { ...event, event: '$pageview', timestamp: new Date().toISOString() }
    const { said } = await npmStart(...today, '--events', file('e.json', [event, pageview]))
    expect(said.match(/^ +(matches|The event matches).*$/gm)).toEqual([
      '     The event matches no setting: no mapping has its name.',
      '     matches Send events',
    ])
  })

  it.each<[why: string, given: object, message: string]>([
    [
      'settings that a destination cannot have, one a line',
      { trackedEvents: 'order *', posthogUrl: 'https://posthog.example.com' },
      'The settings of FILE are rejected:\n' +
        'PostHog address: a destination needs no look-up, because PostHog gives it the stored person: leave it empty.\n' +
        'Events to send: "order *" has a wildcard, and PostHog\'s filters take whole names: write each event that you want.\n',
    ],
    [
      'inputs that are none',
      { type: 'destination', inputs: { email: '{person.properties.email}' } },
      'FILE has an invalid input "email": write its value as {"value": …}.\n',
    ],
    [
      'mappings that are none',
      { type: 'destination', mappings: [5] },
      'FILE has invalid "mappings": write a list in which each has a name, inputs and filters, as in dist/destination.json.\n',
    ],
    [
      'a template that is no Hog',
      { inputs: { email: { value: '{person.' } } },
      'The settings of FILE are rejected:\n' +
        'Email of the user: "{person." has a brace "{" without its "}": write a placeholder like {person.properties.NAME}.\n',
    ],
    [
      'a filter of a kind that only PostHog knows',
      {
        mappings: [
          {
            ...builtDestination.mappings[0],
            filters: {
              ...builtDestination.mappings[0]?.filters,
              properties: [{ key: 'id', type: 'cohort', operator: 'in', value: 1 }],
            },
          },
        ],
      },
      'The mapping "Update contacts" has a filter that only PostHog knows: {"key":"id","type":"cohort","operator":"in","value":1}.\n',
    ],
    [
      'an unknown setting',
      { events: 'a' },
      expect.stringMatching(/^FILE has an unknown setting "events": use /) as string,
    ],
  ])('refuses %s', async (_, given, message) => {
    const path = file('c.json', given)
    const { exitCode, told } = await npmStart(...today, '--config', path)
    expect({ exitCode, told: told.replaceAll(path, 'FILE') }).toEqual({ exitCode: 1, told: message })
  })
})
