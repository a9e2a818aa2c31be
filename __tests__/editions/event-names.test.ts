import { eventWith } from '../app/setup'
import { editions, loadEditions } from './editions'
import type { Edition } from './editions'

beforeAll(loadEditions)

const set = { $set: { email: 'ada@example.com' } }

function eventNameFor({ resultOf }: Edition, trackedEvents: string, event: string): unknown {
  const result = resultOf(eventWith(set, { event }), { trackedEvents, contactEvents: '$identify' })
  return result && 'request' in result ? result.request.body.eventName : undefined
}

describe.each(editions)('which events the %s sends, and under which name', (_, edition) => {
  it.each<[trackedEvents: string, event: string, eventName: string | undefined]>([
    ['purchase', 'purchase', 'purchase'],
    ['purchase', 'Purchase', undefined],
    ['purchase', 'purchases', undefined],
    [' sign up ,, purchase , ', 'purchase', 'purchase'],
    [' sign up ,, purchase , ', 'sign up', 'sign up'],
    ['', 'purchase', undefined],
    ['{}', 'purchase', undefined],
    ['[]', 'purchase', undefined],
    ['*', 'purchase', 'purchase'],
    ['*', '$pageview', '$pageview'],
    ['*', '', undefined],
    ['order *', 'order paid', 'order paid'],
    ['order *', 'order ', 'order '],
    ['order *', 'reorder paid', undefined],
    ['* paid', 'order paid', 'order paid'],
    ['* paid', 'order paid back', undefined],
    ['a*b*c', 'abc', 'abc'],
    ['a*b*c', 'a-b-b-c', 'a-b-b-c'],
    ['a*b*c', 'acb', undefined],
    ['ab*ba', 'aba', undefined],
    ['a*ab*b', 'aab', undefined],
    ['a*ab*b', 'aabb', 'aabb'],
    ['a.c', 'abc', undefined],
    ['*, !order *', 'order viewed', undefined],
    ['*, !order *', 'purchase', 'purchase'],
    ['!order viewed, order *', 'order viewed', undefined],
    ['!order viewed, order *', 'order paid', 'order paid'],
    ['["a, b", "!*c"]', 'a, b', 'a, b'],
    ['["a, b*", "!*c"]', 'a, bc', undefined],
    ['[ "a:b" ]', 'a:b', 'a_b'],
    ['{"account:signup": "Signed up"}', 'account:signup', 'Signed up'],
    ['{ "account:signup": "Signed up", "*": "Other" }', 'account:signup', 'Signed up'],
    ['{"*": "Other", "account:signup": "Signed up"}', 'account:signup', 'Signed up'],
    ['{"*": "Other"}', 'anything', 'Other'],
    ['{"a": "b:c:d"}', 'a', 'b_c_d'],
    ['a:b:c', 'a:b:c', 'a_b_c'],
    ['__proto__', '__proto__', '__proto__'],
    ['purchase', 'constructor', undefined],
    ['*', 'x'.repeat(600), 'x'.repeat(498)],
  ])('%p makes of %p: %p', (trackedEvents, event, eventName) => {
    expect(eventNameFor(edition, trackedEvents, event)).toBe(eventName)
  })

  it('does not take an event that has no name', () => {
    const nameless = eventWith(set, { event: undefined as unknown as string })
    expect(edition.resultOf(nameless, { trackedEvents: '*' })).toBeUndefined()
  })
})
