/** What the routes of the simulator of PostHog's REST API share: requests, answers, and errors in PostHog's form. */

export interface Project {
  readonly id: number
  readonly name: string
  /** The property filters of internal and test users. */
  readonly test_account_filters: readonly unknown[]
}

/** A request whose key is valid and may reach the project. */
export interface ApiRequest {
  readonly method: string
  /** The project in the path: `@current` is replaced by the key's current project. */
  readonly project: Project
  /** The parts of the path below `/api/projects/ID/` or `/api/environments/ID/`. */
  readonly path: readonly string[]
  /** The URL of the request without its query, for the URL of the next page. */
  readonly url: string
  readonly query: URLSearchParams
  /** The parsed body; an empty object if there is none. */
  readonly body: Readonly<Record<string, unknown>>
  /** @throws ApiError 403 if the key lacks the scope; `x:write` covers `x:read`. */
  readonly requireScope: (scope: string) => void
}

export interface ApiAnswer {
  readonly status: number
  /** Written as JSON; a text is written as it is, as HTML. */
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers the requests of one resource. `undefined`: the request is for another route. Throws ApiError to refuse. */
export type Route = (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer> | undefined

/** A refusal, in the form in which PostHog writes it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    readonly code: string,
    readonly detail: string,
    readonly attr: string | null = null,
  ) {
    super(detail)
  }

  get answer(): ApiAnswer {
    const { status, type, code, detail, attr } = this
    return { status, body: { type, code, detail, attr } }
  }
}

export function unauthorized(code: string, detail: string): ApiError {
  return new ApiError(401, 'authentication_error', code, detail)
}

export function forbidden(detail: string): ApiError {
  return new ApiError(403, 'authentication_error', 'permission_denied', detail)
}

export function notFound(detail = 'Not found.'): ApiError {
  return new ApiError(404, 'invalid_request', 'not_found', detail)
}

/** @param attr the field; PostHog joins the names of nested ones by two underscores, as in `inputs__apiKey`. */
export function invalid(attr: string | null, detail: string, code = 'invalid_input'): ApiError {
  return new ApiError(400, 'validation_error', code, detail, attr)
}

export function methodNotAllowed(method: string): ApiError {
  return new ApiError(405, 'invalid_request', 'method_not_allowed', `Method "${method}" not allowed.`)
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const USUAL_LIMIT = 100

/** A page of the list, with the URLs of the pages around it, by `limit` and `offset` as PostHog pages. */
export function pageOf(list: readonly unknown[], { url, query }: ApiRequest): ApiAnswer {
  const limit = Number(query.get('limit') ?? USUAL_LIMIT)
  const offset = Number(query.get('offset') ?? 0)
  const page = (start: number): string => {
    const changed = new URLSearchParams(query)
    changed.set('limit', String(limit))
    changed.set('offset', String(start))
    return `${url}?${changed.toString()}`
  }
  const next = offset + limit < list.length ? page(offset + limit) : null
  const previous = offset > 0 ? page(Math.max(0, offset - limit)) : null
  return { status: 200, body: { count: list.length, next, previous, results: list.slice(offset, offset + limit) } }
}
