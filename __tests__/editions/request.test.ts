import type { Config } from '../../src/settings/field'
import { eventWith, uuid } from '../app/setup'
import type { SentRequest } from '../destination/setup'
import { editions, expectedOf, loadEditions, requestOf } from './editions'
import type { Difference } from './editions'

const both = { trackedEvents: '*', contactEvents: '*', eventProperties: '', contactProperties: '' }
const ada = { email: 'ada@example.com' }
const identity = { email: 'ada@example.com', userId: 'user_1' }

beforeAll(loadEditions)

describe.each(editions)('the request of the %s', (_, edition) => {
  const rows: [string, Record<string, unknown>, Config, SentRequest][] = [
    [
      'sends an event',
      { total: 49.5, $set: ada },
      { ...both, contactEvents: '', eventProperties: 'amount: {event.properties.total}' },
      {
        method: 'POST',
        path: '/v1/events/send',
        idempotencyKey: uuid,
        body: { eventName: 'purchase', eventProperties: { amount: 49.5 }, ...identity },
      },
    ],
    [
      'updates a contact',
      { total: 49.5, $set: { ...ada, plan: 'pro' } },
      { ...both, trackedEvents: '', contactProperties: 'plan: {person.properties.plan}, source: PostHog' },
      { method: 'PUT', path: '/v1/contacts/update', body: { plan: 'pro', source: 'PostHog', ...identity } },
    ],
    [
      'does both at once',
      { total: 49.5, $set: { ...ada, plan: 'pro' } },
      {
        ...both,
        eventProperties: 'amount: {event.properties.total}',
        contactProperties: 'plan: {person.properties.plan}',
        eventMailingLists: 'list1: true, list2: true',
        contactMailingLists: 'list2: false, list3: false',
      },
      {
        method: 'POST',
        path: '/v1/events/send',
        idempotencyKey: uuid,
        body: {
          plan: 'pro',
          eventName: 'purchase',
          eventProperties: { amount: 49.5 },
          mailingLists: { list1: true, list2: true, list3: false },
          ...identity,
        },
      },
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
        items: [{ sku: 'a1' }],
        company: { name: 'Acme' },
        $lib: 'web',
        email: 'invited@example.com',
        userId: 'other',
        id: 7,
        subscribed: true,
        '': 'nameless',
        ['n'.repeat(499)]: 'too long',
        $set: ada,
      },
      { ...both, contactEvents: '', includeAllEventProperties: 'Yes' },
      {
        method: 'POST',
        path: '/v1/events/send',
        idempotencyKey: uuid,
        body: {
          eventName: 'purchase',
          eventProperties: {
            total: 0,
            gift: false,
            tags: 'a, b',
            email: 'invited@example.com',
            userId: 'other',
            id: 7,
            subscribed: true,
          },
          ...identity,
        },
      },
    ],
    [
      "includes what the SDKs write for themselves only where it is the event's own",
      { token: 'phc_project', distinct_id: 'user_1', $set: ada },
      { ...both, contactEvents: '', includeAllEventProperties: 'Yes' },
      {
        method: 'POST',
        path: '/v1/events/send',
        idempotencyKey: uuid,
        body: { eventName: 'purchase', eventProperties: {}, ...identity },
      },
    ],
    [
      'includes a token and a distinct_id of another kind',
      { token: 'loyalty', distinct_id: 'user_2', $set: ada },
      { ...both, contactEvents: '', includeAllEventProperties: 'Yes' },
      {
        method: 'POST',
        path: '/v1/events/send',
        idempotencyKey: uuid,
        body: { eventName: 'purchase', eventProperties: { token: 'loyalty', distinct_id: 'user_2' }, ...identity },
      },
    ],
    [
      'includes all person properties but for identity, subscribed and reserved names',
      {
        total: 49.5,
        $set: {
          ...ada,
          userId: 'user_2',
          eventName: 'forged',
          eventProperties: 'forged',
          mailingLists: 'forged',
          id: 1,
          listId: 1,
          softDeleteAt: 1,
          teamId: 1,
          updatedAt: 1,
          optInStatus: 'accepted',
          subscribed: true,
          $browser: 'Chrome',
          company: { name: 'Acme' },
          firstName: 'Ada',
          userGroup: 'vip',
          createdAt: '2024-05-01',
          notes: 'n',
          source: 's',
          'odd name': 1,
        },
      },
      { ...both, trackedEvents: '', includeAllPersonProperties: 'Yes' },
      {
        method: 'PUT',
        path: '/v1/contacts/update',
        body: {
          firstName: 'Ada',
          userGroup: 'vip',
          createdAt: '2024-05-01',
          notes: 'n',
          source: 's',
          'odd name': 1,
          ...identity,
        },
      },
    ],
    [
      'sets subscribed only where a mapping does',
      { $set: { ...ada, optIn: false } },
      { ...both, trackedEvents: '', contactProperties: 'subscribed: {person.properties.optIn}' },
      { method: 'PUT', path: '/v1/contacts/update', body: { subscribed: false, ...identity } },
    ],
    [
      'writes the values of a JSON mapping with their types',
      { $set: ada },
      { ...both, trackedEvents: '', contactProperties: '{"seats": 3, "vip": true, "note: 1, 2": "a, b: c"}' },
      {
        method: 'PUT',
        path: '/v1/contacts/update',
        body: { seats: 3, vip: true, 'note: 1, 2': 'a, b: c', ...identity },
      },
    ],
    [
      'asks mailing lists that a placeholder names',
      { news: 'true', offers: false, tips: 'maybe', $set: ada },
      {
        ...both,
        contactEvents: '',
        eventMailingLists:
          'l1: {event.properties.news}, l2: {event.properties.offers}, l3: {event.properties.tips}, l4: {event.properties.none}',
      },
      {
        method: 'POST',
        path: '/v1/events/send',
        idempotencyKey: uuid,
        body: { eventName: 'purchase', eventProperties: {}, mailingLists: { l1: true, l2: false }, ...identity },
      },
    ],
    [
      'has no mailing lists where no placeholder gives an answer',
      { $set: ada },
      { ...both, trackedEvents: '', contactMailingLists: '{"l1": "{person.properties.news}"}' },
      { method: 'PUT', path: '/v1/contacts/update', body: identity },
    ],
    [
      'takes the answers of a JSON object of mailing lists',
      { $set: ada },
      { ...both, trackedEvents: '', contactMailingLists: '{"l1": true, "l2": "false"}' },
      { method: 'PUT', path: '/v1/contacts/update', body: { mailingLists: { l1: true, l2: false }, ...identity } },
    ],
    [
      'knows a contact by its user ID alone',
      { $set: { plan: 'pro' } },
      { ...both, trackedEvents: '', contactProperties: 'plan: {person.properties.plan}' },
      { method: 'PUT', path: '/v1/contacts/update', body: { plan: 'pro', userId: 'user_1' } },
    ],
    [
      'sends an event by the user ID alone',
      {},
      { ...both, contactEvents: '' },
      {
        method: 'POST',
        path: '/v1/events/send',
        idempotencyKey: uuid,
        body: { eventName: 'purchase', eventProperties: {}, userId: 'user_1' },
      },
    ],
    [
      'creates a contact by its email alone',
      { $is_identified: false, $set: ada },
      { ...both, trackedEvents: '' },
      { method: 'PUT', path: '/v1/contacts/update', body: ada },
    ],
    [
      'resets a property by the user ID alone',
      { $unset: ['plan'] },
      { ...both, trackedEvents: '', contactProperties: 'plan: {person.properties.plan}' },
      { method: 'PUT', path: '/v1/contacts/update', body: { plan: null, userId: 'user_1' } },
    ],
    [
      'changes a mailing list by the user ID alone',
      {},
      { ...both, trackedEvents: '', contactMailingLists: 'l1: true' },
      { method: 'PUT', path: '/v1/contacts/update', body: { mailingLists: { l1: true }, userId: 'user_1' } },
    ],
  ]
  it.each(rows)('%s', (__, properties, config, request) => {
    expect(requestOf(edition, eventWith(properties), config)).toEqual(request)
  })

  it('writes identity last', () => {
    const event = eventWith({ total: 1, $set: { ...ada, plan: 'pro' } })
    const config = { ...both, contactProperties: 'plan: {person.properties.plan}', eventMailingLists: 'l1: true' }
    expect(Object.keys(requestOf(edition, event, config).body)).toEqual([
      'plan',
      'eventName',
      'eventProperties',
      'mailingLists',
      'email',
      'userId',
    ])
  })

  it('is not touched by a polluting property', () => {
    const properties: unknown = JSON.parse(
      '{"__proto__": "x", "a": 1, "$set": {"email": "ada@example.com", "__proto__": {"b": 1}}}',
    )
    const config = { ...both, includeAllEventProperties: 'Yes', includeAllPersonProperties: 'Yes' }
    const { body } = requestOf(edition, eventWith(properties as Record<string, unknown>), config)
    expect(JSON.stringify(body)).toBe(
      '{"eventName":"purchase","eventProperties":{"a":1},"email":"ada@example.com","userId":"user_1"}',
    )
  })

  it('survives an event without properties', () => {
    const { properties, ...event } = eventWith({})
    expect(requestOf(edition, event, both).body).toEqual({
      eventName: 'purchase',
      eventProperties: {},
      userId: 'user_1',
    })
  })
})

describe.each(editions)('the idempotency key of the %s', (_, edition) => {
  const config = { ...both, contactEvents: '' }
  it.each<[unknown, string | undefined, Difference<undefined>?]>([
    [uuid, uuid],
    ['k'.repeat(83), 'k'.repeat(83)],
    [
      'k'.repeat(100),
      'k'.repeat(100),
      {
        destination: undefined,
        because: 'Loops takes 100 characters, of which 17 tell the requests of one event apart',
      },
    ],
    ['k'.repeat(101), undefined],
    ['', undefined],
    ['a\r\nX-Injected: 1', undefined],
    ['schlüssel', undefined],
    [undefined, undefined],
    [7, undefined],
  ])('for the uuid %p is %p', (...[given, ofApp, difference]) => {
    const expected = expectedOf(edition, ofApp, difference)
    const request = requestOf(edition, eventWith({ $set: ada }, { uuid: given as string }), config)
    expect(request.idempotencyKey).toBe(expected)
    expect('idempotencyKey' in request).toBe(expected !== undefined)
  })
})
