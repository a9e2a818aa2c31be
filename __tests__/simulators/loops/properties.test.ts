import { MAIN_LIST, OTHER_LIST, update, create, send, contact, newApi, failure, done, ann, plan, check } from './setup'
import type { Row } from './setup'

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
      rule: `V5: ${JSON.stringify(sent)} is not a date`,
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
      rule: 'V6: a rejected request declares nothing',
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
      rule: `V7: ${JSON.stringify(sent)} is not a ${type}`,
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
