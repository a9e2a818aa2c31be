/** Hog functions: destinations are kept, tested and run as PostHog's server does. */
import { randomUUID } from 'node:crypto'
import type { Fetch, Outcome } from '../../hog/destination'
import { projectGlobal } from '../../hog/globals'
import { InstalledDestination } from '../../hog/installed-destination'
import type { MappingOutcome, NotRun } from '../../hog/installed-destination'
import type { Person } from '../../hog/persons'
import type { HogParser } from '../../hog/syntax-tree'
import type { CapturedEvent } from '../../../lib/shapes'
import { invalid, isRecord, methodNotAllowed, notFound, pageOf, forbidden } from './contract'
import type { ApiAnswer, ApiRequest, Project } from './contract'
import { checkFunction, secretsOf, shownInputs } from './hog-function-fields'
import type { CheckedFunction } from './hog-function-fields'
import { testInvocation } from './invocations'

type Fields = Readonly<Record<string, unknown>>

interface StoredFunction {
  readonly id: string
  readonly project: number
  readonly fields: Fields
  readonly checked: CheckedFunction
  /** `undefined` for one that is turned off and has filters that cannot be compiled. */
  readonly installed: InstalledDestination | undefined
  readonly updatedAt: number
}

/** What a function that is on has done about an event. */
export interface FunctionRun {
  readonly outcomes: readonly MappingOutcome[]
  /** The mappings that nearly run. */
  readonly notRun: readonly NotRun[]
}

export interface HogFunctionsOptions {
  readonly parser: HogParser
  /** False before mid-September 2025: custom functions needed an add-on. */
  readonly customFunctions?: boolean
  /** False on servers whose test cannot be run with a personal API key. */
  readonly invocationsByKey?: boolean
}

const WRITABLE = ['type', 'name', 'description', 'enabled', 'deleted', 'icon_url', 'template_id'] as const

export class HogFunctions {
  private functions: readonly StoredFunction[] = []
  private changes = 0
  private readonly runs = new Map<string, { succeeded: number; failed: number }>()

  constructor(private readonly options: HogFunctionsOptions) {}

  readonly route = (request: ApiRequest): ApiAnswer | undefined => {
    const { method, path } = request
    const [resource, id, action] = path
    if (resource !== 'hog_functions') return undefined
    if (action === 'invocations' && id !== undefined) return this.invoke(id, request)
    const isMetrics = action === 'metrics' && path[3] === 'totals' && method === 'GET'
    if (action !== undefined && !isMetrics) throw notFound('Endpoint not found.')
    request.requireScope(method === 'GET' ? 'hog_function:read' : 'hog_function:write')
    if (id === undefined) return this.listOrCreate(request)
    if (isMetrics) {
      const { id: known } = this.find(id, request.project)
      return { status: 200, body: { totals: this.runs.get(known) ?? {} } }
    }
    if (method === 'GET') return { status: 200, body: shown(this.find(id, request.project)) }
    if (method === 'PATCH') return { status: 200, body: shown(this.update(id, request)) }
    throw methodNotAllowed(method)
  }

  /** Runs each function that is on and whose filters the event passes, as PostHog does for an event that comes in. */
  async deliver(event: CapturedEvent, person: Person, project: Project, fetch: Fetch): Promise<FunctionRun[]> {
    const enabled = this.stored(project).filter(({ fields }) => fields['enabled'] === true)
    return Promise.all(
      enabled.map(async ({ id, installed }) => {
        const outcomes = (await installed?.deliver(event, person, { fetch })) ?? []
        for (const outcome of outcomes) this.count(id, outcome)
        return { outcomes, notRun: installed?.notRun(event, person) ?? [] }
      }),
    )
  }

  /** The text in place of a function's page; `undefined` if there is no such function. */
  pageOf(id: string): string | undefined {
    const { fields } = this.functions.find((each) => each.id === id) ?? {}
    if (fields === undefined || fields['deleted'] === true) return undefined
    const state = fields['enabled'] === true ? 'on' : 'off'
    return (
      `The destination "${String(fields['name'])}" is ${state}. A simulator has no pages: change it with ` +
      '`npm run deploy`, or with a PATCH to the REST API.\n'
    )
  }

  /** A run whose last answer is an error counts as failed, even if Hog has handled it. */
  private count(id: string, { requests, error }: Outcome): void {
    const runs = this.runs.get(id) ?? { succeeded: 0, failed: 0 }
    const { status = 500 } = requests.at(-1) ?? { status: 200 }
    runs[error !== undefined || status >= 400 ? 'failed' : 'succeeded'] += 1
    this.runs.set(id, runs)
  }

  private stored({ id }: Project): StoredFunction[] {
    return this.functions.filter(({ project, fields }) => project === id && fields['deleted'] !== true)
  }

  private find(id: string, project: Project): StoredFunction {
    const found = this.stored(project).find((each) => each.id === id)
    if (found === undefined) throw notFound()
    return found
  }

  private listOrCreate(request: ApiRequest): ApiAnswer {
    if (request.method === 'POST') return { status: 201, body: shown(this.create(request)) }
    if (request.method !== 'GET') throw methodNotAllowed(request.method)
    const types = request.query.get('type')?.split(',')
    const functions = this.stored(request.project)
      .filter(({ fields }) => types === undefined || types.includes(String(fields['type'])))
      .sort((one, other) => other.updatedAt - one.updatedAt)
    return pageOf(functions.map(listed), request)
  }

  private create({ body, project }: ApiRequest): StoredFunction {
    if (typeof body['type'] !== 'string') throw invalid('type', 'This field is required.', 'required')
    this.requireAddOn()
    const stored = this.check(randomUUID(), body, undefined, project)
    this.functions = [...this.functions, stored]
    return stored
  }

  private update(id: string, { body, project }: ApiRequest): StoredFunction {
    const before = this.find(id, project)
    const after = this.check(id, body, before, project)
    this.functions = this.functions.map((each) => (each.id === id ? after : each))
    return after
  }

  private requireAddOn(): void {
    if (this.options.customFunctions === false) {
      throw invalid('template_id', 'The Data Pipelines addon is required to create custom functions.')
    }
  }

  private check(id: string, body: Fields, before: StoredFunction | undefined, project: Project): StoredFunction {
    const merged = { ...before?.fields, ...before?.checked, ...body }
    const secrets = before === undefined ? {} : secretsOf(before.checked)
    const checked = checkFunction(merged, secrets, project, this.options.parser)
    this.changes += 1
    const defaults = { description: '', enabled: false, deleted: false, icon_url: null, template_id: null }
    const given = Object.entries(merged).filter(([key]) => (WRITABLE as readonly string[]).includes(key))
    return {
      id,
      project: project.id,
      fields: { ...defaults, ...Object.fromEntries(given) },
      checked,
      installed: this.install(String(merged['name']), checked, project),
      updatedAt: this.changes,
    }
  }

  private install(name: string, checked: CheckedFunction, project: Project): InstalledDestination | undefined {
    const all = [checked, ...(checked.mappings ?? [])]
    if (all.some(({ filters }) => filters['bytecode'] === null)) return undefined
    const server = { project, internalUsers: project.test_account_filters }
    return new InstalledDestination({ ...checked, name }, this.options.parser, server)
  }

  /** PostHog's own test: the function as the body describes it, on one event. */
  private invoke(id: string, request: ApiRequest): ApiAnswer {
    const { method, body, project, requireScope } = request
    if (method !== 'POST') throw methodNotAllowed(method)
    if (this.options.invocationsByKey === false) throw forbidden('This action does not support Personal API Key access')
    requireScope('hog_function:write')
    const stored = this.stored(project).find((each) => each.id === id)
    const { configuration, globals, mock_async_functions: mocks = true } = body
    if (!isRecord(configuration)) throw invalid('configuration', 'This field is required.', 'required')
    if (!isRecord(globals) || !isRecord(globals['event'])) return { status: 400, body: { status: 'error' } }
    const { installed } = this.check(id, configuration, stored, project)
    if (installed === undefined) throw invalid('filters', 'Invalid filter configuration')
    if (mocks !== true) throw new Error('The simulator sends no requests in a test: leave mock_async_functions true.')
    const all = { ...globals, event: globals['event'], project: projectGlobal(project) }
    return { status: 200, body: testInvocation(installed, all) }
  }
}

function shown({ id, fields, checked }: StoredFunction): Fields {
  const { template_id: template, deleted, ...others } = fields
  return {
    id,
    ...others,
    hog: checked.hog,
    bytecode: checked.bytecode,
    transpiled: null,
    inputs_schema: checked.inputs_schema,
    inputs: shownInputs(checked),
    filters: checked.filters,
    mappings: checked.mappings,
    masking: null,
    template: template ?? null,
    status: { state: 0, tokens: 0 },
    execution_order: null,
  }
}

/** What the list shows of a function: neither its inputs nor its mappings. */
function listed(stored: StoredFunction): Fields {
  const { bytecode, transpiled, inputs_schema: schemas, inputs, mappings, masking, ...others } = shown(stored)
  return others
}
