import {
  request,
  get,
  update,
  create,
  contact,
  failure,
  done,
  ann,
  annAndUser,
  bob,
  invalidEmail,
  noIdentity,
  multiple,
  check,
} from './setup'
import type { Row } from './setup'

const remove = (body: unknown) => request('POST', '/v1/contacts/delete', body)

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
      rule: 'POST rejected with strictMethod',
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
