import { VirtualClock } from '../../../tools/lib/clock'
import {
  MAIN_LIST,
  START,
  update,
  create,
  send,
  contact,
  event,
  newApi,
  failure,
  done,
  ann,
  annAndUser,
  bob,
  signup,
  invalidEmail,
  noIdentity,
  multiple,
  check,
} from './setup'
import type { Row } from './setup'

const HOUR = 60 * 60 * 1000

describe('sending an event', () => {
  const success = { success: true }
  const before = [create(annAndUser)]

  it.each<Row>([
    { rule: 'E1: no name', request: send(ann), status: 400, body: failure('eventName is required.') },
    {
      rule: 'E1: empty',
      request: send({ ...ann, eventName: '' }),
      status: 400,
      body: failure('eventName is required.'),
    },
    {
      rule: 'E1: number',
      request: send({ ...ann, eventName: 1 }),
      status: 400,
      body: failure('eventName is required.'),
    },
    { rule: 'E2: neither identifier', request: send({ eventName: 'signup' }), status: 400, body: noIdentity },
    { rule: 'E2: invalid email', request: send({ ...signup, email: 'ann' }), status: 400, body: invalidEmail },
    {
      rule: 'E3: colon',
      request: send({ ...ann, eventName: 'a:b' }),
      status: 400,
      body: failure('Event names can not contain colons.'),
    },
    {
      rule: 'E4: key of 101',
      request: send(signup, 'k'.repeat(101)),
      status: 400,
      body: failure('Idempotency-Key is too long.'),
    },
    {
      rule: 'E4: key of 100',
      request: send(signup, 'k'.repeat(100)),
      body: success,
      contacts: [contact({})],
      events: [event({ idempotencyKey: 'k'.repeat(100) })],
    },
    {
      rule: 'E5: key used, same body',
      before: [send(signup, 'k')],
      request: send(signup, 'k'),
      status: 409,
      body: failure('Request has already been processed.'),
      contacts: [contact({})],
      events: [event({ idempotencyKey: 'k' })],
    },
    {
      rule: 'E6: key used, other body',
      before: [send(signup, 'k')],
      request: send({ ...bob, eventName: 'signup' }, 'k'),
      status: 409,
      body: failure('Idempotency key already used with a different request body.'),
      contacts: [contact({})],
      events: [event({ idempotencyKey: 'k' })],
    },
    {
      rule: 'E5: without a key nothing is remembered',
      before: [send(signup)],
      request: send(signup),
      body: success,
      contacts: [contact({})],
      events: [event({}), event({})],
    },
    {
      rule: 'E5: a contact update takes no key',
      before: [send(signup, 'k')],
      request: { ...update(ann), headers: { ...update(ann).headers, 'idempotency-key': 'k' } },
      body: done(),
      contacts: [contact({})],
      events: [event({ idempotencyKey: 'k' })],
    },
    {
      rule: 'E7: userId alone, unknown',
      request: send({ userId: 'u-1', eventName: 'signup' }),
      status: 400,
      body: failure('Contact not found.'),
    },
    {
      rule: 'E8: two contacts',
      before: [...before, create(bob)],
      request: send({ ...signup, userId: 'u-2' }),
      status: 400,
      body: multiple,
      contacts: [contact(annAndUser), contact({ ...bob, id: 'contact-2' })],
    },
    ...['text', 1, [], null].map((eventProperties) => ({
      rule: `E9: ${JSON.stringify(eventProperties)}`,
      request: send({ ...signup, eventProperties }),
      status: 400,
      body: failure('eventProperties must be an object.'),
    })),
    {
      rule: 'E10: records, creates the contact, writes its properties and lists',
      request: send({
        ...signup,
        userId: 'u-1',
        firstName: 'Ann',
        mailingLists: { [MAIN_LIST]: true },
        eventProperties: { plan: 'pro', seats: 3, annual: true },
      }),
      body: success,
      contacts: [contact({ userId: 'u-1', firstName: 'Ann', mailingLists: { [MAIN_LIST]: true } })],
      events: [event({ userId: 'u-1', eventProperties: { plan: 'pro', seats: 3, annual: true } })],
    },
    {
      rule: 'E10: finds the contact and overwrites its userId',
      before,
      request: send({ ...signup, userId: 'u-9' }),
      body: success,
      contacts: [contact({ userId: 'u-9' })],
      events: [event({ userId: 'u-9' })],
    },
    {
      rule: 'Q3: an idempotencyKey in the body is a contact property',
      request: send({ ...signup, idempotencyKey: 'k' }),
      body: success,
      contacts: [contact({ idempotencyKey: 'k' })],
      events: [event({})],
      properties: [{ key: 'idempotencyKey', label: 'Idempotency Key', type: 'string' }],
    },
    {
      rule: 'V3: null in eventProperties',
      request: send({ ...signup, eventProperties: { plan: null } }),
      status: 400,
      body: failure('plan must not be null.'),
    },
    {
      rule: 'V3: null accepted',
      options: { strictness: { nullEventProperty: 'accept' } },
      request: send({ ...signup, eventProperties: { plan: null } }),
      body: success,
      contacts: [contact({})],
      events: [event({ eventProperties: { plan: null } })],
    },
    {
      rule: 'V4: nested in eventProperties',
      request: send({ ...signup, eventProperties: { tags: ['a'] } }),
      status: 400,
      body: failure('tags must not be an object or an array.'),
    },
    {
      rule: 'V4: nested dropped',
      options: { strictness: { nestedValue: 'drop' } },
      request: send({ ...signup, eventProperties: { tags: ['a'], plan: 'pro' } }),
      body: success,
      contacts: [contact({})],
      events: [event({ eventProperties: { plan: 'pro' } })],
    },
    {
      rule: 'V9: names are trimmed',
      request: send({ ...signup, eventProperties: { ' plan ': 'pro' } }),
      body: success,
      contacts: [contact({})],
      events: [event({ eventProperties: { plan: 'pro' } })],
    },
    {
      rule: 'V9: names are unique',
      request: send({ ...signup, eventProperties: { plan: 'pro', ' plan': 'free' } }),
      status: 400,
      body: failure('Two event properties are named plan.'),
    },
  ])('$rule', check)

  it.each([
    { after: 24 * HOUR - 1, status: 409, events: 1 },
    { after: 24 * HOUR, status: 200, events: 2 },
  ])('E5: a key used $after ms ago: $status', async ({ after, status, events }) => {
    const clock = new VirtualClock(START)
    const api = newApi({}, clock)
    api.handle(send(signup, 'k'))
    await clock.run(START + after)
    expect(api.handle(send(signup, 'k')).status).toBe(status)
    expect(api.events()).toHaveLength(events)
  })

  it.each([
    { consumed: false, status: 200, events: [event({ userId: 'u-1', idempotencyKey: 'k' })] },
    { consumed: true, status: 409, events: [] },
  ])('a key of an event that failed is used up: $consumed', ({ consumed, status, events }) => {
    const api = newApi({ strictness: { idempotencyKeyConsumedByFailedRequest: consumed } })
    const early = send({ userId: 'u-1', eventName: 'signup' }, 'k')
    expect(api.handle(early).status).toBe(400)
    api.handle(create(annAndUser))
    expect(api.handle(early).status).toBe(status)
    expect(api.events()).toEqual(events)
  })

  it('can keep the first events and requests only, and counts all', () => {
    const api = newApi({ mostShown: 2 })
    for (const key of ['a', 'b', 'c']) expect(api.handle(send(signup, key)).status).toBe(200)
    expect(api.events().map(({ idempotencyKey }) => idempotencyKey)).toEqual(['a', 'b'])
    expect(api.requests()).toHaveLength(2)
    expect(api.eventCount()).toBe(3)
    expect(api.handle(send(signup, 'c')).status).toBe(409)
  })
})
