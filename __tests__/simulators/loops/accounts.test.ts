import { loopsAccounts } from '../../../tools/simulators/loops/accounts'
import { ann, bob, contact, newApi, send, signup, update } from './setup'

describe('several accounts', () => {
  const [one, other] = [newApi(), newApi({ apiKey: 'another-sandbox-key' })]
  const accounts = loopsAccounts(one, other)
  const withKey = (apiKey: string, request = send(signup, 'a key of an event')) =>
    accounts.answer({ ...request, headers: { ...request.headers, authorization: `Bearer ${apiKey}` } })

  it('have contacts and idempotency keys of their own, and refuse a key of neither', async () => {
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
  it('is unknown by both identifiers, and is made anew', () => {
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
