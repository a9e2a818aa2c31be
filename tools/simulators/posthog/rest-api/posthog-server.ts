/** A PostHog server of one generation: its REST API, and what is deployed by it running on the events that come in. */
import { hogFetch } from '../../hog/destination'
import { Persons } from '../../hog/persons'
import type { HogParser } from '../../hog/syntax-tree'
import type { Fetch } from '../fetch'
import { ingest } from '../events'
import type { RawEvent } from '../events'
import type { Project, Route } from './contract'
import { HogFunctions } from './hog-functions'
import type { FunctionRun } from './hog-functions'
import { RestApi } from './rest-api'
import type { PersonalApiKey } from './rest-api'

/** What a server of each generation has, by PostHog's public code. */
const GENERATIONS = {
  /** Until 2024: no hog functions. */
  apps: undefined,
  /** Until mid-September 2025: custom hog functions with an add-on only. */
  addOn: { customFunctions: false, invocationsByKey: false },
  /** Since then; at first a personal API key could not run the test. */
  destinations2025: { invocationsByKey: false },
  destinations: {},
} as const

export type Generation = keyof typeof GENERATIONS

export const generations = Object.keys(GENERATIONS) as Generation[]

export interface PosthogServerOptions {
  readonly generation?: Generation
  readonly keys: Readonly<Record<string, PersonalApiKey>>
  readonly projects?: readonly [Project, ...Project[]]
  readonly parser: HogParser
  /** Carries every request of what is deployed. */
  readonly fetch: Fetch
  /** Told of each event, and of each function that has run on it; `undefined` on a server without hog functions. */
  readonly onEvent?: (event: string, runs: readonly FunctionRun[] | undefined) => void
  /** More of the REST API than installing needs. */
  readonly routes?: readonly Route[]
}

const PROJECT: Project = { id: 7, name: 'Acme', test_account_filters: [] }

export class PosthogServer {
  readonly api: RestApi
  private readonly hogFunctions: HogFunctions | undefined
  private readonly projects: readonly [Project, ...Project[]]
  private readonly persons = new Persons()

  constructor(private readonly options: PosthogServerOptions) {
    const hogFunctions = GENERATIONS[options.generation ?? 'destinations']
    this.projects = options.projects ?? [PROJECT]
    this.hogFunctions = hogFunctions && new HogFunctions({ ...hogFunctions, parser: options.parser })
    const routes = [this.hogFunctions?.route, ...(options.routes ?? [])].filter((route) => route !== undefined)
    this.api = new RestApi({ keys: options.keys, projects: this.projects, routes })
  }

  /** Takes an event into the first project, and runs what is deployed there on it. */
  async capture(raw: RawEvent): Promise<void> {
    const [project] = this.projects
    const event = ingest(raw, { teamId: project.id })
    const person = this.persons.after(event)
    const runs = await this.hogFunctions?.deliver(event, person, project, hogFetch(this.options.fetch))
    this.options.onEvent?.(event.event, runs)
  }

  /** The text at the URL of a destination's page; `undefined` for another URL. */
  pageAt(path: string): string | undefined {
    const [, id = ''] = /^\/project\/\d+\/functions\/([\w-]+)\/?$/.exec(path) ?? []
    return this.hogFunctions?.pageOf(id)
  }
}
