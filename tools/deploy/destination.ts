/** Installs the destination: a hog function of the project. */
import type { Json, PosthogClient, PosthogRequest } from '../posthog-api/client'
import { UsageError } from '../lib/usage-error'
import { builtDestination } from '../../destination/from-settings/body'
import type { DestinationBody } from '../../destination/from-settings/body'
import type { DeployOptions } from './options'
import { projectName, shownRequest } from './shown'
import type { Server } from './server'
import { tryDestination } from './trial'

export interface Deployment {
  readonly client: PosthogClient
  readonly server: Server
  readonly options: DeployOptions
  /** The destination that the settings describe; without it, a new one has the defaults, and an update keeps its own. */
  readonly given: DestinationBody | undefined
  /** Prints one paragraph. */
  readonly say: (text: string) => void
}

/** The mark in the description by which the command finds its destination again. */
export const MARK = '[made by npm run deploy]'

/** Installs or updates the destination as the deployment says, or shows how. @throws UsageError if PostHog refuses it. */
export async function deployDestination(deployment: Deployment): Promise<void> {
  const { options, client, server, say } = deployment
  const own = await findOwn(deployment)
  const { changes, configuration } = destinationFor(deployment, own)
  const functions = `/api/projects/${server.project.id}/hog_functions/`
  const request: PosthogRequest =
    own === undefined
      ? { method: 'POST', path: functions, body: changes }
      : { method: 'PATCH', path: `${functions}${own.id}/`, body: changes }
  say(planOf(deployment, own, configuration))
  for (const sentence of othersIn(server.destinations)) say(sentence)
  if (options.dryRun) {
    say(shownRequest(client.address, request))
    return
  }
  const path = `${functions}${own?.id ?? 'new'}/`
  for (const paragraph of await tryDestination(client, { path, configuration })) say(paragraph)
  const { id } = await client.send(request)
  const page = `${client.address}${pathOf(server.project.id)}/functions/${String(id)}`
  const done = own === undefined ? 'created' : 'updated'
  say(
    `Done: the destination is ${done}, and turned ${options.disabled ? 'off' : 'on'}, in ${projectName(server.project)}.`,
  )
  say(`See it, and turn it on or off, at ${page}`)
}

function pathOf(project: string): string {
  return project === '@current' ? '' : `/project/${project}`
}

interface OwnDestination extends Json {
  readonly id: string
}

/** The destination with the mark, with its inputs. */
async function findOwn({ client, server }: Deployment): Promise<OwnDestination | undefined> {
  const [own, ...others] = server.destinations.filter(isMarked)
  if (own === undefined) return undefined
  if (others.length > 0) {
    const ids = [own, ...others].map(({ id }) => String(id)).join(', ')
    throw new UsageError(
      `PostHog has several destinations with the mark ${MARK} (${ids}): take it out of the description of all but one.`,
    )
  }
  const id = String(own['id'])
  return { ...(await client.get(`/api/projects/${server.project.id}/hog_functions/${id}/`)), id }
}

function isMarked({ description }: Json): boolean {
  return typeof description === 'string' && description.includes(MARK)
}

/** A warning of each other destination that sends to Loops: this command does not touch it. */
function othersIn(destinations: readonly Json[]): string[] {
  return destinations
    .filter((one) => !isMarked(one) && one['enabled'] === true && String(one['hog']).includes('app.loops.so'))
    .map(({ id, name }) => {
      return `Take care: the destination "${String(name)}" (${String(id)}) sends to Loops, too. This command does not touch it. If it sends the same events, turn it off in PostHog.`
    })
}

/** What the request changes, and the whole destination after it, for the test. */
interface Planned {
  readonly changes: Json
  readonly configuration: Json
}

const CONFIGURATION = [
  'type',
  'name',
  'description',
  'icon_url',
  'hog',
  'inputs_schema',
  'inputs',
  'filters',
  'mappings',
]

/** With settings, or if there is no destination yet, everything is new; otherwise only the source, the key and the switch. */
function destinationFor({ options, given }: Deployment, own: OwnDestination | undefined): Planned {
  const body = given ?? builtDestination
  const apiKey = { value: options.keys.loops }
  const enabled = !options.disabled
  if (own === undefined || given !== undefined) {
    const inputs = { ...body.inputs, apiKey }
    // People may have changed name and description.
    const { name, description } = own ?? { name: body.name, description: `${body.description} ${MARK}` }
    const whole = { ...body, name, description, enabled, inputs }
    return { changes: whole, configuration: whole }
  }
  const changes = { hog: body.hog, enabled, inputs: { ...valuesOf(own['inputs']), apiKey } }
  const before = Object.fromEntries(Object.entries(own).filter(([key]) => CONFIGURATION.includes(key)))
  return { changes, configuration: { ...before, ...changes } }
}

/** The inputs as they were given; PostHog adds what it makes of them. */
function valuesOf(inputs: unknown): Json {
  const given = Object.entries((inputs ?? {}) as Record<string, Json>)
  return Object.fromEntries(given.filter(([, input]) => 'value' in input).map(([key, { value }]) => [key, { value }]))
}

function planOf({ server, options, given }: Deployment, own: Json | undefined, { mappings }: Json): string {
  const state = options.disabled ? 'turned off' : 'turned on'
  const what = own === undefined ? 'created' : `updated (${String(own['id'])})`
  const from =
    given !== undefined ? 'the settings of --config' : own === undefined ? 'the defaults' : 'its inputs in PostHog'
  const lines = (Array.isArray(mappings) ? (mappings as Json[]) : []).map(
    ({ name, filters }) => `  ${String(name)}: ${shownFilters((filters ?? {}) as Filters)}`,
  )
  return [`The destination will be ${what} in ${projectName(server.project)}, ${state}, with ${from}:`, ...lines].join(
    '\n',
  )
}

interface Filters {
  readonly events?: readonly { readonly id?: unknown }[]
  readonly properties?: readonly unknown[]
  readonly filter_test_accounts?: boolean
}

function shownFilters({ events = [], properties = [], filter_test_accounts: leavesOut }: Filters): string {
  const names = events.map(({ id }) => String(id)).join(', ')
  const parts = [
    events.length === 0 ? 'every event' : names,
    ...(properties.length > 0 ? [`${properties.length} property filters`] : []),
    ...(leavesOut === true ? ['without test accounts'] : []),
  ]
  return parts.join(', ')
}
