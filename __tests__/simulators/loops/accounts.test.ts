import { loopsAccounts } from '../../../tools/simulators/loops/server'
import { KEY, MAIN_LIST, START, ann, bob, contact, get, update, send, newApi, signup } from './setup'

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
    }).toThrow('no contact has the email ann@example.com')
  })
})

describe('several accounts', () => {
  const [one, other] = [newApi(), newApi({ apiKey: 'another-sandbox-key' })]
  const accounts = loopsAccounts(one, other)
  const withKey = (apiKey: string, request = send(signup, 'a key of an event')) =>
    accounts.answer({ ...request, headers: { ...request.headers, authorization: `Bearer ${apiKey}` } })

  it('have contacts and idempotency keys of their own, and reject a key of neither', async () => {
    expect(await withKey('loops-sandbox-key')).toMatchObject({ status: 200 })
    expect(await withKey('loops-sandbox-key')).toMatchObject({ status: 409 })
    expect(other.contacts()).toEqual([])
    expect(await withKey('another-sandbox-key')).toMatchObject({ status: 200 })
    expect(await withKey('another-sandbox-key', update(bob))).toMatchObject({ status: 200 })
    expect(await withKey('a key of neither')).toMatchObject({ status: 401 })
    expect(one.contacts()).toEqual([contact({})])
    expect(other.contacts()).toHaveLength(2)
  })
})

describe('a contact that is deleted in Loops', () => {
  it('is unknown by both identifiers, and is created again', () => {
    const api = newApi()
    api.handle(update({ ...bob, firstName: 'Bob' }))
    api.deleteContact(bob.email)
    expect(api.contacts()).toEqual([])
    expect(api.handle(update({ userId: bob.userId })).status).toBe(400)
    expect(api.handle(update(bob)).status).toBe(200)
    expect(api.contacts()).toEqual([contact({ id: 'contact-2', ...bob })])
    expect(() => {
      api.deleteContact(ann.email)
    }).toThrow('no contact')
  })
})
