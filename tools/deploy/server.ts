/** Asks a server of PostHog what it is. */
import type { Json, PosthogClient } from '../posthog-api/client'
import { Refusal } from '../posthog-api/refusal'
import { UsageError } from '../lib/usage-error'
import type { DeployOptions, Edition } from './options'

export interface Project {
  /** For the paths of the API: a number, or `@current` if the key may not read it. */
  readonly id: string
  readonly name: string | undefined
  /** For the paths of the API: a UUID or `@current`. */
  readonly organization: string
}

/**
 * @returns the project to install into.
 * @throws UsageError if there is no such project, with those that there are.
 */
export async function findProject(client: PosthogClient, id: string): Promise<Project> {
  try {
    const { id: number, name, organization } = await client.get(`/api/projects/${id}/`)
    return {
      id: String(number),
      name: typeof name === 'string' ? name : undefined,
      organization: typeof organization === 'string' ? organization : '@current',
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.isNotFound) throw await client.noProject(id)
    // Installing needs no scope for projects.
    if (error.status !== 403 || !error.detail.includes("'project:read'")) throw error
    return { id, name: undefined, organization: '@current' }
  }
}

/** What a server has of what the command installs; a list that is `undefined` does not exist there. */
export interface Server {
  readonly project: Project
  readonly edition: Edition
  readonly sentence: string
  /** The destinations of the project, without their inputs. */
  readonly destinations: readonly Json[]
}

/** Asks the server what it takes, and chooses the edition unless the options say one. */
export async function askServer(client: PosthogClient, { project: id, edition }: DeployOptions): Promise<Server> {
  const project = await findProject(client, id)
  if (edition === 'app') {
    return { project, edition, destinations: [], sentence: 'The app is installed, as --edition says.' }
  }
  const destinations = await destinationsIn(client, project, id)
  if (destinations !== undefined) {
    const sentence = `${client.address} has hog functions: the destination is installed.`
    return { project, edition: 'destination', destinations, sentence }
  }
  if (edition === 'destination') {
    throw new UsageError(
      `${client.address} has no hog functions: update PostHog to a version since mid-September 2025, or install the app with --edition app.`,
    )
  }
  const sentence = `${client.address} has no hog functions: the app is installed.`
  return { project, edition: 'app', destinations: [], sentence }
}

async function destinationsIn(client: PosthogClient, project: Project, id: string): Promise<Json[] | undefined> {
  try {
    return await client.list(`/api/projects/${project.id}/hog_functions/?type=destination`)
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 404) throw error
    // A key that may not read projects learns only here that there is none.
    if (error.detail.includes('Project')) throw await client.noProject(id)
    return undefined
  }
}
