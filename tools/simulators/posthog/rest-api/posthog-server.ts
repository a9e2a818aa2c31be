/** A PostHog server of one generation: its REST API, and what is deployed by it running on the events that come in. */
import type { Fetch as SendRequest } from '../../hog/destination'
import type { HogParser } from '../../hog/syntax-tree'
import type { Fetch } from '../fetch'
import { ingest } from '../events'
import type { RawEvent } from '../events'
import { createInstallation } from '../plugin-server'
import type { Installation } from '../plugin-server'
import type { CapturedEvent } from '../../../lib/shapes'
import { serverVersion } from '../versions'
import type { Worker } from '../worker'
import { isRecord } from './contract'
import type { Project, Route } from './contract'
import { HogFunctions } from './hog-functions'
import { Plugins } from './plugins'
import type { PluginConfig } from './plugins'
import { RestApi } from './rest-api'
import type { PersonalApiKey } from './rest-api'

/** What a server of each generation has, by PostHog's public code. */
const GENERATIONS = {
  /** Until 2024: apps only. */
  apps: { hogFunctions: undefined, newConfigs: true, masksSecrets: false },
  /** Until 2025-07-24: apps, and custom hog functions with an add-on. */
  both: { hogFunctions: { customFunctions: false, invocationsByKey: false }, newConfigs: true, masksSecrets: true },
  /** Since mid-September 2025; at first a personal API key could not run the test. */
  destinations2025: { hogFunctions: { invocationsByKey: false }, newConfigs: false, masksSecrets: true },
  destinations: { hogFunctions: {}, newConfigs: false, masksSecrets: true },
} as const

export type Generation = keyof typeof GENERATIONS

export const generations = Object.keys(GENERATIONS) as Generation[]

export interface PosthogServerOptions {
  readonly generation?: Generation
  readonly keys: Readonly<Record<string, PersonalApiKey>>
  readonly projects?: readonly [Project, ...Project[]]
  /** The folder of each repository that can be installed as an app, by its URL. */
  readonly repositories?: Readonly<Record<string, string>>
  readonly parser: HogParser
  /** Carries every request of what is deployed. */
  readonly fetch: Fetch
  /** More of the REST API than installing needs. */
  readonly routes?: readonly Route[]
}

const PROJECT: Project = {
  id: 7,
  name: 'Acme',
  organization: '0190aaaa-0000-0000-0000-000000000001',
  test_account_filters: [],
}

/** The one app server whose code was run for real: see `versions.ts`. */
const APP_SERVER = '2024-02'

interface RunningApp {
  readonly installation: Installation
  readonly worker: Worker
}

export class PosthogServer {
  readonly api: RestApi
  private readonly hogFunctions: HogFunctions | undefined
  private readonly plugins: Plugins
  private readonly projects: readonly [Project, ...Project[]]
  private readonly apps = new Map<PluginConfig, RunningApp>()
  private readonly persons = new Map<string, Record<string, unknown>>()

  constructor(private readonly options: PosthogServerOptions) {
    const { hogFunctions, ...apps } = GENERATIONS[options.generation ?? 'destinations']
    this.projects = options.projects ?? [PROJECT]
    this.hogFunctions = hogFunctions && new HogFunctions({ ...hogFunctions, parser: options.parser })
    this.plugins = new Plugins({ ...apps, repositories: options.repositories ?? {} })
    const own = [this.hogFunctions?.route, this.plugins.route].filter((route) => route !== undefined)
    this.api = new RestApi({ keys: options.keys, projects: this.projects, routes: [...own, ...(options.routes ?? [])] })
  }

  /** Takes an event into the first project, and runs what is deployed there on it. */
  async capture(raw: RawEvent): Promise<void> {
    const [project] = this.projects
    const event = ingest(raw, { teamId: project.id })
    const person = this.personAfter(event)
    await Promise.all([
      this.hogFunctions?.deliver({ event: { ...event, elements_chain: '' }, person }, project, this.send),
      ...this.plugins.running(project).map(async ({ config, directory }) => {
        await this.app(config, directory).worker.deliver(event)
      }),
    ])
  }

  /** Ends the apps. */
  close(): void {
    for (const { installation } of this.apps.values()) installation.close()
  }

  private readonly send: SendRequest = async ({ url, method, headers, body }) => {
    const answer = await this.options.fetch(url, { method, headers, ...(body !== undefined && { body }) })
    return { status: answer.status, body: await answer.text() }
  }

  private app(config: PluginConfig, directory: string): RunningApp {
    const known = this.apps.get(config)
    if (known !== undefined) return known
    const { fetch } = this.options
    const server = serverVersion(APP_SERVER)
    const installation = createInstallation({ directory, server, config: config.config, fetch, autoRunJobs: true })
    const app = { installation, worker: installation.startWorker() }
    this.apps.set(config, app)
    return app
  }

  private personAfter({ distinct_id: id, properties: { $set, $set_once } }: CapturedEvent) {
    const properties = {
      ...(isRecord($set_once) ? $set_once : {}),
      ...this.persons.get(id),
      ...(isRecord($set) ? $set : {}),
    }
    this.persons.set(id, properties)
    return { id, name: id, properties }
  }
}
