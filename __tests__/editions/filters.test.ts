/** What PostHog's property filters mean, in both editions. */
import { eventWith, isWanted, settingsFor, translated } from '../app/setup'
import { filterEditions, unmetInApp } from './filters'

const missing = Symbol('missing')

/** Operators that deny another match exactly where that one does not. */
const OPPOSITES: Readonly<Record<string, string>> = {
  exact: 'is_not',
  icontains: 'not_icontains',
  regex: 'not_regex',
  is_set: 'is_not_set',
}

/** Each row: operator, the filter's value, the property's value, whether the filter matches. */
const rows: [operator: string | null | undefined, value: unknown, property: unknown, matches: boolean][] = [
  [undefined, 'pro', 'pro', true],
  [null, 'pro', 'pro', true],
  [null, 'pro', 'free', false],
  ['exact', 'pro', 'pro', true],
  ['exact', 'pro', 'Pro', false],
  ['exact', ['free', 'pro'], 'pro', true],
  ['exact', ['free', 'trial'], 'pro', false],
  ['exact', 'pro', missing, false],
  ['exact', '5', 5, true],
  ['exact', 5, '5', true],
  ['exact', '5.0', 5, true],
  ['exact', '49.50', '49.5', true],
  ['exact', ' 5 ', 5, true],
  ['exact', '1e3', 1000, true],
  ['exact', '0x5', 5, false],
  ['exact', '', 0, false],
  ['exact', '12345678901234567890', '12345678901234567891', false],
  ['exact', '12345678901234567890', Number('12345678901234567890'), true],
  ['exact', 'true', true, true],
  ['exact', true, 'true', true],
  ['exact', 'True', true, true],
  ['exact', 'TRUE', 'true', true],
  ['exact', 'false', false, true],
  ['exact', ['false'], 'False', true],
  ['exact', 'true', false, false],
  ['exact', 'yes', true, false],
  ['exact', true, 1, false],
  ['exact', '1', true, false],
  ['exact', 'null', null, false],
  ['exact', 'null', 'null', true],
  ['exact', 'x', null, false],
  ['exact', 'a', ['a'], false],
  ['exact', '["a"]', ['a'], true],
  ['exact', [['a']], ['a'], true],
  ['exact', '{"a":1}', { a: 1 }, true],
  ['exact', 'a', { a: 1 }, false],
  ['exact', 'x', { toString: 1, valueOf: 1 }, false],
  ['exact', 'constructor', missing, false],
  ['is_not', ['true'], true, false],
  ['is_not', ['localhost:8000', 'localhost:5000'], 'localhost:8000', false],
  ['is_not', ['localhost:8000', 'localhost:5000'], 'app.example.org', true],
  ['is_not', 'pro', missing, true],
  ['icontains', 'PRO', 'my profile', true],
  ['icontains', 'x', 'my profile', false],
  ['icontains', ['x', 'file'], 'my profile', true],
  ['icontains', 5, 'room 5', true],
  ['icontains', '5', 5, true],
  ['icontains', '9.5', 49.5, true],
  ['icontains', 'RU', true, true],
  ['icontains', 'admin', ['admin', 'editor'], true],
  ['icontains', '["admin","e', ['admin', 'editor'], true],
  ['icontains', '"plan":"p', { plan: 'pro' }, true],
  ['icontains', '50%', 'I want 500 of it', false],
  ['icontains', '_', 'plain', false],
  ['icontains', '', '', true],
  ['icontains', 'x', missing, false],
  ['icontains', 'ul', null, false],
  ['not_icontains', ['@example.com', '+test'], 'bob@example.com', false],
  ['not_icontains', ['@example.com', '+test'], 'bob@customer.example', true],
  ['not_icontains', 'x', missing, true],
  ['regex', '^/pric', '/pricing', true],
  ['regex', '^pric', '/pricing', false],
  ['regex', '(?i)^/PRIC', '/pricing', true],
  ['regex', ['^x', 'ing$'], '/pricing', true],
  ['regex', '^5$', 5, true],
  ['regex', '^true$', true, true],
  ['regex', '"editor"', ['admin', 'editor'], true],
  ['regex', '^$', '', true],
  ['regex', '.', missing, false],
  ['regex', '.', null, false],
  ['not_regex', ['^x', 'ing$'], '/pricing', false],
  ['gt', 5, 6, true],
  ['gt', 5, 5, false],
  ['gt', '5', 6, true],
  ['gt', [10, 5], 6, true],
  ['gt', 5, '6', true],
  ['gt', '0', '49.50', true],
  ['gt', '100', '49.5', false],
  ['gt', 5, '12x', false],
  ['gt', 0, true, false],
  ['gt', -1, '', false],
  ['gt', -1, [6], false],
  ['gt', 5, missing, false],
  ['gte', 5, 5, true],
  ['gte', 5, 4, false],
  ['lt', 5, 4, true],
  ['lt', 5, 5, false],
  ['lt', 5, '4', true],
  ['lt', 5, null, false],
  ['lt', 5, '', false],
  ['lte', 5, 5, true],
  ['lte', 5, 6, false],
  ['is_set', undefined, 'x', true],
  ['is_set', 'is_set', 0, true],
  ['is_set', null, '', true],
  ['is_set', [], false, true],
  ['is_set', undefined, [], true],
  ['is_set', undefined, null, false],
  ['is_set', undefined, missing, false],
  ['is_date_exact', '2024-05-01', '2024-05-01T23:59:59.999Z', true],
  ['is_date_exact', '2024-05-01', '2024-05-02', false],
  ['is_date_exact', '2024-05-01T10:00:00Z', '2024-05-01 12:00:00+02:00', true],
  ['is_date_exact', '2024-05-01T10:00', 1714557600, true],
  ['is_date_exact', '2024-05-01T10:00', 1714557600000, true],
  ['is_date_exact', '2024-05-01', 'soon', false],
  ['is_date_before', '2024-05-01', '2024-04-30T23:59:59Z', true],
  ['is_date_before', '2024-05-01', '2024-05-01', false],
  ['is_date_before', '2024-05-01', missing, false],
  ['is_date_after', '2024-05-01', '2024-05-02', true],
  ['is_date_after', '2024-05-01', '2024-05-01T12:00:00Z', false],
  ['is_date_after', '2024-05-01', true, false],
  ['is_date_after', '2026-01-01', '1767225600', false],
  ['is_date_after', '2026-01-01', '2026-03-01T00:00:00+0000', true],
  ['is_date_after', '2026-01-01', '2026-03-01 00:00:00 UTC', true],
  ['is_date_after', '2026-01-01', '2026-03-01T00:00:00.123456+00:00', true],
  ['is_date_after', '2026-01-01', 1772323200000, true],
  ['is_date_after', '2026-01-01', '1772323200000', true],
  ...[
    ...['2024-05-01T10:00:00', '2024-05-01 10:00', '2024-05-01T10', '2024-05-01t10:00z', ' 2024-05-01T10:00:00Z '],
    ...['2024-05-01 10:00:00 +0000', '2024-05-01 10:00:00 +0000 UTC', '2024-05-01 10:00:00 GMT', '20240501T100000Z'],
    ...['2024-05-01T10:00:00,000Z', '2024-05-01T12:00:00+02', '2024-05-01T04:30:00-0530', '1714557600', '1714557600.0'],
    ...[1714557600, 1714557600000, '1714557600000'],
  ].flatMap((form): [string, unknown, unknown, boolean][] => [
    ['is_date_exact', '2024-05-01T10:00:00Z', form, true],
    ['is_date_exact', form, '2024-05-01T10:00:00Z', true],
  ]),
  ...['2024-02-30', '2024-13-01', '2024-05-01T25:00', '2024', '05/01/2024', '2024-05-01T10:00:00 CET', '2024-5-1'].map(
    (form): [string, unknown, unknown, boolean] => ['is_date_after', '2000-01-01', form, false],
  ),
]

describe.each(filterEditions)('%s', (_, unmet) => {
  describe.each(['event', 'person'])('a filter on a property of the %s', (type) => {
    function matches(operator: string | null | undefined, value: unknown, property: unknown): boolean {
      const found = property === missing ? {} : { tier: property }
      const filter = { key: 'tier', ...(operator !== undefined && { operator }), value, type }
      return unmet([filter], type === 'event' ? { properties: found } : { person: found }) === undefined
    }

    it.each(rows)('%p %p against %p: %p', (operator, value, property, expected) => {
      expect(matches(operator, value, property)).toBe(expected)
      const [opposite] = Object.entries(OPPOSITES).flatMap(([one, other]) =>
        one === (operator ?? 'exact') ? [other] : other === operator ? [one] : [],
      )
      if (opposite !== undefined) expect(matches(opposite, value, property)).toBe(!expected)
    })
  })

  const pro = { key: 'plan', value: 'pro' }
  const large = { key: 'seats', operator: 'gt', value: 10, type: 'person' }
  it.each([
    [[], {}, true],
    [[pro, large], { properties: { plan: 'pro' }, person: { seats: 11 } }, true],
    [[pro, large], { properties: { plan: 'pro', seats: 11 } }, false],
    [[pro, large], { person: { plan: 'pro', seats: 11 } }, false],
    [[pro, pro], { properties: { plan: 'free' } }, false],
  ])('wants all filters of %j to match on %j: %p', (filters, filtered, expected) => {
    expect(unmet(filters, filtered) === undefined).toBe(expected)
  })
})

describe('a filter in the app', () => {
  const group = (type: string, ...values: unknown[]) => ({ type, values })
  const pro = { key: 'plan', value: ['pro'], operator: 'exact', type: 'person' }
  const paid = { key: 'total', value: 0, operator: 'gt' }
  it.each<[what: string, filters: unknown]>([
    [
      'fields that PostHog exports as null or with their default',
      [{ ...pro, group_type_index: null, negation: false }],
    ],
    ['a label', [{ ...pro, label: 'Plan', cohort_name: null }]],
    ['a group of an insight', group('AND', group('AND', pro))],
    ['a group with several filters', group('AND', group('AND', pro, paid), group('OR', pro))],
    ['groups in a list', [group('AND', pro), paid]],
  ])('may have %s', (_, filters) => {
    const eventFilters = JSON.stringify(filters)
    const settings = settingsFor({ trackedEvents: 'purchase', contactEvents: '', eventFilters })
    const person = (plan: string) => eventWith({ total: 5, $set: { email: 'ada@example.com', plan } })
    expect(isWanted(person('pro'), settings)).toBe(true)
    expect(isWanted(person('free'), settings)).toBe(false)
  })

  it.each([
    ['of each half', { eventFilters: '[{"key": "plan", "value": "pro"}]' }, 'free', '/v1/contacts/update'],
    ['that matches', { eventFilters: '[{"key": "plan", "value": "pro"}]' }, 'pro', '/v1/events/send'],
    [
      'of the other half',
      { contactFilters: '[{"key": "plan", "value": "pro"}]', contactProperties: 'a: x' },
      'free',
      '/v1/events/send',
    ],
    ['of both', { eventFilters: 'plan = pro', contactFilters: 'plan = pro' }, 'free', undefined],
  ])('counts for its half alone: %s', (_, filters, plan, path) => {
    const event = eventWith({ plan, $set: { email: 'ada@example.com' } })
    const translation = translated(event, { trackedEvents: '*', contactEvents: '*', ...filters })
    expect(translation && 'request' in translation ? translation.request.path : undefined).toBe(path)
  })
})

describe('a person property that the app cannot know', () => {
  const filter = (operator: string) => [{ key: 'plan', operator, value: '2024-05-01', type: 'person' }]
  const isWantedBy = (filters: unknown, properties: Record<string, unknown>): boolean => {
    const eventFilters = JSON.stringify(filters)
    return isWanted(eventWith(properties), settingsFor({ trackedEvents: '*', contactEvents: '', eventFilters }))
  }

  it.each([...Object.entries(OPPOSITES).flat(), 'is_date_exact', 'is_date_before'])(
    'matches no filter: %s',
    (operator) => {
      expect(isWantedBy(filter(operator), { $set: { email: 'ada@example.com' } })).toBe(false)
      // PostHog keeps the first value of $set_once, which may be another.
      expect(isWantedBy(filter(operator), { $set_once: { plan: '2024-05-01' } })).toBe(false)
    },
  )

  it.each([
    ['is set by the event', { $set: { plan: 'pro' } }, true],
    ['is set to null', { $set: { plan: null } }, true],
    ['is removed by the event', { $unset: ['plan'] }, true],
    ['is not mentioned', {}, false],
  ])('is known if it %s', (_, properties, expected) => {
    expect(isWantedBy(filter('is_not'), properties)).toBe(expected)
  })

  it('is known to be missing once the person was looked up', () => {
    expect(unmetInApp(filter('is_not'), {})).toBeUndefined()
  })

  it('does not hide that another filter is known not to match', () => {
    const config = { trackedEvents: '*', contactEvents: '', eventFilters: 'person.plan = pro, total > 5' }
    expect(translated(eventWith({ total: 1 }), config)).toMatchObject({ unmet: [{ number: 2, isKnown: true }] })
  })
})
