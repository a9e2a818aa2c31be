/** Installs the app: a plugin for the organization, and its configuration in the project. */
import type { Json, PosthogClient, PosthogRequest } from '../posthog-api/client'
import { Refusal } from '../posthog-api/refusal'
import { settingFields } from '../lib/app-files'
import { UsageError } from '../lib/usage-error'
import { projectName, shownRequest } from './deployment'
import type { Deployment } from './deployment'
import { repositoryOf } from './repository'
import type { Server } from './server'

/**
 * A key among the settings by which the command finds its configuration again: PostHog gave configurations a description
 * only in 2024. The app reads no setting of this name.
 */
const MARK = { madeBy: 'npm run deploy' }

interface Installed {
  readonly repository: string
  /** The plugin of the repository, if the organization has it. */
  readonly plugin: Json | undefined
  /** The configuration that the command made before. */
  readonly own: Json | undefined
}

/** Installs or updates the app as the deployment says, or shows how. @throws UsageError if PostHog refuses it. */
export async function deployApp(deployment: Deployment): Promise<void> {
  const { options, client, server, say } = deployment
  const installed = await findInstalled(deployment)
  const requests = requestsFor(deployment, installed)
  say(planOf(deployment, installed))
  if (options.dryRun) {
    const shown = [requests.plugin, requests.config(installed.plugin?.['id'] ?? '(the id of the plugin)')]
    for (const request of shown) if (request !== undefined) say(shownRequest(client.address, request))
    return
  }
  const plugin = requests.plugin === undefined ? installed.plugin : await client.send(requests.plugin)
  const config = await configure(deployment, installed, requests.config(plugin?.['id']), plugin)
  const state = options.disabled ? 'turned off' : 'turned on'
  say(`Done: the app is ${state} in ${projectName(server)}, as configuration ${String(config['id'])}.`)
  say(`See it, and turn it on or off, at ${client.address}/project/apps`)
}

async function findInstalled({ client, server, options }: Deployment): Promise<Installed> {
  const repository = repositoryOf(options)
  const { organization, id } = server.project
  const plugins = await client.list(`/api/organizations/${organization}/plugins/`)
  const plugin = plugins.find(({ url }) => typeof url === 'string' && isSameRepository(url, repository))
  const configs = await client.list(`/api/projects/${id}/plugin_configs/`)
  const ofPlugin = plugin === undefined ? [] : configs.filter((config) => config['plugin'] === plugin['id'])
  const [own, second] = ofPlugin.filter(isMarked)
  if (second !== undefined) throw new UsageError(severalOwn([own, second].map((config) => String(config?.['id']))))
  const other = ofPlugin.find((config) => !isMarked(config) && config['enabled'] === true)
  if (other !== undefined) throw new UsageError(notOwn(String(other['id'])))
  return { repository, plugin, own }
}

function isSameRepository(url: string, repository: string): boolean {
  return url.toLowerCase().replace(/\.git$|\/$/g, '') === repository.toLowerCase()
}

function isMarked({ config }: Json): boolean {
  return typeof config === 'object' && config !== null && (config as Json)['madeBy'] === MARK.madeBy
}

function notOwn(id: string): string {
  return `The app is turned on in this project already, as configuration ${id}, which this command has not made and does not touch: turn it off in PostHog, and run the command again. With both, each event would be sent twice.`
}

function severalOwn(ids: readonly string[]): string {
  return `PostHog has several configurations that this command has made (${ids.join(', ')}): delete all but one.`
}

interface Requests {
  readonly plugin: PosthogRequest | undefined
  readonly config: (plugin: unknown) => PosthogRequest
}

/** The first installs the plugin, or takes its newest version; one that others use too is left as it is. */
function requestsFor(
  { server, options, given: { app: settings } }: Deployment,
  { repository, plugin, own }: Installed,
): Requests {
  const plugins = `/api/organizations/${server.project.organization}/plugins/`
  const configs = `/api/projects/${server.project.id}/plugin_configs/`
  const kept = settings === undefined ? (own?.['config'] as Json | undefined) : undefined
  const config = { ...(settings ?? kept ?? defaults()), apiKey: options.keys.loops, ...MARK }
  const enabled = !options.disabled
  const upgrade = plugin === undefined ? undefined : `${plugins}${String(plugin['id'])}/upgrade/`
  return {
    plugin:
      upgrade === undefined
        ? { method: 'POST', path: plugins, body: { url: repository } }
        : own === undefined
          ? undefined
          : { method: 'POST', path: upgrade },
    config: (id) =>
      own === undefined
        ? { method: 'POST', path: configs, body: { plugin: id, enabled, order: 1, config } }
        : { method: 'PATCH', path: `${configs}${String(own['id'])}/`, body: { enabled, config } },
  }
}

/** PostHog fills in the defaults in its page only. */
function defaults(): Json {
  return Object.fromEntries(settingFields().map(({ key, default: text }) => [key, text]))
}

function planOf(
  { server, options, given: { app: settings } }: Deployment,
  { repository, plugin, own }: Installed,
): string {
  const state = options.disabled ? 'turned off' : 'turned on'
  const what = own === undefined ? 'configured' : `updated (configuration ${String(own['id'])})`
  const code =
    plugin === undefined
      ? `installed from ${repository}`
      : own === undefined
        ? `used as installed (plugin ${String(plugin['id'])})`
        : 'brought to its newest version'
  const lines = Object.entries(settings ?? {}).map(([key, text]) => `  ${key}: ${text}`)
  const from = settings === undefined ? (own === undefined ? 'the defaults' : 'as they are in PostHog') : 'as follows'
  return [`The app will be ${code}, and ${what} in ${projectName(server)}, ${state}. Settings: ${from}`, ...lines].join(
    '\n',
  )
}

async function configure(
  { client, server }: Deployment,
  { plugin: before, own }: Installed,
  request: PosthogRequest,
  plugin: Json | undefined,
): Promise<Json> {
  try {
    return await client.send(request)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new UsageError([error.message, ...whatExists(client, server, before, own, plugin)].join('\n'))
  }
}

/** What the first request has done, where the second one failed. */
function whatExists(
  { address }: PosthogClient,
  { project }: Server,
  before: Json | undefined,
  own: Json | undefined,
  plugin: Json | undefined,
): string[] {
  if (own !== undefined) return ['The app has its newest version, with the settings that it had.']
  if (before !== undefined) return ['The app was installed before, and is as it was.']
  const id = String(plugin?.['id'])
  const path = `${address}/api/organizations/${project.organization}/plugins/${id}/`
  return [
    `What exists now: the app is installed as plugin ${id}, and does nothing without a configuration.`,
    'To go on, run the command again. To take it back:',
    `  curl -X DELETE -H "Authorization: Bearer $POSTHOG_API_KEY" ${path}`,
  ]
}
