import type { IncomingMessage } from 'node:http'
import { requestBody } from '../lib/local-server'

/** A refused request. The message tells the sender why, in one sentence. */
export class Refusal extends Error {
  override name = 'Refusal'

  constructor(
    readonly status: 400 | 403 | 404 | 405 | 413 | 415,
    message: string,
  ) {
    super(message)
  }
}

export const MAXIMUM_QUESTION_BYTES = 2 * 1024 * 1024

/** Headers that forbid inline code, other origins, frames and caches. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
}

/**
 * Refuses requests that do not come from the page itself, by throwing a Refusal. It checks the host, because another site
 * can point its own name at 127.0.0.1, and the origin, because any site can send requests to this machine.
 */
export function refuseStrangers({ headers, socket }: IncomingMessage): void {
  const hosts = ['localhost', '127.0.0.1'].map((name) => `${name}:${socket.localPort ?? ''}`)
  const { host = '', origin } = headers
  if (!hosts.includes(host)) throw new Refusal(403, `The playground is at http://${hosts[0] ?? ''}, not at "${host}".`)
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new Refusal(403, `Pages of ${origin} may send events to the playground and nothing else.`)
  }
}

/** The JSON object that the page has sent. Throws a Refusal for anything else and for more than 2 MB. */
export async function questionIn(request: IncomingMessage): Promise<Record<string, unknown>> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw new Refusal(415, 'The playground accepts only JSON: send it as application/json.')
  }
  const body = await requestBody(request, MAXIMUM_QUESTION_BYTES)
  if (body.length > MAXIMUM_QUESTION_BYTES)
    throw new Refusal(413, 'The body is larger than the 2 MB that the playground accepts.')
  return parsed(body.toString('utf8'))
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Refused below, like JSON that is not an object.
  }
  throw new Refusal(400, 'The body is not a JSON object.')
}
