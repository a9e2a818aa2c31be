import { APIError, LoopsClient, RateLimitExceededError } from 'loops'
import { VirtualClock } from '../../../tools/lib/clock'
import type { LoopbackServer } from '../../../tools/lib/local-server'
import { LoopsApi } from '../../../tools/simulators/loops/loops-api'
import { serveLoopsApi } from '../../../tools/simulators/loops/server'
import {
  KEY,
  MAIN_LIST,
  START,
  create,
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
} from './setup'

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
    const rejected = clientWith('another').testApiKey()
    await expect(rejected).rejects.toThrow(new APIError(401, invalidKey as never))
    await expect(rejected).rejects.toMatchObject({ statusCode: 401, json: invalidKey })
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
      what: 'updateContact, unknown userId',
      call: (loops) => loops.updateContact({ userId: 'u-9' }),
      statusCode: 400,
      json: failure('userId not found and cannot create a new contact without an email.'),
    },
    {
      what: 'an endpoint the simulator lacks',
      call: (loops) => loops.listTransactionalEmails(),
      statusCode: 404,
      json: failure('Not found.'),
    },
  ])('is rejected: $what', async ({ call, statusCode, json }) => {
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

  it('loses the connection after the event was accepted', async () => {
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
