import { eventWith, isWanted, settingsFor, translated } from './setup'

function passes(filters: unknown, properties: Record<string, unknown>): boolean {
  const event = eventWith({ ...properties, $set: { email: 'ada@example.com', ...(properties.$set as object) } })
  const config = { trackedEvents: 'purchase', contactEvents: '', eventFilters: JSON.stringify(filters) }
  return isWanted(event, settingsFor(config))
}

const missing = Symbol('missing')

/** Each row: operator, the filter's value, the property's value, whether the filter holds. */
const rows: [operator: string | null | undefined, value: unknown, property: unknown, holds: boolean][] = [
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
  ['exact', 'true', true, true],
  ['exact', 'yes', true, true],
  ['exact', 'false', false, true],
  ['exact', 'true', false, false],
  ['exact', true, 1, true],
  ['exact', 'null', null, true],
  ['exact', null, 'null', true],
  ['exact', 'x', null, false],
  ['exact', 'a', ['a'], true],
  ['exact', 'a', { a: 1 }, false],
  ['exact', 'x', { toString: 1, valueOf: 1 }, false],
  ['exact', 'constructor', missing, false],
  ['is_not', 'pro', 'free', true],
  ['is_not', 'pro', 'pro', false],
  ['is_not', ['pro', 'free'], 'pro', true],
  ['is_not', '5', 5, false],
  ['is_not', 'null', null, false],
  ['is_not', 'pro', missing, true],
  ['is_not', 'pro', { a: 1 }, true],
  ['icontains', 'PRO', 'my profile', true],
  ['icontains', 'x', 'my profile', false],
  ['icontains', ['x', 'file'], 'my profile', true],
  ['icontains', 5, 'room 5', true],
  ['icontains', '5', 5, false],
  ['icontains', 'x', missing, false],
  ['not_icontains', 'PRO', 'my profile', false],
  ['not_icontains', 'x', 'my profile', true],
  ['not_icontains', ['x', 'file'], 'my profile', true],
  ['not_icontains', '5', 5, true],
  ['not_icontains', 'x', missing, true],
  ['regex', '^/pric', '/pricing', true],
  ['regex', '^pric', '/pricing', false],
  ['regex', '(?i)^/PRIC', '/pricing', true],
  ['regex', '.', 5, false],
  ['regex', '.', missing, false],
  ['not_regex', '^/pric', '/pricing', false],
  ['not_regex', '^pric', '/pricing', true],
  ['not_regex', '.', 5, true],
  ['not_regex', '.', missing, true],
  ['gt', 5, 6, true],
  ['gt', 5, 5, false],
  ['gt', '5', 6, true],
  ['gt', [10, 5], 6, true],
  ['gt', 5, '6', false],
  ['gt', 0, true, true],
  ['gt', 'false', true, true],
  ['gt', 5, missing, false],
  ['gte', 5, 5, true],
  ['gte', 5, 4, false],
  ['lt', 5, 4, true],
  ['lt', 5, 5, false],
  ['lt', 5, '4', false],
  ['lt', 5, null, false],
  ['lte', 5, 5, true],
  ['lte', 5, 6, false],
  ['is_set', undefined, 'x', true],
  ['is_set', 'is_set', 0, true],
  ['is_set', undefined, null, true],
  ['is_set', undefined, missing, false],
  ['is_not_set', undefined, 'x', false],
  ['is_not_set', undefined, null, false],
  ['is_not_set', undefined, missing, true],
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
]

describe.each(['event', 'person'])('a filter on a property of the %s', (type) => {
  it.each(rows)('%p %p against %p: %p', (operator, value, property, holds) => {
    const found = property === missing ? {} : { tier: property }
    const filter = { key: 'tier', ...(operator !== undefined && { operator }), value, type }
    expect(passes([filter], type === 'event' ? found : { $set: found })).toBe(holds)
  })
})

describe('several filters', () => {
  const pro = { key: 'plan', value: 'pro' }
  const large = { key: 'seats', operator: 'gt', value: 10, type: 'person' }
  it.each([
    [[], {}, true],
    [[pro, large], { plan: 'pro', $set: { seats: 11 } }, true],
    [[pro, large], { plan: 'pro', seats: 11 }, false],
    [[pro, large], { $set: { plan: 'pro', seats: 11 } }, false],
    [[pro, pro], { plan: 'free' }, false],
  ])('%j on %j: %p', (filters, properties, holds) => {
    expect(passes(filters, properties)).toBe(holds)
  })
})

describe('each half of the app has filters of its own', () => {
  const pro = '[{"key": "plan", "value": "pro"}]'
  it.each([
    [{ eventFilters: pro }, 'free', '/v1/contacts/update'],
    [{ eventFilters: pro }, 'pro', '/v1/events/send'],
    [{ contactFilters: pro, contactProperties: 'a: x' }, 'free', '/v1/events/send'],
    [{ eventFilters: pro, contactFilters: pro }, 'free', undefined],
  ])('%j with plan %p', (filters, plan, path) => {
    const event = eventWith({ plan, $set: { email: 'ada@example.com' } })
    const translation = translated(event, { trackedEvents: '*', contactEvents: '*', ...filters })
    expect(translation && 'request' in translation ? translation.request.path : undefined).toBe(path)
  })
})
