/**
 * What PostHog's plugin server gives `index.ts` besides the ECMAScript built-ins, and nothing more: `tsconfig.json` has no
 * Node or DOM types, so a name the VM lacks (`setTimeout`, `process`, `TextEncoder`) does not compile.
 */

declare module 'node-fetch' {
  /** The part that node-fetch 2, PostHog's tracked fetch and its undici wrapper of 2025 have in common. */
  interface RequestOptions {
    method?: string
    headers?: Record<string, string>
    body?: string
    redirect?: 'manual' | 'follow' | 'error'
    /** Milliseconds; only node-fetch knows it, and others ignore it. */
    timeout?: number
  }

  export interface Headers {
    get(name: string): string | null
  }

  export interface Response {
    readonly status: number
    readonly ok: boolean
    readonly headers: Headers
    text(): Promise<string>
    json(): Promise<unknown>
  }

  export default function fetch(url: string, options?: RequestOptions): Promise<Response>
}

/** PostHog's own API, with a key that the server makes for itself. */
declare const posthog: {
  api: { get(path: string, options: { host: string }): Promise<import('node-fetch').Response> }
}
