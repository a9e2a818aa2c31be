import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { listenOnLoopback } from '../../lib/local-server'
import type { LoopbackServer } from '../../lib/local-server'
import type { LoopsApiRequest, LoopsApiResponse } from './contract'
import type { LoopsApi } from './loops-api'

/** The part of `LoopsApi` that the server needs. */
export interface Answerer {
  answer(request: LoopsApiRequest): Promise<LoopsApiResponse | 'dropped'>
}

/**
 * Several accounts of Loops at one address: each request goes to the account whose key it bears, and one with an unknown key
 * to the first account, which rejects it.
 */
export function loopsAccounts(first: LoopsApi, ...others: readonly LoopsApi[]): Answerer {
  return {
    answer: (request) => (others.find((account) => account.isAddressedBy(request)) ?? first).answer(request),
  }
}

/**
 * Serves `api` over HTTP on loopback, below `/api`; port 0 takes any free port. If `api` throws, the client gets a 500 with
 * the error.
 */
export async function serveLoopsApi(api: Answerer, port = 0): Promise<LoopbackServer> {
  const server = createServer((incoming, outgoing) => {
    serve(api, incoming, outgoing).catch((error: unknown) => {
      outgoing.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(String(error))
    })
  })
  return listenOnLoopback(server, port)
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

/** Joins the headers that Node.js gives as lists; their names are in lower case already. */
function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
