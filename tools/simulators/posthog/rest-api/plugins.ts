/** Plugins, which is what PostHog's REST API calls apps, and their configurations in a project. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { invalid, isRecord, methodNotAllowed, notFound, pageOf } from './contract'
import type { ApiAnswer, ApiRequest, Project } from './contract'

type Fields = Readonly<Record<string, unknown>>

interface Plugin {
  readonly id: number
  readonly organization: string
  readonly url: string
  /** The folder that the repository's files are read from. */
  readonly directory: string
  readonly manifest: Fields
}

export interface PluginConfig {
  readonly id: number
  readonly project: number
  readonly plugin: number
  readonly enabled: boolean
  readonly order: number
  readonly config: Readonly<Record<string, string>>
}

export interface PluginsOptions {
  /** The folder of each repository that can be installed, by its URL. */
  readonly repositories: Readonly<Record<string, string>>
  /** False since 2025-07-24: apps that are configured go on, a new configuration is refused. */
  readonly newConfigs?: boolean
  /** True on newer servers: they show this text instead of a secret setting. */
  readonly masksSecrets?: boolean
}

const SECRET = '**************** POSTHOG SECRET FIELD ****************'

export class Plugins {
  private plugins: readonly Plugin[] = []
  private configs: readonly PluginConfig[] = []

  constructor(private readonly options: PluginsOptions) {}

  readonly route = (request: ApiRequest): ApiAnswer | undefined => {
    const [resource, id, action] = request.path
    if (resource !== 'plugins' && resource !== 'plugin_configs') return undefined
    request.requireScope(request.method === 'GET' ? 'plugin:read' : 'plugin:write')
    if (resource === 'plugins') return this.answerPlugins(request, id, action)
    if (action !== undefined) throw notFound('Endpoint not found.')
    return this.answerConfigs(request, id)
  }

  /** The configurations that are on, each with the folder of its app. */
  running({ id }: Project): { readonly config: PluginConfig; readonly directory: string }[] {
    return this.configs
      .filter(({ project, enabled }) => project === id && enabled)
      .map((config) => ({ config, directory: this.plugin(config.plugin).directory }))
  }

  private answerPlugins(request: ApiRequest, id: string | undefined, action: string | undefined): ApiAnswer {
    const { method, project } = request
    const installed = this.plugins.filter(({ organization }) => organization === project.organization)
    if (id === undefined) {
      if (method === 'GET') return pageOf(installed.map(shownPlugin), request)
      if (method === 'POST') return { status: 201, body: shownPlugin(this.install(request.body, project)) }
      throw methodNotAllowed(method)
    }
    const plugin = installed.find((each) => String(each.id) === id)
    if (plugin === undefined) throw notFound()
    if (action === undefined && method === 'GET') return { status: 200, body: shownPlugin(plugin) }
    if (action === undefined && method === 'DELETE') {
      this.plugins = this.plugins.filter((each) => each !== plugin)
      this.configs = this.configs.filter((config) => config.plugin !== plugin.id)
      return { status: 204, body: '' }
    }
    if (action !== 'upgrade' || method !== 'POST') throw methodNotAllowed(method)
    const upgraded = { ...plugin, manifest: manifestIn(plugin.directory) }
    this.plugins = this.plugins.map((each) => (each === plugin ? upgraded : each))
    return { status: 200, body: shownPlugin(upgraded) }
  }

  private install({ url }: Fields, { organization }: Project): Plugin {
    const isRepository = typeof url === 'string' && /^https:\/\/(github|gitlab)\.com\/[\w.-]+\/[\w.-]+$/.test(url)
    if (!isRepository) throw invalid(null, 'Must be a GitHub/GitLab repository or a npm package URL!')
    if (this.plugins.some((plugin) => plugin.url === url && plugin.organization === organization)) {
      throw invalid(null, `Plugin from URL "${url}" already installed!`)
    }
    const directory = Object.hasOwn(this.options.repositories, url) ? this.options.repositories[url] : undefined
    if (directory === undefined) throw invalid(null, 'Could not find plugin.json in the plugin')
    const id = Math.max(0, ...this.plugins.map((plugin) => plugin.id)) + 1
    const plugin = { id, organization, url, directory, manifest: manifestIn(directory) }
    this.plugins = [...this.plugins, plugin]
    return plugin
  }

  private answerConfigs(request: ApiRequest, id: string | undefined): ApiAnswer {
    const { method, project, body } = request
    const ofProject = this.configs.filter((config) => config.project === project.id)
    if (id === undefined) {
      if (method === 'GET')
        return pageOf(
          ofProject.map((config) => this.shownConfig(config)),
          request,
        )
      if (method === 'POST') return { status: 201, body: this.shownConfig(this.configure(body, project)) }
      throw methodNotAllowed(method)
    }
    const config = ofProject.find((each) => String(each.id) === id)
    if (config === undefined) throw notFound()
    if (method === 'GET') return { status: 200, body: this.shownConfig(config) }
    if (method !== 'PATCH') throw methodNotAllowed(method)
    const changed = this.changed(config, body)
    this.configs = this.configs.map((each) => (each === config ? changed : each))
    return { status: 200, body: this.shownConfig(changed) }
  }

  private configure(body: Fields, project: Project): PluginConfig {
    const plugin = this.plugins.find(({ id }) => id === body['plugin'])
    if (plugin === undefined) {
      throw invalid('plugin', `Invalid pk "${String(body['plugin'])}" - object does not exist.`, 'does_not_exist')
    }
    if (typeof body['order'] !== 'number') throw invalid('order', 'This field is required.', 'required')
    if (this.options.newConfigs === false) {
      const remedy = 'Please refer to the Hog Functions documentation for more information.'
      throw invalid(null, `Plugin creation is no longer possible. ${remedy}`)
    }
    const id = Math.max(0, ...this.configs.map((config) => config.id)) + 1
    const empty = { id, project: project.id, plugin: plugin.id, enabled: false, order: body['order'], config: {} }
    const config = this.changed(empty, body)
    this.configs = [...this.configs, config]
    return config
  }

  /** A secret setting that the body leaves out stays. */
  private changed(config: PluginConfig, { enabled = config.enabled, config: settings }: Fields): PluginConfig {
    if (settings === undefined) return { ...config, enabled: enabled === true }
    if (!isRecord(settings)) throw invalid('config', 'Value must be valid JSON.')
    const kept = this.secretKeys(config.plugin).filter((key) => key in config.config && !(key in settings))
    const secrets = Object.fromEntries(kept.map((key) => [key, config.config[key]]))
    return { ...config, enabled: enabled === true, config: { ...settings, ...secrets } as PluginConfig['config'] }
  }

  private plugin(id: number): Plugin {
    const plugin = this.plugins.find((each) => each.id === id)
    if (plugin === undefined) throw notFound()
    return plugin
  }

  private secretKeys(plugin: number): string[] {
    const fields = this.plugin(plugin).manifest['config'] as readonly Fields[]
    return fields.filter(({ secret }) => secret === true).map(({ key }) => String(key))
  }

  private shownConfig({ project, ...config }: PluginConfig): Fields {
    const masked = this.options.masksSecrets === true ? this.secretKeys(config.plugin) : []
    const secrets = Object.fromEntries(masked.filter((key) => config.config[key]).map((key) => [key, SECRET]))
    return { ...config, config: { ...config.config, ...secrets }, team_id: project, error: null }
  }
}

function manifestIn(directory: string): Fields {
  return JSON.parse(readFileSync(join(directory, 'plugin.json'), 'utf8')) as Fields
}

function shownPlugin({ id, url, manifest }: Plugin): Fields {
  const { name, description = '', config = [] } = manifest
  return { id, plugin_type: 'custom', name, description, url, config_schema: config, tag: '', latest_tag: null }
}
