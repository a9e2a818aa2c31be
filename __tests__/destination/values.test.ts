import { eventWith } from '../app/setup'
import { globalsOf, loadDestination } from './setup'
import type { LoadedDestination } from './setup'
import { vms } from './vms'

let destination: LoadedDestination

beforeAll(async () => {
  destination = await loadDestination()
})

const emoji = '😀'
const rows: [string, unknown, unknown][] = [
  ['text', 'pro', 'pro'],
  ['a blank', ' ', ' '],
  ['empty text', '', undefined],
  ['a number', 49.5, 49.5],
  ['zero', 0, 0],
  ['true', true, true],
  ['false', false, false],
  ['null', null, undefined],
  ['an empty list', [], undefined],
  ['a list', ['a', 2, true], 'a, 2, true'],
  ['a list with empty items', ['a', '', null, 'b', false], 'a, b, false'],
  ['a list of empty items', ['', null], undefined],
  ['a list with an object', ['a', { b: 1 }], undefined],
  ['a list in a list', ['a', ['b']], undefined],
  ['an empty object', {}, undefined],
  ['an object', { name: 'Acme' }, undefined],
  ['498 characters', 'x'.repeat(498), 'x'.repeat(498)],
  ['499 characters', 'x'.repeat(499), 'x'.repeat(498)],
  ['a megabyte', 'x'.repeat(1_000_000), 'x'.repeat(498)],
  ['characters that JSON escapes', '"'.repeat(300), '"'.repeat(249)],
  ['249 of them', '"'.repeat(249), '"'.repeat(249)],
  ['control characters', '\u0001'.repeat(100), '\u0001'.repeat(83)],
  ['pairs, never cut in two', `x${emoji.repeat(249)}`, `x${emoji.repeat(248)}`],
  ['pairs behind a sign that JSON escapes', `"${emoji.repeat(249)}`, `"${emoji.repeat(248)}`],
  ['half a pair', '\ud83d'.repeat(100), '\ud83d'.repeat(83)],
  ['a long list', Array.from({ length: 300 }, () => 'ab'), `${'ab, '.repeat(124)}ab`],
  // The app cuts it; a list as long would cost the destination its time.
  ['a list of more than 500 items', Array.from({ length: 501 }, () => 'ab'), undefined],
  ['what PostHog takes for a date', { __hogDateTime__: true, dt: 1714557600, zone: 'UTC' }, '2024-05-01T10:00:00.000Z'],
  ['a broken date', { __hogDateTime__: true, dt: 'x', zone: 'UTC' }, undefined],
  ['a day', { __hogDate__: true, year: 2024, month: 5, day: 1 }, '2024-05-01'],
  ['a broken day', { __hogDate__: true, year: { toString: 1 }, month: 5, day: 1 }, undefined],
  ['what PostHog takes for a function', { __hogClosure__: true, callable: null, upvalues: [] }, undefined],
  ['what PostHog takes for an error', { __hogError__: true, type: 'x', message: 'y' }, undefined],
]

describe.each(vms)('the value that Loops gets, in the VM %s', (_, vm) => {
  it.each(rows)('%s', (__, value, expected) => {
    const globals = globalsOf(eventWith({ value }))
    const values = { action: 'event', userId: 'u', includeAllEventProperties: true }
    const { request, error } = destination.first(globals, values, vm)
    expect(error).toBeUndefined()
    const sent = request?.body['eventProperties']
    expect(sent).toEqual(expected === undefined ? {} : { value: expected })
    expect(JSON.stringify(expected ?? '').length).toBeLessThanOrEqual(500)
  })
})

describe('a template of an input', () => {
  const event = eventWith({
    plan: 'pro',
    seats: 7,
    trial: false,
    tags: ['a', 'b'],
    'full name': 'Ada Lovelace',
    company: { name: 'Acme', address: { city: 'London' } },
    $set: { first: 'Ada' },
  })

  it.each<[template: string, value: unknown]>([
    ['{event.event}', 'purchase'],
    ['{event.timestamp}', '2024-05-01T10:00:00.000Z'],
    ['{toDateTime(event.timestamp)}', '2024-05-01T10:00:00.000Z'],
    ['{event.properties.seats}', 7],
    ['{event.properties.trial}', false],
    ['{event.properties.missing}', undefined],
    ['{event.properties.tags}', 'a, b'],
    ["{event.properties['full name']}", 'Ada Lovelace'],
    ['{event.properties.company.address.city}', 'London'],
    ['{event.properties.company.address}', undefined],
    ['{event.properties.constructor.name}', undefined],
    ['{person.id}', 'person-1'],
    ['{person.properties.first} from {event.properties.company.address.city}', 'Ada from London'],
    ['{event.properties.seats} seats, trial: {event.properties.trial}', '7 seats, trial: false'],
    ['{person.properties.first} {person.properties.last}', 'Ada '],
    ['', undefined],
    // PostHog's VM gives the length of a text, and the app nothing.
    ['{event.properties.plan.length}', 3],
    // The app writes "a, b", and nothing for an object.
    ['tags: {event.properties.tags}', "tags: ['a', 'b']"],
  ])('%s gives %p', (value, expected) => {
    const values = { action: 'event', userId: 'u', eventProperties: { value } }
    const { request } = destination.first(globalsOf(event), values)
    expect(request?.body['eventProperties']).toEqual(expected === undefined ? {} : { value: expected })
  })
})
