import { eventWith } from '../app/setup'
import { globalsOf, loadDestination } from './setup'
import type { FirstStep, LoadedDestination, SentRequest, Values } from './setup'

let destination: LoadedDestination

beforeAll(async () => {
  destination = await loadDestination()
})

const who = { email: '{person.properties.email}', userId: '{event.distinct_id}' }
const ada = { email: 'ada@example.com' }
const identity = { email: 'ada@example.com', userId: 'user_1' }
const event = { action: 'event' }
const contact = { action: 'contact' }
const both = { action: 'both' }

function step(properties: Record<string, unknown>, values: Values, changes = {}): FirstStep {
  return destination.first(globalsOf(eventWith(properties, changes)), { ...who, ...values })
}

function contactRequest(properties: Record<string, unknown>): SentRequest {
  return { method: 'PUT', path: '/v1/contacts/update', body: { ...properties, ...identity } }
}

describe('the request', () => {
  it.each<[string, Record<string, unknown>, Values, SentRequest]>([
    [
      'keeps the types of a dictionary',
      {},
      { ...contact, contactProperties: { seats: 3, vip: true, gone: null } },
      contactRequest({ seats: 3, vip: true }),
    ],
    [
      'leaves out what remains of a text',
      {},
      { ...contact, contactProperties: { name: '{person.properties.first} {person.properties.last}' } },
      contactRequest({}),
    ],
    [
      'resets what the event removes',
      { $unset: ['plan', 'trial', 'id', 'subscribed'] },
      { ...contact, contactProperties: { plan: '{person.properties.plan}' } },
      contactRequest({ plan: null }),
    ],
    [
      'resets all that it removes',
      { $unset: { plan: 1, trial: 1, $x: 1 } },
      { ...contact, includeAllPersonProperties: true },
      contactRequest({ plan: null, trial: null }),
    ],
  ])('%s', (_, properties, values, request) => {
    const set = { ...ada, ...(properties['$set'] as object | undefined) }
    const { operations, ...ended } = step({ ...properties, $set: set }, values)
    expect(ended).toEqual({ request, sentences: [], error: undefined })
  })

  it.each<[string, Record<string, string>, string]>([
    ['account:signup', { 'account:signup': 'Signed up: now' }, 'Signed up_ now'],
    ['purchase', { other: 'Other', purchase: '' }, 'purchase'],
  ])('calls %p as %p says', (name, eventNames, expected) => {
    expect(step({}, { ...event, eventNames }, { event: name }).request?.body['eventName']).toBe(expected)
  })
})

describe('the limit of the age', () => {
  const old = new Date(Date.now() - 24.95 * 3_600_000).toISOString()
  it.each<[unknown, boolean]>([
    [24, false],
    ['24', false],
    [25.5, true],
    ['', true],
    [null, true],
  ])('may be written %p', (maxEventAge, isSent) => {
    const { request, sentences } = step({ $set: ada }, { ...both, maxEventAge }, { timestamp: old })
    expect(request !== undefined).toBe(isSent)
    expect(sentences).toEqual(
      isSent ? [] : ['Nothing is sent: the event is older than "Maximum event age (hours)" allows (25 hours).'],
    )
  })

  it('does not stop an event whose timestamp is not a time', () => {
    expect(step({}, { ...event, maxEventAge: 24 }, { timestamp: 'yesterday' }).request?.path).toBe('/v1/events/send')
  })
})
