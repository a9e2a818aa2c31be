import fetch from 'node-fetch'
import type { Response } from 'node-fetch'
import { isRecord } from '../json'
import { messageOf, withoutSecrets } from '../redact'
import { SECOND } from '../time'
import type { LoopsRequest } from './request'

const LOOPS_API = 'https://app.loops.so/api'

/** How long the app waits for Loops, where the server's `fetch` knows `timeout`; elsewhere PostHog ends it after 30 s. */
const TIMEOUT = 10 * SECOND

/** Loops' answer to a request. A `reason` is a clause for the log. */
export type Answer =
  | { readonly kind: 'accepted' }
  /** Loops already has an event with this idempotency key. */
  | { readonly kind: 'duplicate' }
  /** Loops does not accept the request, and never will. */
  | { readonly kind: 'rejected'; readonly status: number; readonly reason: string }
  /** The key is wrong, or a firewall blocks the request: a retry succeeds only after somebody has fixed it. */
  | { readonly kind: 'unauthorized'; readonly reason: string }
  /** Another try may succeed. */
  | {
      readonly kind: 'retryable'
      readonly reason: string
      /** Loops gave no answer in time, and may still act on the request. */
      readonly timedOut: boolean
      /** Another try at once may succeed, too. */
      readonly mayRetryAtOnce: boolean
    }

/** The request as `fetch` and as PostHog's `composeWebhook` take it. */
export function webhookFor({ method, path, idempotencyKey, body }: LoopsRequest, apiKey: string) {
  return {
    url: LOOPS_API + path,
    method,
    headers: {
      Authorization: `Bearer ${apiKey}`,
      'Content-Type': 'application/json',
      ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
    },
    body: JSON.stringify(body),
  }
}

/** Starts a request. The caller awaits it, because PostHog guards each `await` of an app, at 130 microseconds. */
export function startRequest(request: LoopsRequest, apiKey: string): Promise<Response> {
  const { url, ...options } = webhookFor(request, apiKey)
  // A redirected POST would arrive as a GET and look like a success.
  return fetch(url, { ...options, redirect: 'manual', timeout: TIMEOUT })
}

/** The meaning of an answer of Loops whose status is not 2xx. */
export async function answerIn(
  response: Response,
  { idempotencyKey, path }: LoopsRequest,
  apiKey: string,
): Promise<Answer> {
  const { status } = response
  if (status === 409 && idempotencyKey !== undefined) return { kind: 'duplicate' }
  const reason = withoutSecrets(`Loops answered ${status} to ${path}${await messageIn(response)}`, apiKey)
  if (status === 401 || status === 403) return { kind: 'unauthorized', reason }
  return status === 408 || status === 429 || status >= 500
    ? { kind: 'retryable', reason, timedOut: false, mayRetryAtOnce: status !== 429 }
    : { kind: 'rejected', status, reason }
}

/**
 * The meaning of a request that failed without an answer.
 *
 * @param startedAt when the request went out: milliseconds since 1970.
 */
export function withoutAnswer(error: unknown, startedAt: number, apiKey: string): Answer {
  const timedOut = Date.now() - startedAt > 0.9 * TIMEOUT
  const reason = withoutSecrets(`Loops cannot be reached: ${messageOf(error)}`, apiKey)
  return { kind: 'retryable', reason, timedOut, mayRetryAtOnce: !timedOut }
}

/** What Loops answers to a GET, or why there is no answer: status 0 if Loops cannot be reached. */
export interface LoopsAnswer {
  readonly status: number
  readonly json?: unknown
  readonly reason: string
}

/** Asks Loops for its data. */
export function getFromLoops(path: string, apiKey: string): Promise<LoopsAnswer> {
  return getWithKey(LOOPS_API + path, apiKey)
}

/** Sends a GET with the key. A redirect is an answer without data. */
export async function getWithKey(url: string, apiKey: string): Promise<LoopsAnswer> {
  try {
    const headers = { Authorization: `Bearer ${apiKey}` }
    const response = await fetch(url, { method: 'GET', headers, redirect: 'manual', timeout: TIMEOUT })
    if (response.ok) return { status: 200, json: JSON.parse(await response.text()), reason: '' }
    const reason = `${response.status}${await messageIn(response)}`
    return { status: response.status, reason: withoutSecrets(reason, apiKey) }
  } catch (error) {
    return { status: 0, reason: withoutSecrets(messageOf(error), apiKey) }
  }
}

/** The message in Loops' answer. A load balancer answers with HTML, which has none; nor has a body that breaks off. */
async function messageIn(response: Response): Promise<string> {
  try {
    const answer: unknown = JSON.parse(await response.text())
    const message = isRecord(answer) ? answer.message : undefined
    return typeof message === 'string' ? `: ${message.slice(0, 200)}` : ''
  } catch {
    return ''
  }
}
