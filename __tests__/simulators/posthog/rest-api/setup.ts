import { loadHogParser } from '../../../../tools/simulators/hog/syntax-tree'
import { LoopsApi } from '../../../../tools/simulators/loops/loops-api'
import { serveLoopsApi } from '../../../../tools/simulators/loops/server'
import { routeTo } from '../../../../tools/simulators/posthog/fetch'
import type { ApiAnswer } from '../../../../tools/simulators/posthog/rest-api/contract'
import { PosthogServer } from '../../../../tools/simulators/posthog/rest-api/posthog-server'
import type { PosthogServerOptions } from '../../../../tools/simulators/posthog/rest-api/posthog-server'
import { apiKey } from '../../../app/setup'

/** A key with every scope. */
export const posthogKey = 'phx_1test2key3of4every5scope'

// It is WebAssembly, and takes a quarter of a second to load.
const parser = loadHogParser()

/** A PostHog server whose destinations reach a simulator of Loops. */
export async function startPosthog(options: Partial<PosthogServerOptions> = {}) {
  // The tests ask faster than one team may.
  const loops = new LoopsApi({ apiKey, requestsPerSecond: 1000 })
  const loopsServer = await serveLoopsApi(loops)
  const posthog = new PosthogServer({
    keys: { [posthogKey]: { scopes: ['*'] } },
    parser: await parser,
    fetch: routeTo('https://app.loops.so', loopsServer.url),
    ...options,
  })
  return { posthog, loops, loopsUrl: loopsServer.url, close: () => loopsServer.close() }
}

export type StartedPosthog = Awaited<ReturnType<typeof startPosthog>>

/** Asks the API of the server; without a key if `key` is empty. */
export function ask(
  { api }: PosthogServer,
  method: string,
  path: string,
  body?: unknown,
  key = posthogKey,
): Promise<ApiAnswer> {
  return api.answer({
    method,
    url: `http://posthog.test${path}`,
    headers: key === '' ? {} : { authorization: `Bearer ${key}` },
    body: body === undefined ? '' : JSON.stringify(body),
  })
}
