import fetch from 'node-fetch'
import type { Response } from 'node-fetch'
import { isRecord } from '../json'
import type { AppMeta, Memory } from '../posthog/meta'
import { messageOf, withoutSecrets } from '../redact'
import type { Settings } from '../settings/settings'
import { MINUTE, SECOND } from '../time'
import type { LoopsRequest } from '../translate/translate'
import { countRequest } from '../delivery/pace'

const LOOPS_API = 'https://app.loops.so/api'

/** How long the app waits for Loops, where the server's `fetch` knows `timeout`; elsewhere PostHog ends it after 30 s. */
const TIMEOUT = 10 * SECOND

/** What came of a request. */
export type Answer =
  | { readonly kind: 'taken' }
  /** Loops has had the event before, as its idempotency key tells. */
  | { readonly kind: 'known' }
  /** Loops refuses the request for good: another try never heals it. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Another try may heal it. */
  | {
      readonly kind: 'failed'
      readonly reason: string
      /** Loops gave no answer in time, and may still act on the request. */
      readonly isLate: boolean
      /** Another try at once may succeed, too. */
      readonly mayHealAtOnce: boolean
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

/**
 * Sends a request and goes on with what came of it.
 *
 * @param next is called and not returned to, because PostHog guards each `await` of an app, at 130 microseconds.
 */
export async function postToLoops(
  request: LoopsRequest,
  { apiKey }: Settings,
  memory: Memory,
  next: (answer: Answer) => Promise<void>,
): Promise<void> {
  const { url, ...options } = webhookFor(request, apiKey)
  const start = Date.now()
  // This request finds out whether Loops is back.
  if ((memory.timeoutsInARow ?? 0) >= TIMEOUTS_UNTIL_REST) memory.loopsRestsUntil = start + REST
  let answer: Answer
  try {
    // A redirected POST would arrive as a GET and look like a success.
    const response = await fetch(url, { ...options, redirect: 'manual', timeout: TIMEOUT })
    answer = response.ok ? { kind: 'taken' } : await answerIn(response, request, apiKey)
  } catch (error) {
    const isLate = Date.now() - start > 0.9 * TIMEOUT
    const reason = withoutSecrets(`Loops cannot be reached: ${messageOf(error)}`, apiKey)
    answer = { kind: 'failed', reason, isLate, mayHealAtOnce: !isLate }
  }
  noteTimeout(answer, memory)
  return next(answer)
}

async function answerIn(response: Response, { idempotencyKey, path }: LoopsRequest, apiKey: string): Promise<Answer> {
  const { status } = response
  if (status === 409 && idempotencyKey !== undefined) return { kind: 'known' }
  const reason = withoutSecrets(`Loops answered ${status} to ${path}${await messageIn(response)}`, apiKey)
  return status === 429 || status >= 500
    ? { kind: 'failed', reason, isLate: false, mayHealAtOnce: status !== 429 }
    : { kind: 'refused', reason }
}

/** What Loops answers to a GET, or why there is no answer: status 0 if Loops cannot be reached. */
export interface LoopsAnswer {
  readonly status: number
  readonly json?: unknown
  readonly reason: string
}

/** Asks Loops for its data. A question does not wait for its turn, but it counts for the pace. */
export async function getFromLoops(path: string, settings: Settings, meta: AppMeta): Promise<LoopsAnswer> {
  const { apiKey } = settings
  countRequest(settings, meta.cache)
  try {
    const headers = { Authorization: `Bearer ${apiKey}` }
    const response = await fetch(LOOPS_API + path, { method: 'GET', headers, redirect: 'manual', timeout: TIMEOUT })
    if (response.ok) return { status: 200, json: JSON.parse(await response.text()), reason: '' }
    const reason = `${response.status}${await messageIn(response)}`
    return { status: response.status, reason: withoutSecrets(reason, apiKey) }
  } catch (error) {
    return { status: 0, reason: withoutSecrets(messageOf(error), apiKey) }
  }
}

/** The message in Loops' answer. A load balancer answers with HTML, which has none. */
async function messageIn(response: Response): Promise<string> {
  try {
    const answer: unknown = JSON.parse(await response.text())
    const message = isRecord(answer) ? answer.message : undefined
    return typeof message === 'string' ? `: ${message.slice(0, 200)}` : ''
  } catch {
    return ''
  }
}

/** Two or three time-outs in a row are chance. */
const TIMEOUTS_UNTIL_REST = 5
const REST = MINUTE

/** Counts how many requests in a row Loops has not answered in time. */
function noteTimeout(answer: Answer, memory: Memory): void {
  const isLate = answer.kind === 'failed' && answer.isLate
  memory.timeoutsInARow = isLate ? (memory.timeoutsInARow ?? 0) + 1 : 0
  memory.loopsRestsUntil = memory.timeoutsInARow >= TIMEOUTS_UNTIL_REST ? Date.now() + REST : 0
}

/**
 * Until when requests wait without a try because Loops hangs: after five time-outs in a row a worker holds none of the
 * server's handlers for a minute. Then one request finds out whether Loops is back, and the others wait for what it learns.
 *
 * @returns milliseconds since 1970; `undefined` if a request may try.
 */
export function restOfLoops({ loopsRestsUntil = 0 }: Memory): number | undefined {
  return Date.now() < loopsRestsUntil ? loopsRestsUntil : undefined
}
