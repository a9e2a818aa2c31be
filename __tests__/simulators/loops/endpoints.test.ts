import {
  KEY,
  request,
  get,
  update,
  send,
  contact,
  event,
  failure,
  done,
  ann,
  signup,
  invalidKey,
  lists,
  plan,
  defaultProperties,
  check,
} from './setup'
import type { Row } from './setup'

const declare = (body: unknown) => request('POST', '/v1/contacts/properties', body)
const long = 'x'.repeat(499)
const fits = 'x'.repeat(498)
const tooLong = failure('Some body key or value is longer than allowable')
const trialEnd = { key: 'trialEnd', label: 'Trial End', type: 'date' } as const

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
