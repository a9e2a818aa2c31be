/** PostHog's REST API, as a personal API key may use it. */
import { messageOf } from '../sandbox/lib/usage-error'
import { notReached, refusalOf } from './refusal'

export type Json = Readonly<Record<string, unknown>>

export interface PosthogRequest {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** Below the address of PostHog. */
  readonly path: string
  readonly body?: Json
}

const TIMEOUT = 30_000
const PAGE = 100

export class PosthogClient {
  constructor(
    readonly address: string,
    private readonly key: string,
  ) {}

  get(path: string): Promise<Json> {
    return this.send({ method: 'GET', path })
  }

  /** Everything on a list, whose answers come in pages. */
  async list(path: string): Promise<Json[]> {
    const results: Json[] = []
    for (;;) {
      const separator = path.includes('?') ? '&' : '?'
      const page = await this.get(`${path}${separator}limit=${PAGE}&offset=${results.length}`)
      const found = Array.isArray(page['results']) ? (page['results'] as Json[]) : []
      results.push(...found)
      // The address of the next page is not followed: behind a proxy it may be another, which would get the key.
      if (found.length === 0 || typeof page['next'] !== 'string') return results
    }
  }

  /** @throws Refusal (see `refusal.ts`) for any answer that is no success, and for none. */
  async send({ method, path, body }: PosthogRequest): Promise<Json> {
    const answer = await this.answerTo(method, path, body)
    const text = await answer.text()
    const parsed = jsonIn(text)
    if (answer.ok && parsed !== undefined) return parsed
    throw refusalOf({
      posthog: this.address,
      method,
      path,
      status: answer.status,
      body: parsed,
      location: answer.headers.get('location'),
    })
  }

  private async answerTo(method: string, path: string, body: Json | undefined): Promise<Response> {
    try {
      return await fetch(this.address + path, {
        method,
        headers: { Authorization: `Bearer ${this.key}`, 'Content-Type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // A redirect could take the key elsewhere.
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT),
      })
    } catch (error) {
      throw notReached(this.address, method, reasonOf(error))
    }
  }
}

/** `fetch` says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : messageOf(cause ?? error)
}

function jsonIn(text: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Json) : undefined
  } catch {
    return undefined
  }
}
