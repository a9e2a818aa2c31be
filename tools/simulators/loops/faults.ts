import type { LoopsApiRequest, LoopsApiResponse } from './contract'

/** A status that comes from something in front of Loops' API, or from an API that does not work. */
export type FaultStatus = 401 | 403 | 408 | 500 | 502 | 503

/** A fault of one request. With `applied` Loops applies the request, and only the answer is lost. */
export type Fault =
  | { kind: 'status'; status: 429; applied?: boolean }
  | {
      kind: 'status'
      status: FaultStatus
      /** JSON for a status that Loops' API itself gives, else an HTML page, unless given. */
      body?: string
      applied?: boolean
    }
  | { kind: 'drop'; applied: boolean }
  | {
      kind: 'delay'
      milliseconds: number
      /** When Loops applies the request: on its arrival, or when it answers (default). */
      appliedOn?: 'arrival' | 'answer'
    }

/** Returns the fault of a request, or undefined for none. */
export type FaultHook = (request: LoopsApiRequest) => Fault | undefined

const answers: Readonly<Record<FaultStatus, string>> = {
  401: JSON.stringify({ success: false, message: 'Invalid API key', error: 'Invalid API key' }),
  403: page('403 Forbidden'),
  408: page('408 Request Timeout'),
  500: JSON.stringify({ success: false, message: 'Internal server error.' }),
  502: page('502 Bad Gateway'),
  503: JSON.stringify({ success: false, message: 'Service unavailable.' }),
}

function page(title: string): string {
  return `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`
}

/** G1, G6. A server in front of the API answers, so the answer has no rate limit headers. */
export function faultAnswer(status: FaultStatus, body = answers[status]): LoopsApiResponse {
  const type = body.startsWith('{') ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8'
  return { status, headers: { 'content-type': type }, body }
}
