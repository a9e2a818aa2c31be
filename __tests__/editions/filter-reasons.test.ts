/** Why an event is not wanted: the same sentence in the dry run of the app and in the preview of the destination. */
import { destinationFromSettings } from '../../destination/from-settings/from-settings'
import { nearMissesOf, propertiesReadBy } from '../../tools/simulators/hog/near-misses'
import { loadHogParser } from '../../tools/simulators/hog/syntax-tree'
import type { HogParser } from '../../tools/simulators/hog/syntax-tree'
import type { Config } from '../../src/settings/field'
import { withPerson } from '../../src/posthog/person'
import { nearMisses } from '../../src/translate/near-misses'
import { eventWith, settingsFor } from '../app/setup'
import { filterEditions } from './filters'

let parser: HogParser

beforeAll(async () => {
  parser = await loadHogParser()
})

describe.each(filterEditions)('%s says why a filter does not match', (_, unmet) => {
  it.each<[filter: object, total: unknown, reason: string | undefined]>([
    [{ operator: 'gt', value: 100 }, 49.5, 'total is 49.5, not > 100'],
    [{ operator: 'gt', value: 100 }, '49.5', 'total is "49.5", not > 100'],
    [{ operator: 'gt', value: 100 }, '12x', 'total is the text "12x", not a number'],
    [{ operator: 'gt', value: 100 }, true, 'total is true, not a number'],
    [{ operator: 'gt', value: 100 }, null, 'total is null, not > 100'],
    [{ operator: 'gt', value: 100 }, 200, undefined],
    [{ operator: 'gt', value: 100 }, '200', undefined],
    [{ operator: 'gte', value: 100 }, 1, 'total is 1, not >= 100'],
    [{ operator: 'lt', value: '10' }, 11, 'total is 11, not < 10'],
    [{ operator: 'lte', value: 10 }, undefined, 'total is missing, not <= 10'],
    [{ value: ['pro', 'team'] }, 'free', 'total is "free", not = "pro" or "team"'],
    [{ value: 'pro', type: 'person' }, 'free', 'person.total is "free", not = "pro"'],
    [{ operator: 'is_not', value: 'free' }, 'free', 'total is "free", not != "free"'],
    [{ operator: 'is_not', value: ['pro', 'free', 'FREE'] }, 'free', 'total is "free", not != "free"'],
    [{ operator: 'icontains', value: 'a' }, 'b', 'total is "b", not containing "a"'],
    [{ operator: 'not_icontains', value: 'a' }, 'Ab', 'total is "Ab", which contains "a"'],
    [{ operator: 'not_icontains', value: ['x', 'a', 'B'] }, 'Ab', 'total is "Ab", which contains "a" or "B"'],
    [{ operator: 'regex', value: '^a$&' }, 'b', 'total is "b", not matching "^a$&"'],
    [{ operator: 'not_regex', value: '^a' }, 'ab', 'total is "ab", which matches "^a"'],
    [{ operator: 'is_set' }, undefined, 'total is missing, not set'],
    [{ operator: 'is_not_set' }, 0, 'total is 0, not missing'],
    [
      { operator: 'is_date_before', value: '2024-05-01' },
      '2024-06-01',
      'total is "2024-06-01", not before "2024-05-01"',
    ],
    [{ operator: 'is_date_after', value: '2024-05-01' }, 'x', 'total is the text "x", not a date'],
    [{ operator: 'is_date_exact', value: '2024-05-01' }, null, 'total is null, not on "2024-05-01"'],
  ])('%j on %j', (filter, total, reason) => {
    const found = total === undefined ? {} : { total }
    const clause = unmet([{ key: 'total', ...filter }], { properties: found, person: found })
    expect(clause).toBe(reason && `filter 1 does not match: ${reason}`)
  })

  it.each<[key: string, found: object, reason: string]>([
    ['plan', { Plan: 'pro' }, '("Plan" differs from "plan" only in capitals)'],
    ['current_url', { $current_url: '/' }, '("$current_url" differs from "current_url" only in punctuation)'],
    ['lastName', { last_name: 'L', lastname: 'L' }, '("lastname" differs from "lastName" only in capitals)'],
    ['lastName', { last_name: 'L' }, '("last_name" differs from "lastName" only in capitals and punctuation)'],
    ['plan', { plan: null, Plan: 'pro' }, ''],
    ['plan', { planned: 'pro' }, ''],
    ['$', { '': 'pro' }, ''],
  ])('and names a property that looks like the missing %s: %j', (key, found, similar) => {
    const is = key in found ? 'null' : 'missing'
    const clause = `filter 1 does not match: ${key} is ${is}, not = "pro"${similar === '' ? '' : ` ${similar}`}`
    expect(unmet([{ key, value: 'pro' }], { properties: { ...found } })).toBe(clause)
    expect(unmet([{ key, value: 'pro', type: 'person' }], { person: { ...found } })).toBe(
      clause.replace(`${key} is`, `person.${key} is`),
    )
  })
})

type NearMisses = (properties: Record<string, unknown>, config: Config) => string[]

const inApp: NearMisses = (properties, config) => nearMisses(eventWith(properties), settingsFor(config))

const inPreview: NearMisses = (properties, config) => {
  const { body } = destinationFromSettings(config as Record<string, string>)
  const read = propertiesReadBy({ ...body?.inputs, ...body?.mappings[0]?.inputs }, parser)
  const event = eventWith(properties)
  return nearMissesOf(read, { event: { ...event }, person: { properties: withPerson(event).person } })
}

describe.each<[string, NearMisses]>([
  ['the app', inApp],
  ['the preview of the destination', inPreview],
])('%s names properties that look like those of a mapping', (_, nearMissesIn) => {
  it.each<[properties: Record<string, unknown>, config: Config, clauses: string[]]>([
    [
      { $set: { email: 'ada@example.com', firstName: 'Ada', last_name: 'Lovelace', name: 'Ada Lovelace' } },
      { trackedEvents: '', contactEvents: 'purchase' },
      ['person.properties.firstname: the event has firstName', 'person.properties.lastname: the event has last_name'],
    ],
    [{ $set: { firstname: 'Ada', firstName: 'Ada' } }, { trackedEvents: '', contactEvents: 'purchase' }, []],
    [
      { $set: { Email: 'ada@example.com' } },
      { trackedEvents: 'purchase', contactEvents: '', eventProperties: '' },
      ['person.properties.email: the event has Email'],
    ],
    [
      { pathname: '/' },
      { trackedEvents: 'purchase', contactEvents: '' },
      ['event.properties.$pathname: the event has pathname'],
    ],
    [
      { 'full Name': 'Ada' },
      { trackedEvents: 'purchase', contactEvents: '', eventProperties: 'name: {event.properties.Full name}' },
      ['event.properties.Full name: the event has full Name'],
    ],
  ])('%j %j', (properties, config, clauses) => {
    expect(nearMissesIn(properties, config)).toEqual(clauses)
  })
})

describe('the app names no property', () => {
  it.each<[why: string, config: Config]>([
    ['for an event that it does not want', { trackedEvents: 'other' }],
    ['if a filter does not match', { trackedEvents: 'purchase', eventFilters: 'total > 100' }],
  ])('%s', (_, config) => {
    expect(inApp({ pathname: '/', total: 5 }, config)).toEqual([])
  })
})
