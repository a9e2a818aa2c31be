/** Requests to PostHog's REST API, for a project. */
import type { Clock } from '../sandbox/lib/clock'
import { messageOf, UsageError } from '../sandbox/lib/usage-error'
import { isRecord, own } from '../src/json'
import { SECOND } from '../src/time'
import { refusal, withoutJson } from './refusals'

export interface PostHogAccess {
  /** The address of the server, without a slash at the end. */
  readonly posthog: string
  readonly project: string
  readonly key: string
  readonly clock: Clock
  /** Ends what waits and what runs; then each call throws `Stopped`. */
  readonly signal: AbortSignal
  /** Takes a sentence about a longer wait. */
  readonly tell: (sentence: string) => void
}

/** The user has stopped the command. */
export class Stopped extends Error {}

/** PostHog does not come back. What was read is kept. */
export class GaveUp extends Error {}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

const TIMEOUT = 120 * SECOND
const LONGEST_WAIT = 60 * SECOND
/** Waits of 1, 2, 4 ... 60 s between them: about eight minutes. */
const MOST_FAILURES = 12

export class PostHogApi {
  constructor(private readonly access: PostHogAccess) {}

  /**
   * Asks for `path` below the project. Waits as long as a 429 says, and tries a 5xx or a failure of the network again.
   *
   * @returns the parsed JSON.
   * @throws UsageError with a sentence if PostHog refuses, `GaveUp` after twelve failures in a row, `Stopped`.
   */
  async get(path: string): Promise<unknown> {
    let failures = 0
    for (;;) {
      const answer = await this.request('GET', path).catch((error: unknown) => this.failure(error))
      const wait = waitFor(answer, failures)
      if (wait === undefined) return this.content(answer as Answer)
      if (!isThrottled(answer)) failures += 1
      if (failures === MOST_FAILURES) throw new GaveUp(`PostHog failed ${failures} times in a row (${nameOf(answer)}).`)
      await this.wait(wait, nameOf(answer))
    }
  }

  /** Posts JSON to `path` below the project. Returns `undefined` if that fails for any reason but a stop. */
  async tryPost(path: string, body: unknown): Promise<unknown> {
    try {
      const { status, text } = await this.request('POST', path, JSON.stringify(body))
      return status === 200 ? (JSON.parse(text) as unknown) : undefined
    } catch {
      this.throwIfStopped()
      return undefined
    }
  }

  private async request(method: string, path: string, body?: string): Promise<Answer> {
    const { posthog, project, key, signal } = this.access
    const response = await fetch(`${posthog}/api/projects/${project}/${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
      // The key goes to the given server only.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  /** The name of a failure of the network. */
  private failure(error: unknown): string {
    this.throwIfStopped()
    const cause = own(error, 'cause')
    const code = own(cause, 'code')
    return typeof code === 'string' ? code : messageOf(error)
  }

  private async content(answer: Answer): Promise<unknown> {
    const { status, text, headers } = answer
    const { key, project, posthog } = this.access
    const json = parsedJson(text)
    if (status === 200 && isRecord(json)) return json
    if (status === 200) throw new UsageError(withoutJson(posthog))
    const projects = status === 404 && json !== undefined ? await this.projects() : []
    const location = headers.get('location')
    throw new UsageError(refusal({ status, json, location, posthog, project, key, projects }))
  }

  /** The projects that the key reaches; none if PostHog does not tell. */
  private async projects(): Promise<string[]> {
    const { posthog, key, signal } = this.access
    const response = await fetch(`${posthog}/api/projects/`, {
      headers: { authorization: `Bearer ${key}` },
      redirect: 'manual',
      signal,
    }).catch(() => undefined)
    const results = own(parsedJson((await response?.text()) ?? ''), 'results')
    if (!Array.isArray(results)) return []
    return results.map((project: unknown) => `${String(own(project, 'id'))} (${String(own(project, 'name'))})`)
  }

  private async wait(milliseconds: number, reason: string): Promise<void> {
    const { clock, signal, tell } = this.access
    this.throwIfStopped()
    if (milliseconds > 5 * SECOND) tell(`PostHog: ${reason}. The export waits ${Math.ceil(milliseconds / SECOND)} s.`)
    await new Promise<void>((resolve) => {
      const cancel = clock.after(milliseconds, ended)
      function ended(): void {
        // A timer that is left would keep a stopped command alive.
        cancel()
        signal.removeEventListener('abort', ended)
        resolve()
      }
      signal.addEventListener('abort', ended)
    })
    this.throwIfStopped()
  }

  private throwIfStopped(): void {
    if (this.access.signal.aborted) throw new Stopped()
  }
}

/** How long to wait before the next try; `undefined` if the answer is final. */
function waitFor(answer: Answer | string, failures: number): number | undefined {
  const backOff = Math.min(LONGEST_WAIT, SECOND * 2 ** failures)
  if (typeof answer === 'string') return backOff
  if (answer.status !== 429 && answer.status < 500) return undefined
  const told = Number(answer.headers.get('retry-after') ?? NaN)
  return told > 0 ? told * SECOND : Math.max(backOff, isThrottled(answer) ? 10 * SECOND : 0)
}

function isThrottled(answer: Answer | string): boolean {
  return typeof answer !== 'string' && answer.status === 429
}

function nameOf(answer: Answer | string): string {
  if (typeof answer === 'string') return answer
  return isThrottled(answer) ? 'too many requests (429)' : `an error of the server (${answer.status})`
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
