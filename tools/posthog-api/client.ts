/** PostHog's REST API, as a personal API key may use it; `npm run deploy` asks it, too. */
import { messageOf, UsageError } from '../lib/usage-error'
import { isRecord, ownProperty } from '../../src/json'
import { MINUTE } from '../../src/time'
import { notReached, Refusal, refusalOf } from './refusal'

export type Json = Readonly<Record<string, unknown>>

export interface PosthogAccess {
  /** The URL of PostHog, without a slash at the end. */
  readonly posthog: string
  /** A personal API key. */
  readonly key: string
  /** What the command needs of the key. */
  readonly scopes: readonly string[]
  /** Ends what runs. */
  readonly signal?: AbortSignal
}

export interface PosthogRequest {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** Below the URL of PostHog. */
  readonly path: string
  readonly body?: Json
}

const TIMEOUT = 2 * MINUTE
const PAGE = 100

export class PosthogClient {
  readonly address: string

  constructor(private readonly access: PosthogAccess) {
    this.address = access.posthog
  }

  /** Asks for `path` below the URL of PostHog. @throws what `send` throws. */
  get(path: string): Promise<Json> {
    return this.send({ method: 'GET', path })
  }

  /** Everything on a list, whose answers come in pages. @throws what `send` throws. */
  async list(path: string): Promise<Json[]> {
    const results: Json[] = []
    for (;;) {
      const separator = path.includes('?') ? '&' : '?'
      const page = await this.get(`${path}${separator}limit=${PAGE}&offset=${results.length}`)
      const found = Array.isArray(page['results']) ? (page['results'] as Json[]) : []
      results.push(...found)
      // The URL of the next page is not followed: behind a proxy it may be another, which would get the key.
      if (found.length === 0 || typeof page['next'] !== 'string') return results
    }
  }

  /** @throws Refusal for any answer that is no success or no JSON object, and for none. */
  async send(request: PosthogRequest): Promise<Json> {
    const { ok, status, headers, text } = await this.answerTo(request)
    const json = jsonIn(text)
    if (ok && isRecord(json)) return json
    throw refusalOf({ ...this.access, ...request, status, headers, json: ok ? undefined : json })
  }

  /** The error for a project that the key does not reach, with those that it does if PostHog tells. */
  async noProject(id: string): Promise<UsageError> {
    const projects = await this.list('/api/projects/').catch(noneIfRefused)
    const known = projects.map(({ id: number, name }) => `${String(number)} (${String(name)})`).join(', ')
    const rest =
      known === ''
        ? ': copy the ID from any PostHog URL (/project/12345/).'
        : `, but ${known}: name one of them with --project.`
    return new UsageError(`PostHog has no project ${id} for this key${rest}`)
  }

  private async answerTo({ method, path, body }: PosthogRequest) {
    const { posthog, key, signal } = this.access
    try {
      const response = await fetch(posthog + path, {
        method,
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // A redirect could take the key elsewhere.
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT), ...(signal === undefined ? [] : [signal])]),
      })
      const { ok, status, headers } = response
      return { ok, status, headers, text: await response.text() }
    } catch (error) {
      throw notReached(posthog, method, reasonOf(error))
    }
  }
}

function noneIfRefused(error: unknown): Json[] {
  if (error instanceof Refusal) return []
  throw error
}

/** `fetch` says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const cause = ownProperty(error, 'cause')
  const code = ownProperty(cause, 'code')
  return typeof code === 'string' ? code : messageOf(cause ?? error)
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
