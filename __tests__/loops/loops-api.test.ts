import { APIError, LoopsClient, RateLimitExceededError } from 'loops'
import { VirtualClock } from '../../sandbox/lib/clock'
import type { LoopbackServer } from '../../sandbox/lib/local-server'
import { LoopsApi } from '../../sandbox/loops/loops-api'
import type { LoopsApiOptions } from '../../sandbox/loops/loops-api'
import { serveLoopsApi } from '../../sandbox/loops/server'
import type { Contact, LoopsApiRequest, LoopsApiResponse, RecordedEvent } from '../../sandbox/loops/contract'
import type { Fault } from '../../sandbox/loops/faults'

const KEY = 'loops-sandbox-key'
const MAIN_LIST = 'cm06f5v0e45nf0ml5754o9cix'
const OTHER_LIST = 'cm16k73gq014h0mmj5b6jdi9r'
const START = Date.UTC(2024, 4, 1)
const HOUR = 60 * 60 * 1000

function request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): LoopsApiRequest {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
  return { method, path, headers: { authorization: `Bearer ${KEY}`, ...headers }, body: text }
}

const get = (path: string) => request('GET', `/v1${path}`)
const update = (body: unknown) => request('PUT', '/v1/contacts/update', body)
const create = (body: unknown) => request('POST', '/v1/contacts/create', body)
const remove = (body: unknown) => request('POST', '/v1/contacts/delete', body)
const declare = (body: unknown) => request('POST', '/v1/contacts/properties', body)
const send = (body: unknown, key?: string) =>
  request('POST', '/v1/events/send', body, key === undefined ? {} : { 'idempotency-key': key })

/** A contact as Loops shows it, with what is not told at its first value. */
function contact(told: Partial<Contact>): Contact {
  return {
    id: 'contact-1',
    email: 'ann@example.com',
    firstName: null,
    lastName: null,
    source: 'API',
    subscribed: true,
    userGroup: '',
    userId: null,
    mailingLists: {},
    optInStatus: null,
    ...told,
  }
}

function event(told: Partial<RecordedEvent>): RecordedEvent {
  return {
    eventName: 'signup',
    contactId: 'contact-1',
    email: 'ann@example.com',
    userId: null,
    eventProperties: {},
    idempotencyKey: undefined,
    at: START,
    ...told,
  }
}

function newApi(options: LoopsApiOptions = {}, clock = new VirtualClock(START)) {
  return new LoopsApi({ clock, requestsPerSecond: 100, ...options })
}

function told(response: LoopsApiResponse) {
  return { status: response.status, body: response.body === '' ? null : (JSON.parse(response.body) as unknown) }
}

const failure = (message: string) => ({ success: false, message })
const done = (id = 'contact-1') => ({ success: true, id })

const ann = { email: 'ann@example.com' }
const annAndUser = { email: 'ann@example.com', userId: 'u-1' }
const bob = { email: 'bob@example.com', userId: 'u-2' }
const signup = { ...ann, eventName: 'signup' }
const long = 'x'.repeat(499)
const fits = 'x'.repeat(498)

const invalidEmail = failure('Invalid email address.')
const noIdentity = failure('You must provide an email or userId.')
const multiple = failure('Multiple contacts found for the given criteria')
const tooLong = failure('Some body key or value is longer than allowable')
const invalidKey = { ...failure('Invalid API key'), error: 'Invalid API key' }

const lists = [
  { id: MAIN_LIST, name: 'Main list', description: 'All customers.', isPublic: true },
  { id: OTHER_LIST, name: 'Investors', description: null, isPublic: false },
]
const plan = { key: 'plan', label: 'Plan', type: 'string' } as const
const trialEnd = { key: 'trialEnd', label: 'Trial End', type: 'date' } as const
const defaultProperties = [
  { key: 'firstName', label: 'First Name', type: 'string' },
  { key: 'lastName', label: 'Last Name', type: 'string' },
  { key: 'email', label: 'Email', type: 'string' },
  { key: 'notes', label: 'Notes', type: 'string' },
  { key: 'source', label: 'Source', type: 'string' },
  { key: 'userGroup', label: 'User Group', type: 'string' },
  { key: 'userId', label: 'User Id', type: 'string' },
  { key: 'subscribed', label: 'Subscribed', type: 'boolean' },
  { key: 'createdAt', label: 'Created At', type: 'date' },
]

interface Row {
  /** The rule's id and what it says. */
  rule: string
  options?: LoopsApiOptions
  /** Requests that were answered before. */
  before?: LoopsApiRequest[]
  /** What happened at Loops before the request. */
  meanwhile?: (api: LoopsApi) => void
  request: LoopsApiRequest
  /** 200 unless told. */
  status?: number
  body: unknown
  /** All contacts afterwards: none unless told. */
  contacts?: Contact[]
  /** All events afterwards: none unless told. */
  events?: RecordedEvent[]
  /** The team's own properties afterwards: none unless told. */
  properties?: unknown[]
}

function check(row: Row) {
  const api = newApi(row.options)
  for (const earlier of row.before ?? []) expect(api.handle(earlier).status).toBe(200)
  row.meanwhile?.(api)
  expect(told(api.handle(row.request))).toEqual({ status: row.status ?? 200, body: row.body })
  expect(api.contacts()).toEqual(row.contacts ?? [])
  expect(api.events()).toEqual(row.events ?? [])
  expect(told(api.handle(get('/contacts/properties?list=custom'))).body).toEqual(row.properties ?? [])
}

describe('every endpoint', () => {
  const withKey = (authorization: string) => request('GET', '/v1/api-key', undefined, { authorization })

  it.each<Row>([
    { rule: 'G1: no key', request: { ...get('/lists'), headers: {} }, status: 401, body: invalidKey },
    { rule: 'G1: unknown key', request: withKey('Bearer another'), status: 401, body: invalidKey },
    { rule: 'G1: key without Bearer', request: withKey(KEY), status: 401, body: invalidKey },
    {
      rule: 'G1: before the body is looked at',
      request: { ...update('no json'), headers: { authorization: 'Bearer another' } },
      status: 401,
      body: invalidKey,
    },
    { rule: 'G2: wrong method', request: request('PATCH', '/v1/contacts/update', ann), status: 405, body: null },
    { rule: 'G2: before the key', request: { ...request('POST', '/v1/lists'), headers: {} }, status: 405, body: null },
    { rule: 'unknown path', request: get('/nothing'), status: 404, body: failure('Not found.') },
    { rule: 'path without version', request: request('GET', '/lists'), status: 404, body: failure('Not found.') },
    { rule: 'path with /api', request: request('GET', '/api/v1/lists'), body: lists },
    {
      rule: 'path with /api twice',
      request: request('GET', '/api/api/v1/lists'),
      status: 404,
      body: failure('Not found.'),
    },
    {
      rule: 'G4: value of 499 and its quotes',
      request: update({ ...ann, lastName: long }),
      status: 400,
      body: tooLong,
    },
    {
      rule: 'G4: value of 498 and its quotes',
      request: update({ ...ann, lastName: fits }),
      body: done(),
      contacts: [contact({ lastName: fits })],
    },
    { rule: 'G4: key', request: update({ ...ann, [long]: 1 }), status: 400, body: tooLong },
    {
      rule: 'G4: value in eventProperties',
      request: send({ ...signup, eventProperties: { a: long } }),
      status: 400,
      body: tooLong,
    },
    {
      rule: 'G4: key in eventProperties',
      request: send({ ...signup, eventProperties: { [long]: 1 } }),
      status: 400,
      body: tooLong,
    },
    {
      rule: 'G4: an object is measured by its parts',
      request: send({ ...signup, eventProperties: { a: fits, b: fits } }),
      body: { success: true },
      contacts: [contact({})],
      events: [event({ eventProperties: { a: fits, b: fits } })],
    },
    { rule: 'G4: before the fields', request: update({ email: long }), status: 400, body: tooLong },
    { rule: 'G5: not JSON', request: update('{'), status: 400, body: failure('Invalid request body.') },
    { rule: 'G5: an array', request: update([ann]), status: 400, body: failure('Invalid request body.') },
    { rule: 'G5: null', request: update('null'), status: 400, body: failure('Invalid request body.') },
    { rule: 'G5: empty', request: send(''), status: 400, body: failure('Invalid request body.') },
  ])('$rule', check)
})

describe('the team', () => {
  const teamed = { teamName: 'Acme', mailingLists: [], contactProperties: [plan] }

  it.each<Row>([
    { rule: 'K1: names the team', request: get('/api-key'), body: { success: true, teamName: 'Company name' } },
    {
      rule: 'K1: names another team',
      options: teamed,
      request: get('/api-key'),
      body: { success: true, teamName: 'Acme' },
      properties: [plan],
    },
    { rule: 'L1: lists', request: get('/lists'), body: lists },
    { rule: 'L1: no lists', options: teamed, request: get('/lists'), body: [], properties: [plan] },
    { rule: 'P1: all', request: get('/contacts/properties?list=all'), body: defaultProperties },
    {
      rule: 'P1: all when nothing is said',
      options: teamed,
      request: get('/contacts/properties'),
      body: [...defaultProperties, plan],
      properties: [plan],
    },
    {
      rule: 'P1: custom',
      options: teamed,
      request: get('/contacts/properties?list=custom'),
      body: [plan],
      properties: [plan],
    },
    {
      rule: 'PC1: creates, with a label',
      request: declare({ name: 'trialEnd', type: 'date' }),
      body: { success: true },
      properties: [trialEnd],
    },
    {
      rule: 'PC1: no name',
      request: declare({ type: 'date' }),
      status: 400,
      body: failure('Invalid name.'),
    },
    { rule: 'PC2: type', request: declare({ name: 'a', type: 'text' }), status: 400, body: failure('Invalid type.') },
    { rule: 'PC2: no type', request: declare({ name: 'a' }), status: 400, body: failure('Invalid type.') },
    {
      rule: 'PC3: created before',
      before: [declare({ name: 'plan', type: 'string' })],
      request: declare({ name: 'plan', type: 'number' }),
      status: 400,
      body: failure('Property already exists.'),
      properties: [plan],
    },
    {
      rule: 'PC3: every team has it',
      request: declare({ name: 'firstName', type: 'string' }),
      status: 400,
      body: failure('Property already exists.'),
    },
    ...['id', 'listId', 'softDeleteAt', 'teamId', 'updatedAt'].map((name) => ({
      rule: `PC4: ${name}`,
      request: declare({ name, type: 'string' }),
      status: 400,
      body: failure('Reserved property name.'),
    })),
  ])('$rule', check)
})

describe('finding, creating and deleting a contact', () => {
  const before = [create(annAndUser)]
  const contacts = [contact({ userId: 'u-1' })]

  it.each<Row>([
    { rule: 'F1: none', request: get('/contacts/find?email=ann%40example.com'), body: [] },
    { rule: 'F1: by email', before, request: get('/contacts/find?email=ann%40example.com'), body: contacts, contacts },
    { rule: 'F1: by userId', before, request: get('/contacts/find?userId=u-1'), body: contacts, contacts },
    {
      rule: 'F1: case of the email (assumed)',
      before,
      request: get('/contacts/find?email=ANN%40Example.com'),
      body: contacts,
      contacts,
    },
    { rule: 'F2: neither', request: get('/contacts/find'), status: 400, body: invalidEmail },
    { rule: 'F2: both', request: get('/contacts/find?email=a%40b.co&userId=1'), status: 400, body: invalidEmail },
    { rule: 'F2: invalid email', request: get('/contacts/find?email=ann'), status: 400, body: invalidEmail },
    { rule: 'F2: plus not encoded', request: get('/contacts/find?email=a+b@c.de'), status: 400, body: invalidEmail },
    { rule: 'C1: no email', request: create({ userId: 'u-1' }), status: 400, body: invalidEmail },
    { rule: 'C1: invalid email', request: create({ email: 'ann@example' }), status: 400, body: invalidEmail },
    {
      rule: 'C2: email taken',
      before,
      request: create({ email: 'Ann@example.com', firstName: 'Ann' }),
      status: 409,
      body: failure('Email or userId is already on list.'),
      contacts,
    },
    {
      rule: 'C2: userId taken',
      before,
      request: create({ email: 'new@example.com', userId: 'u-1' }),
      status: 409,
      body: failure('Email or userId is already on list.'),
      contacts,
    },
    {
      rule: 'C3: creates',
      request: create({ ...annAndUser, firstName: 'Ann', source: 'Signup', userGroup: 'Beta', subscribed: false }),
      body: done(),
      contacts: [contact({ userId: 'u-1', firstName: 'Ann', source: 'Signup', userGroup: 'Beta', subscribed: false })],
    },
    { rule: 'X1: by email', before, request: remove(ann), body: { success: true, message: 'Contact deleted.' } },
    {
      rule: 'X1: by userId',
      before: [...before, create(bob)],
      request: remove({ userId: 'u-1' }),
      body: { success: true, message: 'Contact deleted.' },
      contacts: [contact({ ...bob, id: 'contact-2' })],
    },
    {
      rule: 'X1: both identifiers are free again',
      before: [...before, remove(ann)],
      request: create(annAndUser),
      body: done('contact-2'),
      contacts: [contact({ id: 'contact-2', userId: 'u-1' })],
    },
    { rule: 'X2: not found', request: remove(ann), status: 404, body: failure('Contact not found.') },
    { rule: 'X2: both', before, request: remove(annAndUser), status: 400, body: invalidEmail, contacts },
    { rule: 'X2: neither', before, request: remove({}), status: 400, body: invalidEmail, contacts },
  ])('$rule', check)
})

describe('updating a contact', () => {
  const before = [create(annAndUser)]
  const both = [...before, create(bob)]
  const strictMethod = { strictness: { strictMethod: true } }

  it.each<Row>([
    { rule: 'U1: neither identifier', request: update({ firstName: 'Ann' }), status: 400, body: noIdentity },
    { rule: 'U2: invalid email', request: update({ email: 'ann' }), status: 400, body: invalidEmail },
    { rule: 'U2: with a userId', request: update({ email: '', userId: 'u-1' }), status: 400, body: invalidEmail },
    { rule: 'U2: null', request: update({ email: null, userId: 'u-1' }), status: 400, body: invalidEmail },
    {
      rule: 'userId that is not text (assumed)',
      request: update({ ...ann, userId: 1 }),
      status: 400,
      body: failure('userId must be text and not empty.'),
    },
    {
      rule: 'userId that is empty (assumed)',
      request: update({ ...ann, userId: '' }),
      status: 400,
      body: failure('userId must be text and not empty.'),
    },
    {
      rule: 'U3: userId alone, unknown',
      request: update({ userId: 'u-1' }),
      status: 400,
      body: failure('userId not found and cannot create a new contact without an email.'),
    },
    {
      rule: 'U4: two contacts',
      before: both,
      request: update({ email: 'ann@example.com', userId: 'u-2', firstName: 'Ann' }),
      status: 400,
      body: multiple,
      contacts: [contact(annAndUser), contact({ ...bob, id: 'contact-2' })],
    },
    {
      rule: 'U5: by email; the userId is overwritten',
      before,
      request: update({ email: 'ANN@example.com', userId: 'u-9', firstName: 'Ann' }),
      body: done(),
      contacts: [contact({ userId: 'u-9', firstName: 'Ann' })],
    },
    {
      rule: 'U5: by userId; the email is overwritten',
      before,
      request: update({ email: 'new@example.com', userId: 'u-1', firstName: 'Ann' }),
      body: done(),
      contacts: [contact({ email: 'new@example.com', userId: 'u-1', firstName: 'Ann' })],
    },
    {
      rule: 'U5: the overwritten userId is free',
      before: [...before, update({ ...ann, userId: 'u-9' })],
      request: update({ userId: 'u-1' }),
      status: 400,
      body: failure('userId not found and cannot create a new contact without an email.'),
      contacts: [contact({ userId: 'u-9' })],
    },
    {
      rule: 'U5: the overwritten email is free',
      before: [...before, update({ email: 'new@example.com', userId: 'u-1' })],
      request: update(ann),
      body: done('contact-2'),
      contacts: [contact({ email: 'new@example.com', userId: 'u-1' }), contact({ id: 'contact-2' })],
    },
    {
      rule: 'U5: by userId alone',
      before,
      request: update({ userId: 'u-1', lastName: 'Lee' }),
      body: done(),
      contacts: [contact({ userId: 'u-1', lastName: 'Lee' })],
    },
    { rule: 'U6: creates', request: update(ann), body: done(), contacts: [contact({})] },
    {
      rule: 'U6: creates with both',
      before,
      request: update({ ...bob, source: 'PostHog' }),
      body: done('contact-2'),
      contacts: [contact(annAndUser), contact({ ...bob, id: 'contact-2', source: 'PostHog' })],
    },
    {
      rule: 'POST works though PUT is documented',
      request: request('POST', '/v1/contacts/update', ann),
      body: done(),
      contacts: [contact({})],
    },
    {
      rule: 'POST refused with strictMethod',
      options: strictMethod,
      request: request('POST', '/v1/contacts/update', ann),
      status: 405,
      body: null,
    },
    {
      rule: 'PUT with strictMethod',
      options: strictMethod,
      request: update(ann),
      body: done(),
      contacts: [contact({})],
    },
    {
      rule: 'POST elsewhere with strictMethod',
      options: strictMethod,
      request: create(ann),
      body: done(),
      contacts: [contact({})],
    },
  ])('$rule', check)
})

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
})

describe('contact properties', () => {
  const declared = (key: string, type: 'string' | 'number' | 'boolean' | 'date') => ({
    options: { contactProperties: [{ key, label: 'Label', type }] },
    properties: [{ key, label: 'Label', type }],
  })
  const customPlan = { options: { contactProperties: [plan] }, properties: [plan] }

  it.each<Row>([
    {
      rule: 'V1: text, number, boolean',
      request: update({ ...ann, plan: 'pro', seats: 3, isAdmin: true }),
      body: done(),
      contacts: [contact({ plan: 'pro', seats: 3, isAdmin: true })],
      properties: [
        plan,
        { key: 'seats', label: 'Seats', type: 'number' },
        { key: 'isAdmin', label: 'Is Admin', type: 'boolean' },
      ],
    },
    {
      rule: 'V2: null resets',
      ...customPlan,
      before: [update({ ...ann, plan: 'pro', firstName: 'Ann', source: 'Signup', userGroup: 'Beta' })],
      request: update({ ...ann, plan: null, firstName: null, source: null, userGroup: null }),
      body: done(),
      contacts: [contact({ plan: null })],
    },
    {
      rule: 'V2: null for an unknown property declares nothing',
      request: update({ ...ann, plan: null }),
      body: done(),
      contacts: [contact({})],
    },
    {
      rule: 'V4: nested',
      request: update({ ...ann, tags: ['a'] }),
      status: 400,
      body: failure('tags must not be an object or an array.'),
    },
    {
      rule: 'V4: nested dropped',
      options: { strictness: { nestedValue: 'drop' } },
      request: update({ ...ann, tags: { a: 1 }, firstName: ['Ann'], lastName: 'Lee' }),
      body: done(),
      contacts: [contact({ lastName: 'Lee' })],
    },
    ...(
      [
        ['2024-05-01', '2024-05-01T00:00:00.000Z'],
        ['2024-05-01T10:20', '2024-05-01T10:20:00.000Z'],
        ['2024-05-01 10:20:30', '2024-05-01T10:20:30.000Z'],
        ['2024-05-01T10:20:30.5Z', '2024-05-01T10:20:30.500Z'],
        ['2024-05-01T10:20:30.456+02:00', '2024-05-01T08:20:30.456Z'],
        [1714521600000, '2024-05-01T00:00:00.000Z'],
        ['1714521600000', '2024-05-01T00:00:00.000Z'],
      ] as const
    ).map(([sent, held]) => ({
      rule: `V5: ${sent}`,
      ...declared('trialEnd', 'date'),
      request: update({ ...ann, trialEnd: sent }),
      body: done(),
      contacts: [contact({ trialEnd: held })],
    })),
    ...['tomorrow', '2024-13-01', '1 May 2024', '2024-05-01Z', 1.5, 1e20, true].map((sent) => ({
      rule: `V5: ${JSON.stringify(sent)} is no date`,
      ...declared('trialEnd', 'date'),
      request: update({ ...ann, trialEnd: sent }),
      status: 400,
      body: failure('trialEnd must be of type date.'),
    })),
    {
      rule: 'V6: unknown property ignored',
      options: { strictness: { unknownProperty: 'ignore' }, contactProperties: [plan] },
      request: update({ ...ann, plan: 'pro', seats: 3 }),
      body: done(),
      contacts: [contact({ plan: 'pro' })],
      properties: [plan],
    },
    {
      rule: 'V6: a refused request declares nothing',
      request: update({ userId: 'u-1', plan: 'pro' }),
      status: 400,
      body: failure('userId not found and cannot create a new contact without an email.'),
    },
    ...(
      [
        ['string', 1],
        ['number', '1'],
        ['boolean', 'true'],
      ] as const
    ).map(([type, sent]) => ({
      rule: `V7: ${JSON.stringify(sent)} is no ${type}`,
      ...declared('plan', type),
      request: update({ ...ann, plan: sent }),
      status: 400,
      body: failure(`plan must be of type ${type}.`),
    })),
    {
      rule: 'V7: the first value decides',
      before: [update({ ...ann, plan: 'pro' })],
      request: update({ ...ann, plan: 1 }),
      status: 400,
      body: failure('plan must be of type string.'),
      contacts: [contact({ plan: 'pro' })],
      properties: [plan],
    },
    {
      rule: 'V7: mismatch dropped',
      options: { strictness: { typeMismatch: 'drop' }, contactProperties: [plan] },
      request: update({ ...ann, plan: 1, createdAt: 'tomorrow', firstName: 'Ann' }),
      body: done(),
      contacts: [contact({ firstName: 'Ann' })],
      properties: [plan],
    },
    ...['id', 'listId', 'softDeleteAt', 'teamId', 'updatedAt', 'optInStatus'].map((name) => ({
      rule: `V8, V14: ${name}`,
      request: update({ ...ann, [name]: 'a' }),
      status: 400,
      body: failure(`Reserved property name: ${name}.`),
    })),
    {
      rule: 'V10: left out, nothing changes',
      before: [update({ ...ann, subscribed: false })],
      request: update({ ...ann, firstName: 'Ann' }),
      body: done(),
      contacts: [contact({ firstName: 'Ann', subscribed: false })],
    },
    {
      rule: 'V10: true subscribes again',
      before: [create(ann)],
      meanwhile: (api) => {
        api.unsubscribe('ann@example.com')
      },
      request: update({ ...ann, subscribed: true }),
      body: done(),
      contacts: [contact({})],
    },
    ...['true', 1, null].map((subscribed) => ({
      rule: `V10: ${JSON.stringify(subscribed)}`,
      request: update({ ...ann, subscribed }),
      status: 400,
      body: failure('subscribed must be true or false.'),
    })),
  ])('$rule', check)

  it.each<Row>([
    {
      rule: 'V11: true adds, false removes, absent leaves alone',
      before: [update({ ...ann, mailingLists: { [MAIN_LIST]: true, [OTHER_LIST]: true } })],
      request: update({ ...ann, mailingLists: { [MAIN_LIST]: false } }),
      body: done(),
      contacts: [contact({ mailingLists: { [OTHER_LIST]: true } })],
    },
    ...[null, [MAIN_LIST], MAIN_LIST].map((mailingLists) => ({
      rule: `V11: ${JSON.stringify(mailingLists)}`,
      request: update({ ...ann, mailingLists }),
      status: 400,
      body: failure('mailingLists must be an object.'),
    })),
    ...[{ unknown: true }, { [MAIN_LIST]: 'true' }].map((mailingLists) => ({
      rule: `V12: ${JSON.stringify(mailingLists)}`,
      request: update({ ...ann, mailingLists }),
      status: 400,
      body: failure('mailingLists must hold ids of mailing lists with true or false.'),
    })),
    {
      rule: 'V12: ignored',
      options: { strictness: { unknownMailingList: 'ignore' } },
      request: update({ ...ann, mailingLists: { unknown: true, [OTHER_LIST]: 1, [MAIN_LIST]: true } }),
      body: done(),
      contacts: [contact({ mailingLists: { [MAIN_LIST]: true } })],
    },
    {
      rule: 'V13: who left a list is not added again',
      before: [update({ ...ann, mailingLists: { [MAIN_LIST]: true } })],
      meanwhile: (api) => {
        api.leaveMailingList('ann@example.com', MAIN_LIST)
      },
      request: update({ ...ann, mailingLists: { [MAIN_LIST]: true, [OTHER_LIST]: true } }),
      body: done(),
      contacts: [contact({ mailingLists: { [OTHER_LIST]: true } })],
    },
    {
      rule: 'V13: who unsubscribed from everything is not added',
      before: [create(ann)],
      meanwhile: (api) => {
        api.unsubscribe('ann@example.com')
      },
      request: update({ ...ann, mailingLists: { [MAIN_LIST]: true } }),
      body: done(),
      contacts: [contact({ subscribed: false })],
    },
    {
      rule: 'V13: unless the same request subscribes again',
      before: [update({ ...ann, subscribed: false })],
      request: update({ ...ann, subscribed: true, mailingLists: { [MAIN_LIST]: true } }),
      body: done(),
      contacts: [contact({ mailingLists: { [MAIN_LIST]: true } })],
    },
    {
      rule: 'V13: who unsubscribed may still be removed',
      before: [update({ ...ann, mailingLists: { [MAIN_LIST]: true } })],
      meanwhile: (api) => {
        api.unsubscribe('ann@example.com')
      },
      request: update({ ...ann, mailingLists: { [MAIN_LIST]: false } }),
      body: done(),
      contacts: [contact({ subscribed: false })],
    },
  ])('$rule', check)

  it('are plain data whatever they are named', () => {
    const api = newApi()
    const names = '"__proto__": "a", "constructor": "b", "toString": "c"'
    const text = `{"email": "ann@example.com", "eventName": "signup", "eventProperties": {${names}}, ${names}}`
    expect(api.handle(send(text)).status).toBe(200)
    const [written] = api.contacts()
    const [sent] = api.events()
    for (const object of [written, sent?.eventProperties]) {
      expect(Object.entries(object ?? {})).toEqual(
        expect.arrayContaining([
          ['__proto__', 'a'],
          ['constructor', 'b'],
          ['toString', 'c'],
        ]),
      )
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype)
    }
  })

  it.each([
    { text: '{"email": "ann@example.com", "__proto__": {"userId": "u-1"}}', status: 200, contacts: [contact({})] },
    { text: '{"__proto__": {"email": "ann@example.com"}}', status: 400, contacts: [] },
  ])('are not taken from a prototype: $text', ({ text, status, contacts }) => {
    const api = newApi({ strictness: { nestedValue: 'drop' } })
    expect(api.handle(update(text)).status).toBe(status)
    expect(api.contacts()).toEqual(contacts)
  })

  it('may be nested too deep for recursion', () => {
    const deep = `{"email": "ann@example.com", "a": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    expect(newApi().handle(update(deep)).status).toBe(400)
  })
})

describe('the rate limit (G3)', () => {
  const limited = (clock: VirtualClock) => newApi({ requestsPerSecond: 2 }, clock)
  const exceeded = {
    status: 429,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '0',
    },
    body: '{"success":false,"message":"Rate limit exceeded."}',
  }

  it('counts all endpoints together and changes nothing beyond the limit', () => {
    const api = limited(new VirtualClock())
    const remaining = [get('/lists'), update({})].map((each) => api.handle(each).headers['x-ratelimit-remaining'])
    expect(remaining).toEqual(['1', '0'])
    expect(api.handle(update(ann))).toEqual(exceeded)
    expect(api.contacts()).toEqual([])
  })

  it.each([
    { after: 999, statuses: [429, 429] },
    { after: 1000, statuses: [200, 429] },
    { after: 1500, statuses: [200, 200] },
  ])('slides: $after ms after the first request', async ({ after, statuses }) => {
    const clock = new VirtualClock(START)
    const api = limited(clock)
    api.handle(get('/lists'))
    await clock.run(START + 500)
    api.handle(get('/lists'))
    await clock.run(START + after)
    expect([api.handle(get('/lists')).status, api.handle(get('/lists')).status]).toEqual(statuses)
  })

  it.each([
    { what: 'unknown key', each: { ...get('/lists'), headers: {} }, status: 401 },
    { what: 'wrong method', each: request('POST', '/v1/lists'), status: 405 },
    { what: 'unknown path', each: get('/nothing'), status: 404 },
  ])('is told with, but not used up by: $what', ({ each, status }) => {
    const { status: answered, headers } = limited(new VirtualClock()).handle(each)
    expect(answered).toBe(status)
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '2' })
    expect(headers).not.toHaveProperty('retry-after')
  })

  it('is not used up by what it refuses', async () => {
    const clock = new VirtualClock(START)
    const api = limited(clock)
    for (const wanted of [200, 200, 429, 429]) expect(api.handle(get('/lists')).status).toBe(wanted)
    await clock.run(START + 1000)
    expect(api.handle(get('/lists')).headers['x-ratelimit-remaining']).toBe('1')
  })

  it('is 10 unless told', () => {
    const api = new LoopsApi({ clock: new VirtualClock() })
    const statuses = Array.from({ length: 11 }, () => api.handle(get('/lists')).status)
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429])
  })

  it('looks the same when it is a fault', async () => {
    const api = limited(new VirtualClock())
    api.setFault(() => ({ kind: 'status', status: 429 }))
    expect(await api.answer(update(ann))).toEqual(exceeded)
    api.setFault(() => undefined)
    expect(await api.answer(get('/lists'))).toMatchObject({ headers: { 'x-ratelimit-remaining': '1' } })
  })
})

describe('faults (G6)', () => {
  const html = 'text/html; charset=utf-8'
  const json = 'application/json; charset=utf-8'

  it.each<{ fault: Extract<Fault, { kind: 'status' }>; type: string; body: unknown }>([
    { fault: { kind: 'status', status: 500 }, type: json, body: expect.stringMatching(/^\{"success":false,/) },
    { fault: { kind: 'status', status: 502 }, type: html, body: expect.stringMatching(/^<html>/) },
    { fault: { kind: 'status', status: 503 }, type: json, body: expect.stringMatching(/^\{"success":false,/) },
    { fault: { kind: 'status', status: 503, body: 'gone' }, type: html, body: 'gone' },
  ])('$fault', async ({ fault, type, body }) => {
    const api = newApi()
    api.setFault(() => fault)
    const answer = await api.answer(update(ann))
    expect(answer).toEqual({ status: fault.status, headers: { 'content-type': type }, body })
  })

  it.each<{ fault: Fault; status: number | 'dropped'; handled: number | undefined }>([
    { fault: { kind: 'status', status: 429, applied: true }, status: 429, handled: 200 },
    { fault: { kind: 'status', status: 502, applied: true }, status: 502, handled: 200 },
    { fault: { kind: 'status', status: 502, applied: false }, status: 502, handled: undefined },
    { fault: { kind: 'status', status: 502 }, status: 502, handled: undefined },
    { fault: { kind: 'drop', applied: true }, status: 'dropped', handled: 200 },
    { fault: { kind: 'drop', applied: false }, status: 'dropped', handled: undefined },
  ])('takes effect or not: $fault', async ({ fault, status, handled }) => {
    const api = newApi()
    api.setFault(() => fault)
    const answer = await api.answer(update(ann))
    expect(answer === 'dropped' ? answer : answer.status).toBe(status)
    expect(api.contacts()).toEqual(handled === 200 ? [contact({})] : [])
    expect(api.requests()).toMatchObject([{ status, handledStatus: handled }])
  })

  it('a delay passes on the clock before the request is applied', async () => {
    const clock = new VirtualClock(START)
    const api = newApi({}, clock)
    api.setFault(() => ({ kind: 'delay', milliseconds: 30_000 }))
    const answer = api.answer(send(signup))
    expect(api.events()).toEqual([])
    await clock.run()
    expect(await answer).toMatchObject({ status: 200 })
    expect(api.events()).toEqual([event({ at: START + 30_000 })])
  })

  it('are chosen by the request and do not touch handle', async () => {
    const api = newApi()
    api.setFault(({ path }) => (path.endsWith('/send') ? { kind: 'drop', applied: false } : undefined))
    expect(await api.answer(update(ann))).toMatchObject({ status: 200 })
    expect(await api.answer(send(signup))).toBe('dropped')
    expect(api.handle(send(signup)).status).toBe(200)
  })
})

describe('what can be looked at', () => {
  it('every request, without the key', () => {
    const api = newApi()
    api.handle({ ...send({ ...signup, a: 1 }, 'k'), path: '/api/v1/events/send' })
    api.handle(update('{'))
    expect(api.requests()).toEqual([
      {
        at: START,
        method: 'POST',
        path: '/api/v1/events/send',
        headers: { 'idempotency-key': 'k' },
        text: '{"email":"ann@example.com","eventName":"signup","a":1}',
        body: { ...signup, a: 1 },
        status: 200,
        handledStatus: 200,
      },
      {
        at: START,
        method: 'PUT',
        path: '/v1/contacts/update',
        headers: {},
        text: '{',
        body: undefined,
        status: 400,
        handledStatus: 400,
      },
    ])
    expect(JSON.stringify(api.requests())).not.toContain(KEY)
  })

  it('nothing after a reset', async () => {
    const api = newApi({ requestsPerSecond: 2 })
    api.setFault(() => ({ kind: 'drop', applied: true }))
    await api.answer(send({ ...signup, plan: 'pro' }, 'k'))
    api.reset()
    expect([api.contacts(), api.events(), api.requests()]).toEqual([[], [], []])
    expect(await api.answer(get('/contacts/properties?list=custom'))).toMatchObject({ status: 200, body: '[]' })
    expect(await api.answer(send(signup, 'k'))).toMatchObject({ status: 200 })
  })

  it('no one who is not there', () => {
    const api = newApi()
    expect(() => {
      api.leaveMailingList('ann@example.com', MAIN_LIST)
    }).toThrow('no contact has the e-mail address ann@example.com')
  })
})

describe("Loops' own client", () => {
  const api = new LoopsApi({ clock: new VirtualClock(START) })
  let server: LoopbackServer
  let client: LoopsClient

  function clientWith(key: string) {
    const pointed = new LoopsClient(key)
    pointed.apiRoot = `${server.url}/api/`
    return pointed
  }

  beforeAll(async () => {
    server = await serveLoopsApi(api)
    client = clientWith(KEY)
  })
  beforeEach(() => {
    api.reset()
  })
  afterAll(() => server.close())

  it('tests the key', async () => {
    expect(await client.testApiKey()).toEqual({ success: true, teamName: 'Company name' })
    const refused = clientWith('another').testApiKey()
    await expect(refused).rejects.toThrow(new APIError(401, invalidKey as never))
    await expect(refused).rejects.toMatchObject({ statusCode: 401, json: invalidKey })
  })

  it('creates, updates, finds and deletes a contact', async () => {
    const { email } = ann
    expect(await client.createContact({ email, properties: { firstName: 'Ann' } })).toEqual(done())
    const mailingLists = { [MAIN_LIST]: true }
    expect(await client.updateContact({ email, userId: 'u-1', properties: { plan: 'pro' }, mailingLists })).toEqual(
      done(),
    )
    const found = [contact({ firstName: 'Ann', userId: 'u-1', plan: 'pro', mailingLists: { [MAIN_LIST]: true } })]
    expect(await client.findContact({ email })).toEqual(found)
    expect(await client.findContact({ userId: 'u-1' })).toEqual(found)
    expect(await client.deleteContact({ userId: 'u-1' })).toEqual({ success: true, message: 'Contact deleted.' })
    expect(await client.findContact({ email: 'a+b@example.com' })).toEqual([])
    expect(api.requests().map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
      'POST /api/v1/contacts/create 200',
      'PUT /api/v1/contacts/update 200',
      'GET /api/v1/contacts/find?email=ann%40example.com 200',
      'GET /api/v1/contacts/find?userId=u-1 200',
      'POST /api/v1/contacts/delete 200',
      'GET /api/v1/contacts/find?email=a%2Bb%40example.com 200',
    ])
  })

  it('declares and lists properties, and lists mailing lists', async () => {
    expect(await client.createContactProperty('plan', 'string')).toEqual({ success: true })
    expect(await client.listContactProperties('custom')).toEqual([plan])
    expect(await client.listContactProperties()).toEqual([...defaultProperties, plan])
    expect(await client.listMailingLists()).toEqual(lists)
  })

  it('sends an event once for each idempotency key', async () => {
    const sending = { ...signup, eventProperties: { plan: 'pro' }, headers: { 'Idempotency-Key': 'k' } }
    const contactProperties = { firstName: 'Ann' }
    expect(await client.sendEvent({ ...sending, contactProperties })).toEqual({ success: true })
    await expect(client.sendEvent({ ...sending, contactProperties })).rejects.toMatchObject({
      statusCode: 409,
      json: failure('Request has already been processed.'),
    })
    await expect(client.sendEvent(sending)).rejects.toMatchObject({
      statusCode: 409,
      json: failure('Idempotency key already used with a different request body.'),
    })
    expect(api.contacts()).toEqual([contact({ firstName: 'Ann' })])
    expect(api.events()).toEqual([event({ eventProperties: { plan: 'pro' }, idempotencyKey: 'k' })])
  })

  it.each<{ what: string; call: (loops: LoopsClient) => Promise<unknown>; statusCode: number; json: unknown }>([
    {
      what: 'createContact, invalid email',
      call: (loops) => loops.createContact({ email: 'bob' }),
      statusCode: 400,
      json: invalidEmail,
    },
    {
      what: 'createContact, taken',
      call: (loops) => loops.createContact(ann),
      statusCode: 409,
      json: failure('Email or userId is already on list.'),
    },
    {
      what: 'updateContact, unknown userId',
      call: (loops) => loops.updateContact({ userId: 'u-9' }),
      statusCode: 400,
      json: failure('userId not found and cannot create a new contact without an email.'),
    },
    {
      what: 'findContact, invalid email',
      call: (loops) => loops.findContact({ email: 'bob' }),
      statusCode: 400,
      json: invalidEmail,
    },
    {
      what: 'deleteContact, unknown',
      call: (loops) => loops.deleteContact({ userId: 'u-9' }),
      statusCode: 404,
      json: failure('Contact not found.'),
    },
    {
      what: 'createContactProperty, there already',
      call: (loops) => loops.createContactProperty('firstName', 'string'),
      statusCode: 400,
      json: failure('Property already exists.'),
    },
    {
      what: 'sendEvent, unknown userId',
      call: (loops) => loops.sendEvent({ userId: 'u-9', eventName: 'signup' }),
      statusCode: 400,
      json: failure('Contact not found.'),
    },
    {
      what: 'an endpoint the stand-in lacks',
      call: (loops) => loops.listTransactionalEmails(),
      statusCode: 404,
      json: failure('Not found.'),
    },
  ])('is refused: $what', async ({ call, statusCode, json }) => {
    api.handle(create(ann))
    await expect(call(client)).rejects.toMatchObject({ name: 'APIError', statusCode, json })
  })

  it('exceeds the rate limit', async () => {
    for (let sent = 0; sent < 10; sent += 1) await client.listMailingLists()
    await expect(client.listMailingLists()).rejects.toThrow(new RateLimitExceededError(10, 0))
    api.reset()
    api.setFault(() => ({ kind: 'status', status: 429 }))
    await expect(client.listMailingLists()).rejects.toMatchObject({ name: 'RateLimitExceededError', remaining: 0 })
  })

  it('meets a load balancer that answers in HTML', async () => {
    api.setFault(() => ({ kind: 'status', status: 502, body: '<html>Bad Gateway</html>' }))
    await expect(client.sendEvent(signup)).rejects.toMatchObject({
      statusCode: 502,
      json: null,
      rawBody: '<html>Bad Gateway</html>',
    })
  })

  it('loses the connection after the event was taken', async () => {
    api.setFault(() => ({ kind: 'drop', applied: true }))
    await expect(client.sendEvent(signup)).rejects.toThrow('fetch failed')
    expect(api.events()).toEqual([event({})])
  })

  it('is told of a fault hook that throws', async () => {
    api.setFault(() => {
      throw new Error('mistake in a test')
    })
    await expect(client.listMailingLists()).rejects.toMatchObject({
      statusCode: 500,
      rawBody: 'Error: mistake in a test',
    })
  })
})
