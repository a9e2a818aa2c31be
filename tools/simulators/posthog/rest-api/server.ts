import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { listenOnLoopback } from '../../../lib/local-server'
import type { LoopbackServer } from '../../../lib/local-server'
import { handleCapture, servesCapture } from '../capture-endpoint'
import type { PosthogServer } from './posthog-server'
import type { RestApi } from './rest-api'

type OnAnswer = (method: string, url: string, status: number) => void

/**
 * Serves the REST API of `posthog`, and takes events, over HTTP on loopback; port 0 takes any free port.
 *
 * @param onAnswer told of each request.
 */
export async function servePosthog(
  posthog: PosthogServer,
  port = 0,
  onAnswer: OnAnswer = () => undefined,
): Promise<LoopbackServer> {
  const server = createServer((incoming, outgoing) => {
    outgoing.on('finish', () => {
      onAnswer(incoming.method ?? '', incoming.url ?? '', outgoing.statusCode)
    })
    serve(posthog, incoming, outgoing).catch((error: unknown) => {
      outgoing.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(String(error))
    })
  })
  return listenOnLoopback(server, port)
}

async function serve(posthog: PosthogServer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const [path = ''] = (incoming.url ?? '').split('?')
  const page = posthog.pageAt(path)
  if (page !== undefined) return void outgoing.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(page)
  if (!servesCapture(path)) return answer(posthog.api, incoming, outgoing)
  return handleCapture(incoming, outgoing, (event) => {
    posthog.capture(event).catch((error: unknown) => {
      process.stderr.write(`What is deployed failed on an event: ${String(error)}\n`)
    })
  })
}

async function answer(api: RestApi, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = incoming
  const {
    status,
    body,
    headers: more,
  } = await api.answer({
    method,
    url: `http://${headers.host ?? '127.0.0.1'}${url}`,
    headers: { authorization: headers.authorization },
    body: await text(incoming),
  })
  const isPage = typeof body === 'string'
  outgoing
    .writeHead(status, { 'content-type': isPage ? 'text/html; charset=utf-8' : 'application/json', ...more })
    .end(isPage ? body : JSON.stringify(body))
}
