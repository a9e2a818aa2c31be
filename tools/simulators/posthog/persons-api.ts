import type { FetchResponse } from './fetch'
import type { PosthogApi, PosthogApiRequest } from './records'
import { sleep } from '../../lib/clock'
import type { Clock } from '../../lib/clock'

/** A person as PostHog has stored it. */
export interface Person {
  uuid: string
  distinct_ids: string[]
  properties: Record<string, unknown>
}

/**
 * The fault of every request: PostHog refuses its own key (401), fails (500), cannot be reached, is slow, or is at an address
 * from which no packet comes back (`hangs`).
 */
export type PersonsFault = 401 | 500 | 'down' | 'hangs' | { slowMilliseconds: number }

/** How long Linux tries to connect to an address that does not answer. The server waits for 30 seconds of it. */
const connectMilliseconds = 130_000

/**
 * A simulator of PostHog's persons API: it looks persons up by distinct_id, and fails as told. It finds them by way of
 * ClickHouse, so it learns of a person seconds after ingestion has made it.
 */
export class PersonsApi {
  readonly requests: PosthogApiRequest[] = []
  fault: PersonsFault | undefined

  constructor(
    private readonly clock: Clock,
    private readonly persons: Person[],
  ) {}

  /** Ingestion makes a person, whom the API finds after so many milliseconds. */
  learn(person: Person, afterMilliseconds: number): void {
    this.clock.after(afterMilliseconds, () => this.persons.push(person))
  }

  /** Answers `posthog.api.get`. Give it to an installation as its `posthogApi`. */
  readonly answer: PosthogApi = async (request) => {
    this.requests.push(request)
    if (this.fault === 'down') throw new Error(`request to ${request.url} failed, reason: connect ECONNREFUSED`)
    if (this.fault === 'hangs') {
      await sleep(this.clock, connectMilliseconds)
      throw new Error(`request to ${request.url} failed, reason: connect ETIMEDOUT`)
    }
    if (this.fault === 401) return response(401, { type: 'authentication_error', detail: 'Invalid personal API key.' })
    if (this.fault === 500) return response(500, '<html>Server Error</html>')
    if (this.fault !== undefined) await sleep(this.clock, this.fault.slowMilliseconds)
    return this.page(new URL(request.url))
  }

  private page({ pathname, searchParams }: URL): FetchResponse {
    if (!/^\/api\/projects\/(@current|\d+)\/persons\/$/.test(pathname)) return response(404, { detail: 'Not found.' })
    const distinctId = searchParams.get('distinct_id') ?? ''
    const results = this.persons
      .filter(({ distinct_ids: ids }) => ids.includes(distinctId))
      .map((person) => ({ type: 'person', id: person.uuid, name: person.distinct_ids[0], ...person }))
    return response(200, { next: null, previous: null, results })
  }
}

function response(status: number, content: unknown): FetchResponse {
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  return {
    status,
    ok: status < 300,
    statusText: String(status),
    headers: { get: () => null },
    text: () => Promise.resolve(text),
    json: () => Promise.resolve().then(() => JSON.parse(text) as unknown),
  }
}
