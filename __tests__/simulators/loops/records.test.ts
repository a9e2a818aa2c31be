import { KEY, MAIN_LIST, START, get, update, send, newApi, signup } from './setup'

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
