import { eventWith, uuid } from '../app/setup'
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

function eventRequest(eventProperties: Record<string, unknown>, others: Record<string, unknown> = {}): SentRequest {
  const body = { eventName: 'purchase', eventProperties, ...others, ...identity }
  return { method: 'POST', path: '/v1/events/send', idempotencyKey: uuid, body }
}

function contactRequest(properties: Record<string, unknown>): SentRequest {
  return { method: 'PUT', path: '/v1/contacts/update', body: { ...properties, ...identity } }
}

describe('the request', () => {
  const reserved = Object.fromEntries(
    ['userId', 'eventName', 'eventProperties', 'mailingLists', 'id', 'listId', 'softDeleteAt', 'teamId'].map((name) => [
      name,
      'forged',
    ]),
  )
  it.each<[string, Record<string, unknown>, Values, SentRequest]>([
    [
      'sends an event',
      { total: 49.5 },
      { ...event, eventProperties: { amount: '{event.properties.total}' } },
      eventRequest({ amount: 49.5 }),
    ],
    [
      'updates a contact',
      { $set: { plan: 'pro' } },
      { ...contact, contactProperties: { plan: '{person.properties.plan}', source: 'PostHog' } },
      contactRequest({ plan: 'pro', source: 'PostHog' }),
    ],
    [
      'does both at once',
      { total: 49.5, $set: { plan: 'pro' } },
      {
        ...both,
        eventProperties: { amount: '{event.properties.total}' },
        contactProperties: { plan: '{person.properties.plan}' },
        mailingLists: { l1: true },
      },
      eventRequest({ amount: 49.5 }, { plan: 'pro', mailingLists: { l1: true } }),
    ],
    [
      'includes all event properties but for $ names, empty and nested ones',
      {
        total: 0,
        gift: false,
        tags: ['a', 'b'],
        coupon: '',
        note: null,
        none: [],
        items: [{ sku: 1 }],
        company: { name: 'Acme' },
        $lib: 'x',
        email: 'b@example.com',
        userId: 'other',
        id: 7,
        subscribed: true,
        '': 'nameless',
        ['n'.repeat(499)]: 'long',
      },
      { ...event, includeAllEventProperties: true },
      eventRequest({
        total: 0,
        gift: false,
        tags: 'a, b',
        email: 'b@example.com',
        userId: 'other',
        id: 7,
        subscribed: true,
      }),
    ],
    [
      "leaves out the SDKs' own properties",
      { token: 'phc_project', distinct_id: 'user_1' },
      { ...event, includeAllEventProperties: true },
      eventRequest({}),
    ],
    [
      'includes others of their names',
      { token: 'loyalty', distinct_id: 'user_2' },
      { ...event, includeAllEventProperties: true },
      eventRequest({ token: 'loyalty', distinct_id: 'user_2' }),
    ],
    [
      'includes all person properties but for identity, subscribed and reserved names',
      {
        $set: {
          ...reserved,
          updatedAt: 1,
          optInStatus: 'x',
          subscribed: true,
          $browser: 'Chrome',
          company: {},
          ' firstName ': 'Ada',
          userGroup: 'vip',
          'odd name': 1,
        },
      },
      { ...contact, includeAllPersonProperties: true },
      contactRequest({ firstName: 'Ada', userGroup: 'vip', 'odd name': 1 }),
    ],
    [
      'lets the mapping win',
      { $set: { plan: 'pro', tier: 'gold' } },
      { ...contact, includeAllPersonProperties: true, contactProperties: { plan: '{person.properties.tier}' } },
      contactRequest({ plan: 'gold', tier: 'gold' }),
    ],
    [
      'sets subscribed where a mapping does',
      { $set: { optIn: 'false' } },
      { ...contact, contactProperties: { subscribed: '{person.properties.optIn}' } },
      contactRequest({ subscribed: false }),
    ],
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
    [
      'answers mailing lists',
      { news: 'true', offers: false },
      {
        ...event,
        mailingLists: {
          l1: '{event.properties.news}',
          l2: '{event.properties.offers}',
          l4: '{event.properties.none}',
          l5: false,
        },
      },
      eventRequest({}, { mailingLists: { l1: true, l2: false, l5: false } }),
    ],
    ['takes no mailing lists from events unasked', { mailingLists: { l1: true } }, event, eventRequest({})],
    [
      'takes mailing lists from events',
      { mailingLists: { l1: true, l2: 'true', l3: false }, $set: { mailingLists: { l1: false, l4: true, l5: 0 } } },
      { ...event, mailingListsFromEvents: true, mailingLists: { l3: 'true' } },
      eventRequest({}, { mailingLists: { l1: true, l4: true, l5: false, l2: true, l3: true } }),
    ],
  ])('%s', (_, properties, values, request) => {
    const set = { ...ada, ...(properties['$set'] as object | undefined) }
    expect(step({ ...properties, $set: set }, values)).toEqual({ request, sentences: [], error: undefined })
  })

  it('writes identity last', () => {
    const values = { ...both, contactProperties: { plan: 'pro' }, mailingLists: { l1: true } }
    expect(Object.keys(step({ $set: ada }, values).request?.body ?? {})).toEqual([
      ...['plan', 'eventName', 'eventProperties', 'mailingLists', 'email', 'userId'],
    ])
  })

  it('is not touched by a polluting property', () => {
    const properties = JSON.parse(
      '{"__proto__": "x", "a": 1, "$set": {"email": "ada@example.com", "__proto__": {"b": 1}}}',
    ) as Record<string, unknown>
    const { request } = step(properties, { ...both, includeAllEventProperties: true, includeAllPersonProperties: true })
    expect(JSON.stringify(request?.body)).toBe(
      '{"eventName":"purchase","eventProperties":{"a":1},"email":"ada@example.com","userId":"user_1"}',
    )
  })

  it.each<[string, Record<string, string>, string]>([
    ['account:signup', {}, 'account_signup'],
    ['account:signup', { 'account:signup': 'Signed up: now' }, 'Signed up_ now'],
    ['purchase', { other: 'Other', purchase: '' }, 'purchase'],
    ['x'.repeat(600), {}, 'x'.repeat(498)],
  ])('calls %p as %p says', (name, eventNames, expected) => {
    expect(step({}, { ...event, eventNames }, { event: name }).request?.body['eventName']).toBe(expected)
  })

  it.each<[unknown, string | undefined]>([
    [uuid, uuid],
    ['k'.repeat(100), 'k'.repeat(100)],
    ['k'.repeat(101), undefined],
    ['', undefined],
    ['a\r\nX-Injected: 1', undefined],
    ['schlüssel', undefined],
    [7, undefined],
  ])('has for the uuid %p the idempotency key %p', (given, expected) => {
    expect(step({}, event, { uuid: given }).request?.idempotencyKey).toBe(expected)
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
