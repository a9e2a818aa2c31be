import { parseEventNames } from '../../src/settings/event-names'
import { whyNotNamed } from '../../src/settings/similar-name'
import { translate } from '../../src/translate/translate'
import { unmetReason, unmetReasonWithValues } from '../../src/translate/unwanted'
import { eventWith, receivedAt, settingsFor } from './setup'

/** Why the filter keeps an event with the property `total` back. */
function reasonsOf(filter: object, total: unknown): [logged: string, inDryRun: string] | undefined {
  const event = eventWith({ ...(total !== undefined && { total }), $set: { total, email: 'ada@example.com' } })
  const eventFilters = JSON.stringify([{ key: 'total', ...filter }])
  const settings = settingsFor({ trackedEvents: 'purchase', contactEvents: '', eventFilters })
  const translation = translate(event, settings, receivedAt)
  if (translation === undefined || !('unmet' in translation)) return undefined
  return [unmetReason(translation.unmet), unmetReasonWithValues(translation.unmet)]
}

describe('a filter that does not hold', () => {
  it.each<[filter: object, total: unknown, reason: string | undefined]>([
    [{ operator: 'gt', value: 100 }, 49.5, 'total is 49.5, not > 100'],
    [{ operator: 'gt', value: 100 }, '200', 'total is "200", not > 100'],
    [{ operator: 'gt', value: 100 }, 200, undefined],
    [{ operator: 'gte', value: 100 }, 1, 'total is 1, not >= 100'],
    [{ operator: 'lt', value: '10' }, 11, 'total is 11, not < 10'],
    [{ operator: 'lte', value: 10 }, undefined, 'total is missing, not <= 10'],
    [{ value: ['pro', 'team'] }, 'free', 'total is "free", not = "pro" or "team"'],
    [{ value: 'pro', type: 'person' }, 'free', 'person.total is "free", not = "pro"'],
    [{ operator: 'is_not', value: 'free' }, 'free', 'total is "free", not != "free"'],
    [{ operator: 'icontains', value: 'a' }, 'b', 'total is "b", not containing "a"'],
    [{ operator: 'not_icontains', value: 'a' }, 'Ab', 'total is "Ab", which contains "a"'],
    [{ operator: 'regex', value: '^a$&' }, 'b', 'total is "b", not matching "^a$&"'],
    [{ operator: 'not_regex', value: '^a' }, 'ab', 'total is "ab", which matches "^a"'],
    [{ operator: 'is_set' }, undefined, 'total is missing, not set'],
    [{ operator: 'is_not_set' }, 0, 'total is 0, not missing'],
    [
      { operator: 'is_date_before', value: '2024-05-01' },
      '2024-06-01',
      'total is "2024-06-01", not before "2024-05-01"',
    ],
    [{ operator: 'is_date_after', value: '2024-05-01' }, 'x', 'total is "x", not after "2024-05-01"'],
    [{ operator: 'is_date_exact', value: '2024-05-01' }, null, 'total is null, not on "2024-05-01"'],
  ])('%j on %j', (filter, total, reason) => {
    const name = 'type' in filter ? 'person.total' : 'total'
    const expected = [`filter 1 does not hold (on "${name}")`, `filter 1 does not hold: ${reason ?? ''}`]
    expect(reasonsOf(filter, total)).toEqual(reason === undefined ? undefined : expected)
  })
})

describe('a name that is nearly in the list', () => {
  it.each<[list: string, event: string, reason: string | undefined]>([
    ['purchase', 'Purchase', '"Purchase" differs from "purchase" only in capitals'],
    ['user signed up', 'user  signed up', '"user  signed up" differs from "user signed up" only in blanks'],
    ['user signed up', 'UserSignedUp', '"UserSignedUp" differs from "user signed up" only in capitals and blanks'],
    ['a, Order *', 'order paid', '"order paid" differs from "Order *" only in capitals'],
    ['a, order *', 'order', '"order" differs from "order *" only in blanks'],
    ['*, !$page*', '$pageview', '"!$page*" excludes it'],
    ['a, !b', 'b', undefined],
    ['purchase', 'purchases', undefined],
    ['', 'purchase', undefined],
    ['["say \\"hi\\""]', 'Say "hi"', '"Say \\"hi\\"" differs from "say \\"hi\\"" only in capitals'],
  ])('%j: %j', (text, event, reason) => {
    const reject = (): never => {
      throw new Error('The list was refused')
    }
    expect(whyNotNamed(parseEventNames({ text, reject }, { renamed: true }), event)).toBe(reason)
  })
})
