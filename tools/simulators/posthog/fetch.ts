import nodeFetch from 'node-fetch'
import type { ServerVersion } from './versions'

/** The part that node-fetch 2 and undici share, and `timeout`, which undici ignores. */
export type Fetch = (url: string, init?: FetchInit) => Promise<FetchResponse>

/** A `fetch` that is told which worker of the server sends the request. */
export type FetchOfWorker<Worker> = (url: string, init: FetchInit, worker: Worker) => Promise<FetchResponse>

export interface FetchInit {
  method?: string
  headers?: Record<string, string>
  body?: string
  redirect?: 'manual' | 'follow' | 'error'
  /** Milliseconds after which node-fetch gives up; undici ignores it. */
  timeout?: number
}

export interface FetchResponse {
  readonly status: number
  readonly ok: boolean
  readonly statusText: string
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
  json(): Promise<unknown>
}

/** The library that the server's `fetch` is built on. */
export function fetchOf(server: ServerVersion): Fetch {
  return server.importedFetch === 'undici' ? fetch : (nodeFetch as Fetch)
}

/**
 * A `fetch` that sends requests for `origin` to `target` and rejects any other origin, so that no trial reaches the real
 * service. The library follows redirects by itself, so `target` must not redirect to another origin.
 */
export function routeTo(origin: string, target: string, fetchLibrary: Fetch = nodeFetch as Fetch): Fetch {
  return async (url, init) => {
    const address = new URL(url)
    if (address.origin !== origin) throw new Error(`The simulator has no route to ${address.origin}.`)
    return fetchLibrary(new URL(target).origin + address.pathname + address.search, init)
  }
}
