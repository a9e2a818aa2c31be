import { request as httpRequest } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createPlayground } from '../../tools/playground/api'
import type { Result } from '../../tools/playground/contract'
import { pageFiles } from '../../tools/playground/page-files'
import { Session } from '../../tools/playground/session'
import type { CapturedEvent } from '../../tools/lib/shapes'
import type { Fetch } from '../../tools/simulators/posthog/fetch'
import { apiKey } from '../app/setup'

export const event = {
  uuid: '018f0000-0000-7000-8000-000000000001',
  event: 'purchase',
  distinct_id: 'user_1',
  team_id: 1,
  timestamp: '2024-05-01T10:00:00.000Z',
  properties: { total: 49.5, $set: { email: 'ada@example.com', plan: 'pro' } },
}
export const anonymous: CapturedEvent = { ...event, distinct_id: 'guest', properties: {} }
export const settings = {
  apiKey,
  trackedEvents: 'purchase',
  eventProperties: 'total: {event.properties.total}',
  contactEvents: '$identify',
  maxEventAge: '',
}
export const question = { settings, server: '2024-02' }

export const sentToLoops: [url: string, authorization: string | undefined][] = []
const realLoops: Fetch = (url, init) => {
  sentToLoops.push([url, init?.headers?.Authorization])
  return Promise.resolve(new Response(JSON.stringify({ success: true, message: `Hello ${apiKey}` })))
}

export let session: Session
let server: Server
export let port: number

beforeAll(async () => {
  session = new Session({ recorded: [event, anonymous], realLoops: () => realLoops })
  server = createPlayground(session, await pageFiles())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
beforeEach(() => {
  session.reset()
  session.live.clear()
  sentToLoops.length = 0
})
afterAll(() => {
  session.close()
  server.closeAllConnections()
  server.close()
})

export interface Asked {
  method?: string
  headers?: Record<string, string>
  body?: string
}

export interface Answered {
  status: number | undefined
  headers: Record<string, unknown>
  body: string
}

/** Unlike `fetch` this sends any Host. */
export function ask(path: string, { method = 'GET', headers = {}, body = '' }: Asked = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      void text(response).then((answer) => {
        resolve({ status: response.statusCode, headers: response.headers, body: answer })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

export const asJson = { 'Content-Type': 'application/json' }

export function post(path: string, body: object): Promise<Answered> {
  return ask(`/playground/${path}`, { method: 'POST', headers: asJson, body: JSON.stringify(body) })
}

export async function answer<Content>(path: string, body: object): Promise<Content> {
  const { status, body: content } = await post(path, body)
  expect({ status, content }).toEqual({ status: 200, content: expect.any(String) as string })
  return JSON.parse(content) as Content
}

export function resultFor(changes: { settings?: object; server?: string; event?: object }): Promise<Result> {
  return answer<Result>('mocked', {
    server: changes.server ?? '2024-02',
    settings: { ...settings, ...changes.settings },
    event: changes.event ?? event,
  })
}
