import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { listenOnLoopback } from '../../lib/local-server'
import type { LoopbackServer } from '../../lib/local-server'
import type { RestApi } from './rest-api'

/** Serves `api` over HTTP on loopback; port 0 takes any free port. */
export async function serveRestApi(api: RestApi, port = 0): Promise<LoopbackServer> {
  const server = createServer((incoming, outgoing) => {
    serve(api, incoming, outgoing).catch((error: unknown) => {
      outgoing.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(String(error))
    })
  })
  return listenOnLoopback(server, port)
}

async function serve(api: RestApi, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
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
