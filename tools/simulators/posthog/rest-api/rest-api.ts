/**
 * A simulator of PostHog's REST API, by its public code: keys with scopes, projects, and whatever routes it is given. It
 * works in-process; `serveRestApi` in `server.ts` serves it on loopback.
 */
import { ApiError, forbidden, isRecord, notFound, unauthorized } from './contract'
import type { ApiAnswer, ApiRequest, Project, Route } from './contract'

/** A personal API key. */
export interface PersonalApiKey {
  /** For example `hog_function:write`; `*` is every scope. */
  readonly scopes: readonly string[]
  /** The projects that the key is limited to; without them, all. */
  readonly projects?: readonly number[]
}

export interface RestApiOptions {
  readonly keys: Readonly<Record<string, PersonalApiKey>>
  /** The first one is `@current`. */
  readonly projects: readonly [Project, ...Project[]]
  readonly routes: readonly Route[]
}

/** A request as it comes over HTTP. */
export interface HttpRequest {
  readonly method: string
  /** Absolute, with the query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** A request that was answered. Its key is not recorded. */
export interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly status: number
}

/** A fault that replaces or follows the answer to a request; `undefined`: no fault. */
export type FaultHook = (request: HttpRequest) => ApiAnswer | undefined

export class RestApi {
  readonly requests: RecordedRequest[] = []
  /** Asked for each request before anything else. */
  fault: FaultHook = () => undefined

  constructor(private readonly options: RestApiOptions) {}

  async answer(request: HttpRequest): Promise<ApiAnswer> {
    const answer = this.fault(request) ?? (await this.respond(request))
    const { pathname, search } = new URL(request.url)
    this.requests.push({
      method: request.method,
      path: pathname + search,
      body: request.body,
      status: answer.status,
    })
    return answer
  }

  private async respond(request: HttpRequest): Promise<ApiAnswer> {
    try {
      return await this.serve(request)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return error.answer
    }
  }

  private async serve(request: HttpRequest): Promise<ApiAnswer> {
    const url = new URL(request.url)
    const [api, kind, id, ...path] = url.pathname.split('/').filter((part) => part !== '')
    if (api !== 'api' || (kind !== 'projects' && kind !== 'environments')) throw notFound('Endpoint not found.')
    const key = this.keyOf(request.headers['authorization'])
    const common = {
      method: request.method,
      url: url.origin + url.pathname,
      query: url.searchParams,
      body: parsedBody(request.body),
      requireScope: (scope: string) => {
        requireScope(key, scope)
      },
    }
    if (id === undefined) return this.list(key, common)
    const project = this.find(key, id)
    if (path.length === 0) return one(project, common)
    for (const route of this.options.routes) {
      const answer = await route({ ...common, project, path })
      if (answer !== undefined) return answer
    }
    throw notFound('Endpoint not found.')
  }

  private keyOf(authorization: string | undefined): PersonalApiKey {
    const [, token] = /^Bearer (.+)$/.exec(authorization ?? '') ?? []
    if (token === undefined) {
      throw unauthorized('not_authenticated', 'Authentication credentials were not provided.')
    }
    const key = Object.hasOwn(this.options.keys, token) ? this.options.keys[token] : undefined
    if (key === undefined) {
      const detail = 'Personal API key found in request Authorization header is invalid.'
      throw unauthorized('authentication_failed', detail)
    }
    return key
  }

  private find(key: PersonalApiKey, id: string): Project {
    const { projects } = this.options
    const project = id === '@current' ? projects[0] : projects.find((each) => id === String(each.id))
    if (project === undefined) throw notFound('Project not found.')
    if (key.projects === undefined || key.projects.includes(project.id)) return project
    throw forbidden(`API key does not have access to the requested project: ID ${project.id}.`)
  }

  private list(key: PersonalApiKey, request: Pick<ApiRequest, 'requireScope'>): ApiAnswer {
    request.requireScope('project:read')
    if (key.projects !== undefined) {
      throw forbidden('API keys with scoped projects are only supported on project-based endpoints.')
    }
    const results = this.options.projects.map(shownProject)
    return { status: 200, body: { count: results.length, next: null, previous: null, results } }
  }
}

function one(project: Project, { requireScope }: Pick<ApiRequest, 'requireScope'>): ApiAnswer {
  requireScope('project:read')
  return { status: 200, body: shownProject(project) }
}

function shownProject({ id, name }: Project) {
  return { id, name, timezone: 'UTC', is_demo: false }
}

function requireScope({ scopes }: PersonalApiKey, scope: string): void {
  const enough = ['*', scope, scope.replace(/:read$/, ':write')]
  if (!scopes.some((each) => enough.includes(each))) throw forbidden(`API key missing required scope '${scope}'`)
}

function parsedBody(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {}
  try {
    const body: unknown = JSON.parse(text)
    if (isRecord(body)) return body
  } catch {
    // Answered below, like JSON that is not an object.
  }
  throw new ApiError(400, 'validation_error', 'parse_error', 'JSON parse error')
}
