import { loopsValue } from '../../src/rules/values'
import { eventWith, requestFrom, uuid } from './given'

const emoji = '😀'

describe('the value that Loops gets', () => {
  it.each<[string, unknown, unknown]>([
    ['text', 'pro', 'pro'],
    ['a blank', ' ', ' '],
    ['empty text', '', undefined],
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
    ['a list of empty items', ['', null], undefined],
    ['a list with an object', ['a', { b: 1 }], undefined],
    ['a list in a list', ['a', ['b']], undefined],
    ['a list with NaN', [1, NaN], undefined],
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
  ])('%s', (_, value, expected) => {
    const result = loopsValue(value)
    expect(result).toBe(expected)
    if (result !== undefined) expect(JSON.stringify(result).length).toBeLessThanOrEqual(500)
  })
})

describe('placeholders', () => {
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

  it.each<[template: string, value: unknown]>([
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
    ['{event.properties.plan.length}', undefined],
    ['{event.properties.odd:name, really}', 'odd'],
    ['{event.properties.constructor}', undefined],
    ['{event.properties.constructor.name}', undefined],
    ['{event.properties.__proto__}', undefined],
    ['{event.properties.company.__proto__.toString}', undefined],
    ['{event.properties.$set.first}', 'Ada'],
    ['{person.properties.first}', 'Ada'],
    ['{person.properties.company.size}', 12],
    ['{person.properties.plan}', undefined],
    ['{person.id}', undefined],
    ['plain text', 'plain text'],
    ['{person.properties.first} from {event.properties.company.address.city}', 'Ada from London'],
    ['{event.properties.seats} seats, trial: {event.properties.trial}', '7 seats, trial: false'],
    ['{person.properties.first} {person.properties.last}', 'Ada '],
    ['{person.properties.middle} {person.properties.last}', undefined],
    ['[{event.properties.nothing}|{event.properties.company}|{event.properties.tags}]', '[||a, b]'],
    ['', undefined],
  ])('%s gives %p', (template, value) => {
    const eventProperties = JSON.stringify({ value: template })
    expect(requestFrom(event, { trackedEvents: '*', eventProperties }).body.eventProperties).toEqual(
      value === undefined ? {} : { value },
    )
  })

  it('gives a date of composeWebhook as onEvent has it', () => {
    const webhookEvent = { ...event, timestamp: new Date('2024-05-01T10:00:00.123Z') }
    const config = { trackedEvents: '*', eventProperties: 'at: {event.timestamp}' }
    expect(requestFrom(webhookEvent, config).body.eventProperties).toEqual({ at: '2024-05-01T10:00:00.123Z' })
  })

  it.each(['', 'yesterday'])('gives nothing for the timestamp %p', (timestamp) => {
    const config = { trackedEvents: '*', eventProperties: 'at: {event.timestamp}' }
    expect(requestFrom({ ...event, timestamp }, config).body.eventProperties).toEqual({})
  })
})
