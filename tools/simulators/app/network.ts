import { sleep } from '../../lib/clock'
import type { Clock } from '../../lib/clock'
import type { Answerer } from '../loops/server'
import type { LoopsApiResponse } from '../loops/contract'
import type { Fetch, FetchResponse } from '../posthog/fetch'
import type { ServerVersion } from '../posthog/versions'

const origin = 'https://app.loops.so'

/**
 * A `fetch` that reaches the Loops simulator on the given clock, without sockets. A timeout does not cancel the request:
 * Loops applies it all the same.
 *
 * @param milliseconds from a request to its answer (default: 100).
 */
export function networkTo(
  api: Answerer,
  clock: Clock,
  { importedFetch }: Pick<ServerVersion, 'importedFetch'>,
  milliseconds = 100,
): Fetch {
  return async (url, { method = 'GET', headers = {}, body = '', timeout = 0 } = {}) => {
    const { origin: target, pathname, search } = new URL(url)
    if (target !== origin) throw new Error(`The simulator has no route to ${target}.`)
    const exchange = async (): Promise<FetchResponse> => {
      await sleep(clock, milliseconds / 2)
      const answer = await api.answer({ method, path: pathname + search, headers: inLowerCase(headers), body })
      await sleep(clock, milliseconds / 2)
      if (answer === 'dropped') throw connectionLost(url, importedFetch)
      return responseOf(answer)
    }
    return importedFetch === 'node-fetch' && timeout > 0 ? within(clock, timeout, url, exchange()) : exchange()
  }
}

function within(clock: Clock, timeout: number, url: string, response: Promise<FetchResponse>): Promise<FetchResponse> {
  let callOff: () => void = () => undefined
  const timedOut = new Promise<never>((_, reject) => {
    callOff = clock.after(timeout, () => {
      reject(fetchError(`network timeout at: ${url}`))
    })
  })
  return Promise.race([response, timedOut]).finally(() => {
    callOff()
  })
}

function connectionLost(url: string, library: ServerVersion['importedFetch']): Error {
  if (library === 'undici') return new TypeError('fetch failed')
  return fetchError(`request to ${url} failed, reason: socket hang up`)
}

function fetchError(message: string): Error {
  return Object.assign(new Error(message), { name: 'FetchError' })
}

function responseOf({ status, headers, body }: LoopsApiResponse): FetchResponse {
  return {
    status,
    ok: status >= 200 && status < 300,
    statusText: String(status),
    headers: { get: (name) => headers[name.toLowerCase()] ?? null },
    text: () => Promise.resolve(body),
    json: () =>
      new Promise((resolve) => {
        resolve(JSON.parse(body))
      }),
  }
}

function inLowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
