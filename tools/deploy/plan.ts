/** What the command is about to do: the request, and the destination after it. */
import { builtDestination } from '../../destination/from-settings/body'
import type { DestinationBody } from '../../destination/from-settings/body'
import { readConfiguration } from '../../destination/from-settings/read'
import { UsageError } from '../lib/usage-error'
import type { Json, PosthogClient, PosthogRequest } from '../posthog-api/client'
import { changesBetween } from './changes'
import type { DeployOptions } from './options'
import { findOwn, rivalsOf, strangersIn } from './own'
import type { OwnDestination } from './own'
import { requireOneProject } from './server'
import type { Server } from './server'
import { checked } from './settings'
import type { Requested } from './settings'
import { renewed, withEvents } from './update'

export interface Deployment {
  readonly client: PosthogClient
  readonly server: Server
  readonly options: DeployOptions
  readonly requested: Requested | undefined
}

export interface Plan {
  /** The destination that is updated; `undefined` if a new one is made. */
  readonly own: OwnDestination | undefined
  readonly request: PosthogRequest
  /** The path of the function, or that of a new one. */
  readonly path: string
  /** The whole destination after the request, with the key. */
  readonly configuration: DestinationBody
  /** Lines that say what --config adds and removes. */
  readonly changes: readonly string[]
  /** Sentences about what should be looked at. */
  readonly warnings: readonly string[]
}

/** @throws UsageError if PostHog has a destination that the new one would double, or if it is not clear where to make it. */
export async function planFor(deployment: Deployment): Promise<Plan> {
  const { client, server, options } = deployment
  const own = options.another ? undefined : await findOwn(client, server)
  const rivals = rivalsOf(own, server)
  const warnings = strangersIn(server)
  if (own !== undefined) {
    const told = rivals.map(
      (one) =>
        `Warning: the destination ${one} sends to Loops, too. If it sends the same events, turn it off in PostHog.`,
    )
    return updateOf(deployment, own, [...warnings, ...told])
  }
  if (rivals.length > 0 && !options.another) {
    throw new UsageError(
      `PostHog has a destination that sends to Loops and was not created by this command: ${rivals.join(', ')}. Turn it off in PostHog, or add --another to have both.`,
    )
  }
  if (options.project === '@current') await requireOneProject(client)
  return creationOf(deployment, warnings)
}

function creationOf({ server, options, requested }: Deployment, warnings: readonly string[]): Plan {
  const { body, isChosen } = requested ?? { body: builtDestination, isChosen: false }
  const inputs = { ...body.inputs, apiKey: { value: options.keys.loops } }
  const configuration = { ...body, enabled: isChosen && !options.disabled, inputs }
  const path = `/api/projects/${server.project.id}/hog_functions/`
  const request: PosthogRequest = { method: 'POST', path, body: { ...configuration } }
  return { own: undefined, request, path: `${path}new/`, configuration, changes: [], warnings }
}

async function updateOf(
  { server, options, requested }: Deployment,
  own: OwnDestination,
  warnings: readonly string[],
): Promise<Plan> {
  const fresh = renewed(own)
  const { inputs, ...changed } =
    requested === undefined
      ? fresh
      : options.events === undefined
        ? replacement(requested.body)
        : { ...fresh, mappings: withEvents(fresh.mappings, requested.body.mappings) }
  const body = {
    ...changed,
    inputs: { ...inputs, apiKey: { value: options.keys.loops } },
    ...switchFor(options),
  }
  const path = `/api/projects/${server.project.id}/hog_functions/${own.id}/`
  const configuration = { ...configurationOf(own), ...body } as unknown as DestinationBody
  return {
    own,
    request: { method: 'PATCH', path, body },
    path,
    configuration,
    changes: requested === undefined ? [] : changesOf(own, configuration),
    warnings: [...warnings, ...(requested === undefined ? await problemsIn(own, options) : [])],
  }
}

/** The settings of a file: people may have changed name and description, which stay. */
function replacement({ hog, inputs_schema, inputs, filters, mappings }: DestinationBody) {
  return { hog, inputs_schema, inputs, filters, mappings }
}

/** Who turned the destination on or off has decided, unless the command line says something else. */
function switchFor({ disabled, events }: DeployOptions): { readonly enabled?: boolean } {
  if (disabled) return { enabled: false }
  return events === undefined ? {} : { enabled: true }
}

const CONFIGURATION = ['type', 'name', 'description', 'icon_url', 'enabled', 'filters']

function configurationOf(own: OwnDestination): Json {
  return Object.fromEntries(Object.entries(own).filter(([key]) => CONFIGURATION.includes(key)))
}

function changesOf(own: OwnDestination, after: DestinationBody): string[] {
  const [before, now] = [own, { ...after, id: own.id }].map((one) => readConfiguration(one, 'PostHog'))
  if (before?.refusals !== undefined || now?.refusals !== undefined) return []
  return before?.form === undefined || now?.form === undefined ? [] : changesBetween(before.form, now.form)
}

/** What the page would refuse of the inputs in PostHog: the update keeps them. */
async function problemsIn(own: OwnDestination, { keys }: DeployOptions): Promise<string[]> {
  const read = readConfiguration(own, 'PostHog')
  const { refusals = [] } = read.refusals === undefined ? await checked(read, keys.loops) : read
  return refusals.map((line) => `Warning: the destination in PostHog has an input to correct. ${line}`)
}
