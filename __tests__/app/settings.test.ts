import { settingFields } from '../../src/settings/field'
import { parseSettings } from '../../src/settings/settings'
import { apiKey, problemsIn, requestFrom, eventWith, settingsFor } from './setup'

const defaults = Object.fromEntries(Object.entries(settingFields).map(([key, field]) => [key, field.default]))

describe('defaults', () => {
  it('are the same whether the form has filled them in or they are missing', () => {
    expect(JSON.stringify(settingsFor({ ...defaults, apiKey }))).toBe(JSON.stringify(parseSettings({ apiKey })))
    expect(settingsFor({ ...defaults, apiKey })).toMatchObject({
      ...{ delivery: 'direct', dryRun: false, apiKey },
      ...{ maxEventAge: 86_400_000, mailingListsFromEvents: false },
    })
  })

  it.each([undefined, null])('stand in for %p', (missing) => {
    const event = eventWith({ $pathname: '/pricing', $set: { email: 'ada@example.com' } }, { event: '$pageview' })
    expect(requestFrom(event, { trackedEvents: missing, eventProperties: missing, email: missing }).body).toEqual({
      email: 'ada@example.com',
      userId: 'user_1',
      eventName: '$pageview',
      eventProperties: { pathname: '/pricing' },
    })
  })

  it('do not come back where a setting was emptied', () => {
    const event = eventWith({ $pathname: '/pricing', $set: { email: 'ada@example.com' } }, { event: '$pageview' })
    expect(requestFrom(event, { eventProperties: '', userId: ' ' }).body).toEqual({
      email: 'ada@example.com',
      eventName: '$pageview',
      eventProperties: {},
    })
  })
})

describe('choices', () => {
  it.each([
    ['webhook', 'Yes', { delivery: 'webhook', dryRun: true }],
    ['Webhook', 'yes', { delivery: 'webhook', dryRun: true }],
    ['direct', 'No', { delivery: 'direct', dryRun: false }],
    ['', '', { delivery: 'direct', dryRun: false }],
  ])('%p and %p', (delivery, dryRun, expected) => {
    expect(settingsFor({ delivery, dryRun })).toMatchObject(expected)
  })
})

describe('the API key', () => {
  it('is read without the spaces and line breaks around it', () => {
    expect(parseSettings({ apiKey: ` \n${apiKey}\r\n` }).apiKey).toBe(apiKey)
  })

  it.each<[string | undefined, string]>([
    [undefined, 'Loops settings: Loops API key: the key is missing: copy a key from Loops, Settings -> API.'],
    [' ', 'Loops settings: Loops API key: the key is missing: copy a key from Loops, Settings -> API.'],
    ...['two parts', 'line\r\nX-Injected: 1', 'schlüssel', 'quo"ted', 'back\\slash'].map((key): [string, string] => [
      key,
      'Loops settings: Loops API key: the key has spaces or special characters inside: ' +
        'copy the key again from Loops, Settings -> API.',
    ]),
  ])('%p is rejected without being shown', (key, message) => {
    expect(problemsIn({ apiKey: key })).toBe(message)
  })

  it('is hidden in a message about the field it was pasted into by mistake', () => {
    expect(problemsIn({ trackedEvents: `{"${apiKey}": 1}`, delivery: apiKey })).toBe(
      'Loops settings: ' +
        'Events to send: "[API key]" is an API key: write it into "Loops API key" only. ' +
        'Delivery: "[API key]" is an API key: write it into "Loops API key" only.',
    )
  })
})

describe('a key that is too short', () => {
  it('is rejected, and masks no part of a message', () => {
    expect(problemsIn({ apiKey: 'e', delivery: 'email' })).toBe(
      'Loops settings: ' +
        'Loops API key: the key is shorter than 8 characters: copy the key again from Loops, Settings -> API. ' +
        'Delivery: "email" must be "direct" or "webhook".',
    )
  })
})

describe('a key of PostHog', () => {
  it.each(['phc_0123456789', 'phx_0123456789', 'phs_0123456789'])('is rejected: %s', (key) => {
    expect(problemsIn({ apiKey: key })).toContain('Loops API key: the key is a PostHog key: copy the key again')
  })

  it.each(['phx', 'phs', 'phc'])('is rejected in any other setting without being shown: %s', (prefix) => {
    const key = `${prefix}_${'Ab3'.repeat(15)}`
    expect(problemsIn({ contactProperties: key, trackedEvents: `a, ${key}`, eventFilters: `[{"a": "${key}"}]` })).toBe(
      'Loops settings: ' +
        'Events to send: "[API key]" is an API key of PostHog: remove it. ' +
        'Events to send: property filters: "[API key]" is an API key of PostHog: remove it. ' +
        'Update contacts: property mapping: "[API key]" is an API key of PostHog: remove it.',
    )
  })

  it('is no name that begins like one', () => {
    expect(() => settingsFor({ trackedEvents: 'phx_join, phx_heartbeat_of_a_live_view' })).not.toThrow()
  })
})

describe('a settings error', () => {
  it('lists every problem at once', () => {
    const message = problemsIn({ dryRun: 'maybe', email: '', trackedEvents: '["a"', eventFilters: '{}' })
    expect(message).toBe(
      'Loops settings: ' +
        'Email of the user: "" does not say where the email is: write a placeholder like {person.properties.email}. ' +
        'Events to send: "[\\"a\\"" is not valid JSON, because it has no ] at its end: write it like {"account:signup": "Signed up"}. ' +
        'Events to send: property filters: "{}" is not a list of filters: ' +
        'write it like [{"key": "plan", "operator": "exact", "value": ["pro"], "type": "event"}]. ' +
        'Dry run (mock out HTTP requests): "maybe" must be "No" or "Yes".',
    )
  })

  it('lists that both halves are off along with the rest', () => {
    expect(problemsIn({ apiKey: '', trackedEvents: '', contactEvents: '' })).toBe(
      'Loops settings: ' +
        'Loops API key: the key is missing: copy a key from Loops, Settings -> API. ' +
        'Both event lists are empty: fill in "Events to send" or "Events that update contacts".',
    )
  })

  it.each([
    [{ userId: '{distinct_id}' }, /^Loops settings: User ID: "{distinct_id}" is not a placeholder: /],
    [{ email: '{person.email}' }, /^Loops settings: Email of the user: "{person.email}" is not a placeholder: /],
    [{ eventMailingLists: 'abc: {news}' }, /^Loops settings: Events to send: mailing lists: "{news}" is not a plac/],
  ])('says of a wrong placeholder nothing else: %j', (config, message) => {
    expect(problemsIn(config)).toMatch(message)
    expect(problemsIn(config)).not.toMatch(/same contact|cannot be the value/)
  })

  it('shows a long value from its beginning only, and on one line', () => {
    const message = problemsIn({ delivery: `first\nsecond ${'x'.repeat(1000)}` })
    expect(message).toMatch(/^Loops settings: Delivery: "first\\nsecond x+… must be/)
    expect(message.length).toBeLessThan(250)
  })

  const mistakes: [string, Record<string, unknown>, string][] = [
    [
      'email that is the same for everybody',
      { email: '{event.event}@example.com' },
      'would give everybody the same contact',
    ],
    ['email as a JSON object', { email: '{"a": "b"}' }, 'is not a JSON list of texts'],
    ['user ID that is the same for everybody', { userId: '{event.event}' }, 'would give everybody the same contact'],
    ['a placeholder without a name', { eventProperties: 'a: {event.properties.}' }, 'is not a placeholder'],
    [
      'a placeholder that is not closed',
      { eventProperties: 'a: {event.event' },
      '"{event.event" has a brace "{" without its "}": write a placeholder like {person.properties.NAME}.',
    ],
    [
      'a mapping without a value',
      { eventProperties: 'plan' },
      '"plan" is not "name: value": write a colon between the two; if a name or a text has a comma or a colon, ' +
        'write JSON like {"plan": "{person.properties.plan}"}.',
    ],
    ['a list without a value', { eventMailingLists: 'abc' }, 'write JSON like {"cm06f5v0e45nf0ml5754o9cix": true}.'],
    [
      'a mapping whose JSON lacks quotes',
      { eventProperties: '{plan: x}' },
      '"{plan: x}" is not valid JSON, which needs double quotes around names and texts: write it like {"plan": ',
    ],
    [
      'event names whose JSON has the wrong quotes',
      { trackedEvents: "{'a': 'b'}" },
      `"{'a': 'b'}" is not valid JSON, because it has single quotes instead of double ones: write it like {"account:signup": `,
    ],
    [
      'a list of events in braces',
      { contactEvents: '{a}' },
      '"{a}" is not valid JSON, which needs double quotes around names and texts: write it like ["account:signup"].',
    ],
    [
      'a rate beyond what can be kept',
      { requestsPerSecond: '2000' },
      'must be a number above 0 and up to 1000: write 10 unless',
    ],
    [
      'a look-up that webhook delivery cannot make',
      { delivery: 'webhook', posthogUrl: 'https://posthog.example.com' },
      'PostHog address: "https://posthog.example.com" does not work with "webhook" delivery: leave it empty, or choose "direct".',
    ],
    [
      'a user ID that nobody is asked for',
      { userId: '{person.id}' },
      'User ID: "{person.id}" needs a look-up in PostHog: fill in "PostHog address".',
    ],
    ...['1 day', '-1', '24h', '1e3', 'none', '0x10'].map((maxEventAge): [string, Record<string, unknown>, string] => [
      `an age of ${maxEventAge}`,
      { maxEventAge },
      `Maximum event age (hours): "${maxEventAge}" must be a number of hours: write one like 24, or leave it empty`,
    ]),
    ['a mapping without a name', { eventProperties: ': x' }, '": x" is not "name: value"'],
    ['a name given twice', { eventProperties: 'a: 1, a: 2' }, '"a" appears twice: remove one of the two'],
    ['a mapping as a JSON list', { eventProperties: '["a"]' }, 'is not a JSON object: write it like'],
    ['a mapping to null', { contactProperties: '{"a": null}' }, 'null cannot be the value of "a"'],
    ['a mapping to a list', { contactProperties: '{"a": ["x"]}' }, '["x"] cannot be the value of "a": write text'],
    ['a name that is too long', { eventProperties: `${'n'.repeat(499)}: x` }, 'is longer than the 500 characters'],
    ['a polluting name', { eventProperties: '__proto__: x' }, '"__proto__" cannot be used as a name'],
    ['an empty name', { eventProperties: '{"": "x"}' }, '"" cannot be used as a name'],
    ...['email', 'userId', 'eventName', 'eventProperties', 'mailingLists'].map(
      (name): [string, Record<string, unknown>, string] => [
        `a contact property ${name}`,
        { contactProperties: `${name}: x` },
        `Update contacts: property mapping: "${name}" has its own setting: remove it from the mapping.`,
      ],
    ),
    ...['id', 'listId', 'softDeleteAt', 'teamId', 'updatedAt', 'optInStatus', '__proto__'].map(
      (name): [string, Record<string, unknown>, string] => [
        `a contact property ${name}`,
        { contactProperties: `${name}: x` },
        `Update contacts: property mapping: "${name}" is reserved by Loops: choose another name.`,
      ],
    ),
    ['a list with text around', { eventMailingLists: 'abc: x{event.event}' }, 'cannot be the value of list "abc"'],
    ['a list without an ID', { contactMailingLists: '{"": true}' }, '"" cannot be used as a name'],
    ['an excluded address that is none', { excludedEmails: 'a@b@c' }, '"a@b@c" is neither an email nor a domain'],
    ['both halves off', { trackedEvents: '', contactEvents: '[]' }, 'Both event lists are empty: fill in'],
    ['nothing but exclusions', { trackedEvents: '!a, !b' }, '"!a, !b" only excludes events: put * first'],
    ['an event name for an exclusion', { trackedEvents: '{"!a": "b"}' }, '"!a" needs the event name for Loops as text'],
    ['an event name that is empty', { trackedEvents: '{"a": ""}' }, '"a" needs the event name for Loops as text'],
    ['an event name that is no text', { trackedEvents: '{"a": true}' }, '"a" needs the event name for Loops as text'],
    ['an event list of numbers', { trackedEvents: '[1]' }, '"[1]" is not a JSON list of texts'],
    [
      'event names for contacts',
      { contactEvents: '{"a": "b"}' },
      'has event names for Loops, which a contact update does not send: write a list like ["account:signup"].',
    ],
    ['a filter that is no object', { eventFilters: '["plan"]' }, '"plan" has no "key"'],
    ['a filter without a key', { eventFilters: '[{"value": 1}]' }, 'has no "key": write the name of the property'],
    ['a filter without a value', { eventFilters: '[{"key": "a"}]' }, 'has no "value": write the value to compare with'],
    ['a filter with no values', { eventFilters: '[{"key": "a", "value": []}]' }, 'has no "value"'],
    [
      'an unknown filter type',
      { eventFilters: '[{"key": "a", "type": "cohort", "value": 1}]' },
      '"cohort" is not a filter type (filter on "a"): write "event" or "person".',
    ],
    [
      'an unknown operator',
      { eventFilters: '[{"key": "a", "operator": "like", "value": 1}]' },
      '"like" is not an operator',
    ],
    [
      'an operator that every object has',
      { eventFilters: '[{"key": "a", "operator": "toString", "value": 1}]' },
      '"toString" is not an operator (filter on "a"): write one of exact, is_not,',
    ],
    [
      'a broken regular expression',
      { contactFilters: '[{"key": "a", "operator": "regex", "value": "("}]' },
      'Update contacts: property filters: "(" is not valid for regex (filter on "a"): write a regular expression of RE2, ' +
        'at most 10,000 characters long with its repetitions written out.',
    ],
    [
      'a number that is none',
      { contactFilters: '[{"key": "a", "operator": "gt", "value": ["5", "many"]}]' },
      '["5","many"] is not valid for gt (filter on "a"): write a number.',
    ],
    [
      'a date that is none',
      { contactFilters: '[{"key": "a", "operator": "is_date_after", "value": "2024-02-30"}]' },
      '"2024-02-30" is not valid for is_date_after (filter on "a"): write a date like "2024-05-01"',
    ],
    [
      'a value that is null',
      { contactFilters: '[{"key": "a", "operator": "is_not", "value": ["pro", null]}]' },
      '["pro",null] is not valid for is_not (filter on "a"): write a value, or use the operator is_not_set',
    ],
    [
      'a group of which any filter may match',
      { contactFilters: '{"type": "OR", "values": [{"key": "a", "value": "b"}, {"key": "c", "value": "d"}]}' },
      'is an OR group, of which any filter may match: write one filter with several values, or filters',
    ],
    [
      'a filter on a cohort',
      { contactFilters: '[{"key": "id", "type": "cohort", "value": 5, "operator": "in", "cohort_name": "Staff"}]' },
      '"cohort" is not a filter type (filter on "id"): write "event" or "person".',
    ],
    [
      'a filter that is turned around',
      { contactFilters: '[{"key": "a", "value": "b", "negation": true}]' },
      '"negation" is not a field of a filter (filter on "a"): write key, operator, value and type only.',
    ],
    [
      'a date relative to now',
      { contactFilters: '[{"key": "a", "operator": "is_date_after", "value": "-7d"}]' },
      '"-7d" is relative to now, which is not possible here: remove the filter, or write one on a property',
    ],
  ]
  it.each(mistakes)('names %s', (_, config, message) => {
    expect(problemsIn(config)).toContain(message)
  })
})
