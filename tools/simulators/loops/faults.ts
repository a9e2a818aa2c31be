import type { LoopsApiRequest, LoopsApiResponse } from './contract'

/** A fault of one request. With `applied` Loops applies the request, and only the answer is lost. */
export type Fault =
  | { kind: 'status'; status: 429; applied?: boolean }
  | {
      kind: 'status'
      status: 500 | 502 | 503
      /** An HTML page for a 502, as load balancers send it, and JSON for the others, unless given. */
      body?: string
      applied?: boolean
    }
  | { kind: 'drop'; applied: boolean }
  | { kind: 'delay'; milliseconds: number }

/** Returns the fault of a request, or undefined for none. */
export type FaultHook = (request: LoopsApiRequest) => Fault | undefined

const serverErrors = {
  500: JSON.stringify({ success: false, message: 'Internal server error.' }),
  502: '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>',
  503: JSON.stringify({ success: false, message: 'Service unavailable.' }),
}

/** G6. A server in front of the API answers, so the answer has no rate limit headers. */
export function serverError(status: 500 | 502 | 503, body = serverErrors[status]): LoopsApiResponse {
  const type = body.startsWith('{') ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8'
  return { status, headers: { 'content-type': type }, body }
}
