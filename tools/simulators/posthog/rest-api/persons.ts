/** The route of the simulator of PostHog's REST API that lists persons. */

/** A person as PostHog has stored it. */
export interface StoredPerson {
  readonly uuid: string
  readonly distinct_ids: readonly string[]
  readonly properties: Readonly<Record<string, unknown>>
  /** ISO 8601 text. */
  readonly created_at: string
}

/** The persons of a project, newest first: an array, or something that makes them when they are asked for. */
export interface StoredPersons {
  readonly length: number
  slice(start: number, end: number): readonly StoredPerson[]
}

/** What a route of persons needs of a request whose key is valid and may reach the project. */
export interface PersonsRequest {
  readonly method: string
  /** The parts of the path below `/api/projects/ID/`. */
  readonly path: readonly string[]
  /** The URL of the request without its query. */
  readonly url: string
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  /** Throws if the key lacks the scope. */
  readonly requireScope: (scope: string) => void
}

export interface PersonsAnswer {
  readonly status: number
  readonly body: unknown
}

export interface PersonsRouteOptions {
  /** How the next page is named: servers of 2021 and 2022 by a cursor, later ones by an offset. */
  readonly paging?: 'cursor' | 'offset'
  /** Persons that are stored but not shown, which makes pages shorter than their limit (PostHog/posthog#24787). */
  readonly hidden?: (person: StoredPerson) => boolean
  /** Whether the server counts persons by HogQL; servers before 2023 do not. */
  readonly hogql?: boolean
}

/** Without `limit`, a page has 100 persons; with any, at most 1,000. */
const USUAL_LIMIT = 100
const LARGEST_LIMIT = 1000

/** Lists the persons as PostHog does. A project without persons of that kind has an empty page. */
export function personsRoute(persons: StoredPersons, options: PersonsRouteOptions = {}) {
  return (request: PersonsRequest): PersonsAnswer | undefined => {
    const [resource, ...below] = request.path
    if (below.length > 0) return undefined
    if (resource === 'persons' && request.method === 'GET') {
      request.requireScope('person:read')
      return { status: 200, body: page(persons, request, options) }
    }
    if (resource === 'query' && request.method === 'POST' && options.hogql === true) {
      request.requireScope('query:read')
      return { status: 200, body: { results: [[persons.length]] } }
    }
    return undefined
  }
}

function page(persons: StoredPersons, { url, query }: PersonsRequest, options: PersonsRouteOptions) {
  const { paging = 'offset', hidden = () => false } = options
  const limit = Math.min(Number(query.get('limit') ?? USUAL_LIMIT), LARGEST_LIMIT)
  const start = paging === 'offset' ? Number(query.get('offset') ?? 0) : placeIn(query.get('cursor'))
  const end = start + limit
  const next = new URLSearchParams(query)
  if (paging === 'offset') next.set('offset', String(end))
  else next.set('cursor', cursorFor(end))
  return {
    next: end < persons.length ? `${url}?${next.toString()}` : null,
    previous: null,
    results: persons
      .slice(start, end)
      .filter((person) => !hidden(person))
      .map((person, index) => ({
        id: start + index + 1,
        name: person.distinct_ids[0],
        ...person,
      })),
  }
}

function cursorFor(index: number): string {
  return Buffer.from(`p=${index}`).toString('base64')
}

function placeIn(cursor: string | null): number {
  return cursor === null ? 0 : Number(Buffer.from(cursor, 'base64').toString().slice(2))
}
