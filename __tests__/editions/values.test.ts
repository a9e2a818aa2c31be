import { eventWith, uuid } from '../app/setup'
import { editions, expectedOf, loadEditions, requestOf } from './editions'
import type { Difference } from './editions'
import type { Config } from '../../src/settings/field'

beforeAll(loadEditions)

const emoji = '😀'

const LISTS = {
  destination: "[|{'name': 'Acme', 'address': {'city': 'London'}, 'a.b': 1}|['a', 'b']]",
  because: 'PostHog writes a list or an object inside a text in the notation of Hog',
}

describe.each(editions)('the value that Loops gets from the %s', (_, edition) => {
  it.each<[string, unknown, unknown, Difference<unknown>?]>([
    ['text', 'pro', 'pro'],
    ['a blank', ' ', ' '],
    ['empty text', '', undefined],
    ['the text undefined', 'undefined', undefined],
    ['the text null', 'null', undefined],
    ['the text of an object', '[object Object]', undefined],
    ['such a text in capitals, which is a name', 'Null', 'Null'],
    ['such a text with blanks', ' null', ' null'],
    ['a text that begins so', 'undefined behaviour', 'undefined behaviour'],
    ['a number', 49.5, 49.5],
    ['zero', 0, 0],
    ['NaN', NaN, undefined],
    ['infinity', -Infinity, undefined],
    ['true', true, true],
    ['false', false, false],
    ['null', null, undefined],
    ['nothing', undefined, undefined],
    ['a date', new Date('2024-05-01T10:00:00.123Z'), '2024-05-01T10:00:00.123Z'],
    ['an invalid date', new Date(NaN), undefined],
    ['an empty list', [], undefined],
    ['a list', ['a', 2, true], 'a, 2, true'],
    ['a list of dates', [new Date('2024-05-01T10:00:00Z')], '2024-05-01T10:00:00.000Z'],
    ['a list with empty items', ['a', '', null, 'b'], 'a, b'],
    ['a list of empty items', ['', null, 'undefined'], undefined],
    ['a list with empty texts', ['null', 'a', '[object Object]', 'undefined', 'b'], 'a, b'],
    ['a list with an object', ['a', { b: 1 }], undefined],
    ['a list in a list', ['a', ['b']], undefined],
    [
      'a list with NaN',
      [1, NaN],
      undefined,
      { destination: '1', because: 'PostHog stores events as JSON, NaN as null' },
    ],
    ['an empty object', {}, undefined],
    ['an object', { name: 'Acme' }, undefined],
    ['498 characters', 'x'.repeat(498), 'x'.repeat(498)],
    ['499 characters', 'x'.repeat(499), 'x'.repeat(498)],
    ['a megabyte', 'x'.repeat(1_000_000), 'x'.repeat(498)],
    ['characters that JSON escapes', '"'.repeat(300), '"'.repeat(249)],
    ['249 of them', '"'.repeat(249), '"'.repeat(249)],
    ['control characters', '\u0001'.repeat(100), '\u0001'.repeat(83)],
    ['pairs, never cut in two', `x${emoji.repeat(249)}`, `x${emoji.repeat(248)}`],
    ['half a pair', '\ud83d'.repeat(100), '\ud83d'.repeat(83)],
    ['a long list', Array.from({ length: 300 }, () => 'ab'), `${'ab, '.repeat(124)}ab`],
  ])('%s', (...[, value, ofApp, difference]) => {
    const expected = expectedOf(edition, ofApp, difference)
    const config = { trackedEvents: '*', eventProperties: '', includeAllEventProperties: 'Yes' }
    const { body } = requestOf(edition, eventWith({ value }), config)
    expect(body.eventProperties).toEqual(expected === undefined ? {} : { value: expected })
    expect(JSON.stringify(expected ?? '').length).toBeLessThanOrEqual(500)
  })
})

describe.each(editions)('placeholders in the %s', (_, edition) => {
  const event = eventWith({
    plan: 'pro',
    seats: 7,
    trial: false,
    nothing: null,
    tags: ['a', 'b'],
    'full name': 'Ada Lovelace',
    'company.name': 'whole',
    company: { name: 'Acme', address: { city: 'London' }, 'a.b': 1 },
    'odd:name, really': 'odd',
    $set: { email: 'ada@example.com', first: 'Ada', company: { size: 12 } },
  })

  it.each<[template: string, value: unknown, difference?: Difference<unknown>]>([
    ['{event.event}', 'purchase'],
    ['{event.uuid}', uuid],
    ['{event.distinct_id}', 'user_1'],
    ['{event.timestamp}', '2024-05-01T10:00:00.000Z'],
    ['{event.properties.seats}', 7],
    ['{event.properties.trial}', false],
    ['{event.properties.nothing}', undefined],
    ['{event.properties.missing}', undefined],
    ['{event.properties.tags}', 'a, b'],
    ['{event.properties.tags.1}', 'b'],
    ['{event.properties.full name}', 'Ada Lovelace'],
    ['{ event.properties.full name }', 'Ada Lovelace'],
    ['{event.properties.company.name}', 'whole'],
    ['{event.properties.company.address.city}', 'London'],
    ['{event.properties.company.address}', undefined],
    ['{event.properties.company.missing.city}', undefined],
    ['{event.properties.nothing.city}', undefined],
    [
      '{event.properties.plan.length}',
      undefined,
      { destination: 3, because: "Hog's VM gives the length of a text by that name" },
    ],
    ['{event.properties.odd:name, really}', 'odd'],
    ['{event.properties.constructor}', undefined],
    ['{event.properties.constructor.name}', undefined],
    ['{event.properties.__proto__}', undefined],
    ['{event.properties.company.__proto__.toString}', undefined],
    ['{event.properties.$set.first}', 'Ada'],
    ['{person.properties.first}', 'Ada'],
    ['{person.properties.company.size}', 12],
    ['{person.properties.plan}', undefined],
    [
      '{person.id}',
      undefined,
      { destination: 'person-1', because: 'PostHog gives the destination the person; the app has to look it up' },
    ],
    ['plain text', 'plain text'],
    ['{person.properties.first} from {event.properties.company.address.city}', 'Ada from London'],
    ['{event.properties.seats} seats, trial: {event.properties.trial}', '7 seats, trial: false'],
    ['{person.properties.first} {person.properties.last}', 'Ada '],
    ['{person.properties.middle} {person.properties.last}', undefined],
    ['[{event.properties.nothing}|{event.properties.company}|{event.properties.tags}]', '[||a, b]', LISTS],
    ['', undefined],
  ])('%s gives %p', (...[template, ofApp, difference]) => {
    const value = expectedOf(edition, ofApp, difference)
    const eventProperties = JSON.stringify({ value: template })
    expect(requestOf(edition, event, { trackedEvents: '*', eventProperties }).body.eventProperties).toEqual(
      value === undefined ? {} : { value },
    )
  })

  it('gives a date of composeWebhook as onEvent has it', () => {
    const webhookEvent = { ...event, timestamp: new Date('2024-05-01T10:00:00.123Z') }
    const config = { trackedEvents: '*', eventProperties: 'at: {event.timestamp}' }
    expect(requestOf(edition, webhookEvent, config).body.eventProperties).toEqual({ at: '2024-05-01T10:00:00.123Z' })
  })

  it.each<[timestamp: string, at: unknown, difference: Difference<unknown>]>(
    ['', 'yesterday'].map((timestamp) => [
      timestamp,
      undefined,
      { destination: '2024-05-01T10:00:00.000Z', because: 'PostHog stores no event without a time' },
    ]),
  )('gives for the timestamp %p %p', (timestamp, ofApp, difference) => {
    const at = expectedOf(edition, ofApp, difference)
    const config = { trackedEvents: '*', eventProperties: 'at: {event.timestamp}' }
    const { body } = requestOf(edition, { ...event, timestamp }, config)
    expect(body.eventProperties).toEqual(at === undefined ? {} : { at })
  })
})

describe.each(editions)('a contact property of the %s', (_, edition) => {
  function propertiesFor(properties: Record<string, unknown>, config: Config): unknown {
    const all = { trackedEvents: '', contactEvents: 'purchase', contactProperties: '' }
    const event = eventWith({ $set: { email: 'ada@example.com', ...properties } })
    const { email, userId, ...others } = requestOf(edition, event, { ...all, ...config }).body
    return others
  }

  it.each<[createdAt: unknown, expected: unknown]>([
    [1599264000, 1599264000000],
    ['1599264000', 1599264000000],
    [1599264000.5, 1599264000500],
    ['1599264000.25', 1599264000250],
    [1599264000000, 1599264000000],
    ['1599264000000', 1599264000000],
    [99_999_999_999, 99_999_999_999_000],
    [100_000_000_000, 100_000_000_000],
    [-86_400, -86_400_000],
    [0, 0],
    ['2020-09-05', '2020-09-05'],
    ['2020-09-05T00:00:00Z', '2020-09-05T00:00:00Z'],
    ['1599264000 ', '1599264000 '],
    ['9'.repeat(400), '9'.repeat(400)],
  ])('createdAt, a date in Loops, of %p is %p', (createdAt, expected) => {
    expect(propertiesFor({ createdAt }, { includeAllPersonProperties: 'Yes' })).toEqual({ createdAt: expected })
    expect(propertiesFor({ at: createdAt }, { contactProperties: 'createdAt: {person.properties.at}' })).toEqual({
      createdAt: expected,
    })
  })

  it('of another name stays the number that it is', () => {
    const properties = { logins: 5, lastSeen: 1599264000, created_at: 1599264000 }
    expect(propertiesFor(properties, { includeAllPersonProperties: 'Yes' })).toEqual(properties)
  })

  it('is left out if it is the text undefined or null', () => {
    const contactProperties = 'firstName: {person.properties.first}, lastName: {person.properties.last}'
    expect(propertiesFor({ first: 'undefined', last: 'null' }, { contactProperties })).toEqual({})
    expect(propertiesFor({ first: 'Null', last: 'Undefined' }, { contactProperties })).toEqual({
      firstName: 'Null',
      lastName: 'Undefined',
    })
  })
})
