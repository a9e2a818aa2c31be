import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { LoopsApiRequest, LoopsApiResponse } from './contract'

/** Answers requests; the part of `LoopsApi` that a server needs. */
export interface Answerer {
  answer(request: LoopsApiRequest): Promise<LoopsApiResponse | 'dropped'>
}

export interface LoopsApiServer {
  /** `http://127.0.0.1:PORT`; the API lies below `/api`. */
  url: string
  /** Ends what is still open, too. */
  close(): Promise<void>
}

/**
 * Serves `api` over HTTP to this machine alone; port 0 takes any free one. What `api` throws, a fault hook's mistake for
 * one, is told to the client as a 500.
 */
export async function serveLoopsApi(api: Answerer, port = 0): Promise<LoopsApiServer> {
  const server = createServer((incoming, outgoing) => {
    serve(api, incoming, outgoing).catch((error: unknown) => {
      outgoing.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(String(error))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

async function serve(api: Answerer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const answer = await api.answer({
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: headersOf(incoming),
    body: await text(incoming),
  })
  if (answer === 'dropped') outgoing.destroy()
  else outgoing.writeHead(answer.status, answer.headers).end(answer.body)
}

/** Node gives names in lower case, and a list for the few headers that may come twice. */
function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
