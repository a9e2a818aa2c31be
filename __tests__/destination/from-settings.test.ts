import { builtDestination } from '../../destination/from-settings/body'
import { destinationFromSettings } from '../../destination/from-settings/from-settings'
import type { AppSettings } from '../../destination/from-settings/from-settings'
import { compileInputs } from '../../tools/simulators/hog/inputs'
import { loadHogParser } from '../../tools/simulators/hog/syntax-tree'
import { apiKey } from '../app/setup'

type Mapping = readonly [name: string, events: readonly (string | null)[], properties: readonly unknown[]]

/** The mappings, each with its name, events and property filters. */
function mappingsOf(config: AppSettings): Mapping[] | readonly string[] {
  const { body, refusals } = destinationFromSettings(config)
  if (body === undefined) return refusals
  return body.mappings.map(({ name, filters }): Mapping => [
    name,
    filters.events.map(({ id }) => id),
    filters.properties,
  ])
}

/** The values of the inputs: those at the top first, then those of each mapping. */
function valuesOf(config: AppSettings): Record<string, unknown>[] {
  const { body } = destinationFromSettings(config)
  return [body?.inputs ?? {}, ...(body?.mappings ?? []).map(({ inputs }) => inputs)].map((inputs) =>
    Object.fromEntries(Object.entries(inputs).map(([key, { value }]) => [key, value])),
  )
}

const both = 'Send events and update contacts'

describe('destinationFromSettings', () => {
  it("makes the built destination of the app's defaults", () => {
    expect(destinationFromSettings({})).toEqual({ body: builtDestination })
  })

  it('has no key', () => {
    expect(JSON.stringify(destinationFromSettings({ apiKey }))).not.toContain(apiKey)
  })

  it('writes the inputs, whose templates PostHog can parse', async () => {
    const config = {
      email:
        '["{person.properties.email}", "{event.properties.account.email}", "{event.properties.login}@example.org"]',
      userId: "acc-{person.id}-{event.properties.it's}",
      excludedEmails: '@Example.com, *.example.net, ada@example.org',
      maxEventAge: '',
      mailingListsFromEvents: 'Yes',
      trackedEvents: '{"account:signup": "Signed {up}", "purchase": "purchase"}',
      eventProperties: '{"total": "{event.properties.total}", "n": 5, "is": true, "of": "a {event.uuid} \\\\ [b]"}',
      includeAllEventProperties: 'Yes',
      eventMailingLists: 'a: true, b: {event.properties.let}',
      contactEvents: '',
    }
    const values = valuesOf(config)
    expect(values).toEqual([
      {
        email:
          "{[event.properties.$set.email ?? person.properties.email, (event.properties['account.email'] ?? event.properties.account.email), " +
          "concat(event.properties.login, '@example.org')]}",
        userId: "{concat('acc-', person.id, '-', event.properties['it\\'s'])}",
        excludedEmails: 'example.com, *.example.net, ada@example.org',
        maxEventAge: '',
        mailingListsFromEvents: true,
      },
      {
        action: 'event',
        eventNames: { 'account:signup': 'Signed \\{up}' },
        eventProperties: { total: '{event.properties.total}', n: '{5}', is: '{true}', of: 'a {event.uuid} \\\\ [b]' },
        includeAllEventProperties: true,
        contactProperties: {},
        includeAllPersonProperties: false,
        mailingLists: { a: '{true}', b: "{event.properties['let']}" },
      },
    ])
    const parser = await loadHogParser()
    for (const inputs of values) {
      const written = Object.entries(inputs).map(([key, value]) => [key, { value }] as const)
      expect(() => compileInputs(Object.fromEntries(written), parser)).not.toThrow()
    }
  })

  it.each<[why: string, AppSettings, Mapping[]]>([
    [
      'one mapping where both groups name the event',
      { trackedEvents: 'purchase, signed up', contactEvents: '$set, signed up' },
      [
        ['Update contacts', ['$set'], []],
        ['Send events', ['purchase'], []],
        [both, ['signed up'], []],
      ],
    ],
    [
      'two mappings where the filters of the groups differ',
      { trackedEvents: 'signed up', contactEvents: 'signed up', contactFilters: 'person.plan = pro, email is set' },
      [
        [
          'Update contacts',
          ['signed up'],
          [
            { key: 'plan', type: 'person', operator: 'exact', value: 'pro' },
            { key: 'email', type: 'event', operator: 'is_set' },
          ],
        ],
        ['Send events', ['signed up'], []],
      ],
    ],
    [
      'one mapping where the filters of the groups are the same',
      {
        trackedEvents: 'signed up',
        contactEvents: 'signed up',
        eventFilters: '[{"key": "plan", "value": "pro"}]',
        contactFilters: 'plan = pro',
      },
      [[both, ['signed up'], [{ key: 'plan', type: 'event', operator: 'exact', value: 'pro' }]]],
    ],
    [
      'two mappings where a missing value lets the list of the contact count',
      {
        trackedEvents: 'signed up',
        contactEvents: 'signed up',
        eventMailingLists: 'a: {event.properties.news}',
        contactMailingLists: 'a: true',
      },
      [
        ['Update contacts', ['signed up'], []],
        ['Send events', ['signed up'], []],
      ],
    ],
    [
      "filters of an insight's groups, with numbers as numbers and several values that must all differ",
      {
        trackedEvents: 'signed up',
        contactEvents: '',
        eventFilters:
          '{"type": "AND", "values": [{"key": "total", "operator": "gt", "value": "100"}, ' +
          '{"key": "plan", "type": "person", "operator": "is_not", "value": ["free", "5"]}]}',
      },
      [
        [
          'Send events',
          ['signed up'],
          [
            { key: 'total', type: 'event', operator: 'gt', value: 100 },
            { key: 'plan', type: 'person', operator: 'is_not', value: ['free', '5'] },
          ],
        ],
      ],
    ],
    ['every event', { trackedEvents: '*, order *', contactEvents: '*' }, [[both, [null], []]]],
    ['an empty group', { trackedEvents: '', contactEvents: '$set' }, [['Update contacts', ['$set'], []]]],
  ])('makes %s', (_, config, mappings) => {
    expect(mappingsOf(config)).toEqual(mappings)
  })

  it.each<[AppSettings, string[]]>([
    [
      { posthogUrl: 'https://posthog.example.com' },
      ['PostHog address: a destination needs no look-up, because PostHog gives it the stored person: leave it empty.'],
    ],
    [{ delivery: 'webhook' }, ['Delivery: PostHog sends the requests of a destination: write "direct".']],
    [{ requestsPerSecond: '5' }, ['Requests per second: a destination has no rate limit: remove this setting.']],
    [
      { dryRun: 'yes', userId: '{x}', email: '' },
      [
        'Dry run (mock out HTTP requests): a destination has no dry run: write "No", and use "Test function" in PostHog.',
        'Email of the user: "" does not say where the email is: write a placeholder like {person.properties.email}.',
        'User ID: "{x}" is not a placeholder: write {event.properties.x} or {person.properties.x}.',
      ],
    ],
    [
      { trackedEvents: '{"order *": "Order", "*": "Other"}', contactEvents: '*, !$pageview' },
      [
        ...['"order *"', '"*"'].map(
          (name) =>
            `Events to send: ${name} has a wildcard, and PostHog's filters take whole names: write each event that you want.`,
        ),
        'Events that update contacts: "!$pageview" leaves out an event, and PostHog\'s filters take whole names: ' +
          'write each event that you want.',
      ],
    ],
    [
      { eventFilters: '[' },
      [expect.stringMatching(/^Events to send: property filters: "\[" is not valid JSON/) as string],
    ],
  ])('refuses %j', (config, refusals) => {
    expect(destinationFromSettings(config)).toEqual({ refusals })
  })

  it.each([
    'null',
    'NaN',
    'inf',
    'infinity',
    'let',
    'fun',
    'fn',
    'while',
    'try',
    'catch',
    'finally',
    'Throw',
    'if',
    '1a',
  ])('can read the property %s', async (name) => {
    const [{ email } = {}] = valuesOf({ email: `{person.properties.${name}}` })
    expect(compileInputs({ email: { value: email } }, await loadHogParser()).size).toBe(1)
  })
})
