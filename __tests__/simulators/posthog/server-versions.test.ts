import { appDirectory } from '../../../tools/lib/app-files'
import { VirtualClock } from '../../../tools/lib/clock'
import type { AppConfig, CapturedEvent } from '../../../tools/lib/shapes'
import { LoopsApi } from '../../../tools/simulators/loops/loops-api'
import { serveLoopsApi } from '../../../tools/simulators/loops/server'
import { createInstallation } from '../../../tools/simulators/posthog/plugin-server'
import type { Installation } from '../../../tools/simulators/posthog/plugin-server'
import { fetchOf, routeTo } from '../../../tools/simulators/posthog/fetch'
import type { LoopbackServer } from '../../../tools/lib/local-server'
import { serverVersions } from '../../../tools/simulators/posthog/versions'
import type { ServerVersion } from '../../../tools/simulators/posthog/versions'
import { apiKey, isSetUpRequest, uuid } from '../../app/setup'

const purchase: CapturedEvent = {
  uuid,
  event: 'purchase',
  distinct_id: 'user_1',
  team_id: 1,
  timestamp: '2024-05-01T10:00:00.123Z',
  properties: { total: 49.5, tags: ['a', 'b'], $set: { email: 'ada@example.com', plan: 'pro' } },
}

const config: AppConfig = {
  apiKey,
  trackedEvents: 'purchase',
  contactEvents: 'purchase',
  includeAllEventProperties: 'Yes',
  eventProperties: 'at: {event.timestamp}',
  contactProperties: 'plan: {person.properties.plan}',
}

const request = {
  method: 'POST',
  path: '/api/v1/events/send',
  headers: { 'content-type': 'application/json', 'idempotency-key': uuid },
  body: {
    plan: 'pro',
    eventName: 'purchase',
    eventProperties: { total: 49.5, tags: 'a, b', at: '2024-05-01T10:00:00.123Z' },
    email: 'ada@example.com',
    userId: 'user_1',
  },
}

let api: LoopsApi
let server: LoopbackServer
let installation: Installation | undefined

beforeEach(async () => {
  api = new LoopsApi({
    apiKey,
    teamName: 'Acme',
    contactProperties: [{ key: 'plan', label: 'Plan', type: 'string' }],
  })
  server = await serveLoopsApi(api)
})
afterEach(async () => {
  installation?.close()
  await server.close()
})

function install(version: ServerVersion, changes: AppConfig = {}): Installation {
  installation = createInstallation({
    directory: appDirectory,
    server: version,
    // However slow the machine is, no request waits for a slot: nobody here runs the jobs.
    config: { ...config, requestsPerSecond: '1000', ...changes },
    clock: new VirtualClock(Date.UTC(2024, 4, 1)),
    fetch: routeTo('https://app.loops.so', server.url, fetchOf(version)),
  })
  return installation
}

function requestsToLoops(): unknown[] {
  return api
    .requests()
    .filter((request) => !isSetUpRequest(request))
    .map(({ method, path, headers, body }) => ({
      method,
      path,
      headers: Object.fromEntries(
        Object.entries(headers).filter(([name]) => ['content-type', 'idempotency-key'].includes(name)),
      ),
      body,
    }))
}

describe.each(serverVersions.map((version) => [version.name, version] as const))('on PostHog %s', (_, version) => {
  it('delivers directly, through exactly one hook', async () => {
    const app = install(version)
    const { errors } = await app.startWorker().deliver(purchase)
    expect(errors).toEqual([])
    expect(requestsToLoops()).toEqual([request])
    expect(app.requests.map(({ by }) => by).filter((by) => by !== 'setupPlugin')).toEqual(['onEvent'])
    expect(api.events()).toMatchObject([{ eventName: 'purchase', email: 'ada@example.com', userId: 'user_1' }])
    expect(api.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1', plan: 'pro' }])
  })

  it('checks the key once for each worker, and logs nothing else', async () => {
    const app = install(version)
    const worker = app.startWorker()
    await worker.deliver(purchase)
    await worker.deliver({ ...purchase, uuid: `${uuid}-2` })
    expect(app.logs.map(({ level, message }) => [level, message])).toEqual([
      ['LOG', 'Connected to Loops: the API key belongs to the team "Acme".'],
    ])
    expect(api.requests().filter(({ path }) => path === '/api/v1/api-key')).toHaveLength(1)
  })

  it('turns off with the answer of Loops when the key is wrong', async () => {
    const app = install(version, { apiKey: 'wrong0key1of2the3same4form5and6' })
    await app.startWorker().deliver(purchase)
    expect(app.enabled).toBe(false)
    expect(requestsToLoops()).toEqual([])
    const [failure] = app.failures
    expect(failure?.failure).toEqual({
      by: 'setupPlugin',
      name: 'Error',
      message:
        'Loops settings: Loops API key: Loops rejects it (401: Invalid API key): ' +
        'copy a key from Loops, Settings -> API.',
    })
  })

  it('shows the key nowhere but in the Authorization header', async () => {
    const app = install(version, { trackedEvents: '*' })
    const worker = app.startWorker()
    await worker.deliver(purchase)
    await worker.deliver({ ...purchase, uuid: `${uuid}-2`, event: 'b', distinct_id: 'nobody', properties: {} })
    const shown = app.requests.map(({ url, body, headers: { Authorization, ...headers } }) => ({ url, body, headers }))
    expect(JSON.stringify([app.logs, app.failures, app.jobs.pending(), shown])).not.toContain(apiKey)
    // Loops rejects the second event, which fails or has a job for a second try.
    expect(app.failures.length + app.jobs.pending().length).toBeGreaterThan(0)
    expect(app.requests.every(({ headers }) => headers.Authorization === `Bearer ${apiKey}`)).toBe(true)
  })
})

describe('webhook delivery', () => {
  const works = serverVersions.filter(({ name }) => ['2024-02', '2024-11'].includes(name))
  it.each(works.map((version) => [version.name, version] as const))('works on %s', async (_, version) => {
    const app = install(version, { delivery: 'webhook' })
    const { errors } = await app.startWorker().deliver(purchase)
    expect(errors).toEqual([])
    expect(requestsToLoops()).toEqual([request])
    expect(app.requests.map(({ by }) => by).filter((by) => by !== 'setupPlugin')).toEqual(['webhook'])
  })

  it('cannot work where PostHog encodes the body a second time', async () => {
    const [version] = serverVersions.filter(({ webhookBodyEncodedTwice }) => webhookBodyEncodedTwice)
    if (version === undefined) throw new Error('No such server')
    const { errors } = await install(version, { delivery: 'webhook' }).startWorker().deliver(purchase)
    expect(errors).toMatchObject([{ by: 'webhook', message: expect.stringContaining('Bad Request') as string }])
    expect(api.events()).toEqual([])
  })

  const silent = serverVersions.filter(({ composeWebhook }) => composeWebhook !== 'called')
  it.each(silent.map((version) => [version.name, version] as const))(
    'warns on %s, where nothing is sent',
    async (_, version) => {
      const app = install(version, { delivery: 'webhook' })
      await app.startWorker().deliver(purchase)
      expect(requestsToLoops()).toEqual([])
      expect(app.logs[0]).toMatchObject({
        level: 'WARN',
        message: 'Delivery "webhook" works only on PostHog servers from 2024-01-19 to 2025-05-22.',
      })
    },
  )
})
