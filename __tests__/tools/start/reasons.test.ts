import { another, config, event, file, live, runWith } from './setup'

describe('npm start', () => {
  const identify = { ...event, event: '$identify' }
  const ofStranger = { ...event, properties: {} }
  const same = 'The event is skipped: Loops has accepted the same update of its contact within ten minutes.'
  const matchesNothing = (reason: string) => `The event matches no setting: ${reason}.`
  const filters = (...list: object[]) => JSON.stringify(list)
  const dry = 'The app only logs the request, since its own setting "Dry run" is on.'
  const unknown = 'The event is skipped: Loops has just answered that it knows no contact with its user ID.'
  const repeated =
    'An event with this uuid was sent before, and Loops accepts each once: change or remove "uuid" to send it again.'
  const uncalled = (version: string) => `PostHog ${version} never asks the app for a webhook: choose "direct".`

  type Case = [
    name: string,
    reasons: (string | undefined)[],
    events: object[],
    settings: object,
    options: string[],
    environment: NodeJS.ProcessEnv,
  ]
  it.each<Case>([
    [
      'what Loops has just accepted',
      [undefined, same, same],
      [identify, { ...identify, uuid: 'b' }, { ...identify, uuid: 'c' }],
      {},
      [],
      {},
    ],
    [
      'names that nearly match, or are excluded',
      [
        matchesNothing('"Purchase" differs from "purchase" only in capitals'),
        matchesNothing('"purchase " differs from "purchase" only in spaces'),
        matchesNothing('"!order viewed" excludes it'),
        matchesNothing('no list of events has its name'),
      ],
      ['Purchase', 'purchase ', 'order viewed', 'other'].map((name) => ({ ...event, event: name })),
      { trackedEvents: 'purchase, order *, !order viewed' },
      [],
      {},
    ],
    [
      'filters that do not match',
      [
        matchesNothing('filter 2 does not match: total is 49.5, not > 100'),
        matchesNothing('filter 1 does not match: total is missing, not set'),
      ],
      [event, { ...event, properties: { $set: { email: 'ada@example.com' } } }],
      { eventFilters: filters({ key: 'total', operator: 'is_set' }, { key: 'total', operator: 'gt', value: 100 }) },
      [],
      {},
    ],
    [
      'filters of both groups',
      [
        matchesNothing(
          'Events to send: filter 1 does not match: total is 49.5, not > 100; ' +
            'Update contacts: filter 1 does not match: person.plan is unknown, fill in "PostHog address"',
        ),
      ],
      [event],
      {
        contactEvents: 'purchase',
        eventFilters: filters({ key: 'total', operator: 'gt', value: 100 }),
        contactFilters: filters({ key: 'plan', value: ['pro', 'team'], type: 'person' }),
      },
      [],
      {},
    ],
    [
      'the filter of one group, where the event updates its contact',
      [
        'Events to send: filter 1 does not match: total is 49.5, not > 100',
        'Events to send: filter 2 does not match: person.plan is unknown, fill in "PostHog address"',
      ],
      [event, { ...another, properties: { ...event.properties, total: 200 } }],
      { contactEvents: 'purchase', eventFilters: 'total > 100, person.plan = pro' },
      [],
      {},
    ],
    [
      'the filter of one group, where the event is sent',
      ['Update contacts: filter 1 does not match: total is 49.5, not > 100'],
      [event],
      { contactEvents: 'purchase', contactFilters: 'total > 100' },
      [],
      {},
    ],
    [
      'no name that is merely similar, where the event updates its contact',
      [undefined],
      [event],
      { contactEvents: 'purchase', trackedEvents: 'Purchase' },
      [],
      {},
    ],
    [
      'old events, with their age',
      Array(2).fill('The event is skipped: it is older than "Maximum event age (hours)" allows (DAYS days).'),
      [event, { ...another, event: 'plan changed' }],
      { trackedEvents: 'purchase, plan changed', contactEvents: 'plan changed', maxEventAge: '24' },
      [],
      {},
    ],
    ['a repeated uuid', [undefined, repeated], [event, { ...event, distinct_id: 'user_2' }], {}, [], {}],
    [
      'one that Loops refuses',
      [undefined, undefined, repeated],
      [event, { ...ofStranger, uuid: another.uuid }, { ...ofStranger, uuid: another.uuid }],
      {},
      [],
      {},
    ],
    ['a dry run', [dry], [event], {}, ['--dry-run'], {}],
    ['the dry run of the settings', [dry], [event], { dryRun: 'Yes' }, [], {}],
    ['a dry run with a real key', [dry], [event], {}, ['--live', '--dry-run'], live],
    ...['1.40', '2025-06', '2025-09'].map((version): Case => [
      `no webhooks on ${version}`,
      [uncalled(version)],
      [event],
      { delivery: 'webhook' },
      ['--server', version],
      {},
    ]),
    [
      'the first, second and third event of a stranger',
      [undefined, unknown, unknown],
      [ofStranger, { ...ofStranger, uuid: 'b' }, { ...ofStranger, uuid: 'c' }],
      {},
      [],
      {},
    ],
    [
      'another stranger',
      [undefined, unknown, undefined, unknown],
      ['1', '2', '3', '4'].map((uuid) => ({ ...ofStranger, uuid, distinct_id: uuid < '3' ? 'user_1' : 'user_2' })),
      {},
      [],
      {},
    ],
    [
      'a stranger of whom Loops learns',
      [undefined, unknown, undefined, undefined],
      [ofStranger, { ...ofStranger, uuid: 'b' }, { ...event, uuid: 'c' }, { ...ofStranger, uuid: 'd' }],
      {},
      [],
      {},
    ],
  ])('says why there is nothing to send: %s', async (_name, reasons, events, settings, options, environment) => {
    const files = ['--events', file('e.json', events), '--config', file('c.json', { ...config, ...settings })]
    const { said } = await runWith(environment, [...options, ...files])
    const given = said.split(/^ +\d+ {2}.+? {2}of /m).slice(1)
    const sentence =
      /(Events to send: filter|Update contacts: filter|The event matches|An event with this|The app only|The event is|PostHog \S+ never).*/
    expect(given.map((report) => sentence.exec(report)?.[0].replace(/\d+ days/, 'DAYS days'))).toEqual(reasons)
  })

  const ofApp = '{person.properties.email}, {event.distinct_id}'
  const ofDestination = '{[person.properties.email, event.distinct_id]}'
  const settings = { trackedEvents: '$pageview', maxEventAge: '' }
  const maxEventAge = { value: '' }
  it.each<[server: string, content: object, beginning: string, places: string]>([
    ['2024-02', settings, 'The user ID is an email', ofApp],
    ['today', settings, 'The user ID is an email', ofApp],
    ['today', { inputs: { maxEventAge } }, 'The user ID is an email', ofDestination],
    ['2024-02', { ...settings, userId: '' }, 'its only email is its distinct_id', ofApp],
    ['today', { ...settings, userId: '' }, 'its only email is its distinct_id', ofApp],
    ['today', { inputs: { maxEventAge, userId: { value: '' } } }, 'its only email is its distinct_id', ofDestination],
  ])('names the remedy in the notation of the file: %s %j %s', async (server, content, beginning, places) => {
    const events = [{ ...ofStranger, event: '$pageview', distinct_id: 'ada@example.com' }]
    const files = ['--events', file('e.json', events), '--config', file('c.json', content)]
    const { said } = await runWith({}, ['--server', server, ...files])
    const remedies = said.match(new RegExp(`${beginning}: .*`, 'g'))
    expect(remedies).toEqual([`${beginning}: write ${places} in "Email of the user".`])
    expect(said).not.toContain('set the email with this event')
  })
})
