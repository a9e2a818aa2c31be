import fetch from 'node-fetch'
import type { LoopsRequest } from '../translate/translate'
import type { Settings } from '../settings'
import type { AppMeta } from '../meta'
import { SECOND } from '../time'
import { messageOf, withoutSecrets } from '../redact'
import { isRecord } from '../json'
import { orElse } from '../cache'
import { nextTurn } from './pace'

const LOOPS_API = 'https://app.loops.so/api'

export interface Failure {
  readonly kind: 'failed'
  readonly reason: string
  /** Loops may still be at it. */
  readonly isLate?: boolean
}

type Answer = { readonly kind: 'taken' | 'known' } | { readonly kind: 'refused'; readonly reason: string } | Failure

/** For a `fetch` that knows no `timeout`. */
export const NO_ANSWER: Failure = {
  kind: 'failed',
  reason: 'Loops cannot be reached: no answer in 30 seconds',
  isLate: true,
}

/** Where there are no jobs a second try at once is all that can be done for a lost connection or a failing server. */
export async function askLoops(request: LoopsRequest, settings: Settings, meta: AppMeta): Promise<Answer> {
  const first = await askOnce(request, settings)
  const mayHealAtOnce = first.kind === 'failed' && !first.reason.startsWith('Loops answered 429')
  return mayHealAtOnce && meta.jobs === undefined ? askOnce(request, settings) : first
}

/** A retry may heal a time-out, the rate limit and Loops' own failures; what Loops refuses, it refuses for good. */
async function askOnce(request: LoopsRequest, { apiKey }: Settings): Promise<Answer> {
  const start = Date.now()
  try {
    const { url, ...options } = webhookFor(request, apiKey)
    // A redirected POST would arrive as a GET and look like a success. `timeout` is node-fetch's own: an app has no timers.
    const response = await fetch(url, { ...options, redirect: 'manual', timeout: 20 * SECOND })
    if (response.ok) return { kind: 'taken' }
    // The idempotency key was used before: Loops has this event already.
    if (response.status === 409 && request.idempotencyKey !== undefined) return { kind: 'known' }
    const answer = `Loops answered ${response.status} to ${request.path}${await reasonIn(response)}`
    const kind = response.status === 429 || response.status >= 500 ? 'failed' : 'refused'
    return { kind, reason: withoutSecrets(answer, apiKey) }
  } catch (error) {
    const reason = withoutSecrets(`Loops cannot be reached: ${messageOf(error)}`, apiKey)
    return { kind: 'failed', reason, isLate: Date.now() - start > 10 * SECOND }
  }
}

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

/** The message in Loops' answer, which is no JSON at all when a load balancer gives it. */
async function reasonIn(response: { text(): Promise<string> }): Promise<string> {
  try {
    const answer: unknown = JSON.parse(await response.text())
    const message = isRecord(answer) ? answer.message : undefined
    return typeof message === 'string' ? `: ${message.slice(0, 200)}` : ''
  } catch {
    return ''
  }
}

/**
 * What Loops answers to a question, with the reason if it does not; status 0 if it cannot be reached. Questions are not put
 * off, but they count for the pace.
 */
export async function getFromLoops(
  path: string,
  settings: Settings,
  meta: AppMeta,
): Promise<{ status: number; json?: unknown; reason: string }> {
  const { apiKey } = settings
  await orElse(nextTurn(settings, meta), 0)
  try {
    const headers = { Authorization: `Bearer ${apiKey}` }
    const response = await fetch(LOOPS_API + path, { method: 'GET', headers, redirect: 'manual', timeout: 8 * SECOND })
    if (response.ok) return { status: 200, json: JSON.parse(await response.text()), reason: '' }
    const reason = `${response.status}${await reasonIn(response)}`
    return { status: response.status, reason: withoutSecrets(reason, apiKey) }
  } catch (error) {
    return { status: 0, reason: withoutSecrets(messageOf(error), apiKey) }
  }
}
