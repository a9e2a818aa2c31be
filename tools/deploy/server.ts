/** Asks a server of PostHog for the project, and for the destinations that it has. */
import type { Json, PosthogClient } from '../posthog-api/client'
import { Refusal } from '../posthog-api/refusal'
import { UsageError } from '../lib/usage-error'

export interface Project {
  /** For the paths of the API: a number, or `@current` if the key may not read it. */
  readonly id: string
  readonly name: string | undefined
}

export interface Server {
  readonly project: Project
  /** The destinations of the project, without their inputs. */
  readonly destinations: readonly Json[]
}

/**
 * @param id the project to install into: a number or `@current`.
 * @throws UsageError if there is no such project, with those that there are, or if the server has no hog functions.
 */
export async function askServer(client: PosthogClient, id: string): Promise<Server> {
  const project = await findProject(client, id)
  try {
    const destinations = await client.list(`/api/projects/${project.id}/hog_functions/?type=destination`)
    return { project, destinations }
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 404) throw error
    // A key that may not read projects learns only here that there is none.
    if (error.detail.includes('Project')) throw await client.noProject(id)
    throw new UsageError(
      `${client.address} has no hog functions: update PostHog to a version since mid-September 2025, or install the app (docs/servers.md).`,
    )
  }
}

/**
 * Makes sure that the key's current project is the only one: its owner may have another one in mind.
 *
 * @throws UsageError with the projects if there are several, or if the key may not list them.
 */
export async function requireOneProject(client: PosthogClient): Promise<void> {
  const projects = await client.list('/api/projects/').catch((error: unknown) => {
    if (error instanceof Refusal && error.status === 403) return undefined
    throw error
  })
  if (projects?.length === 1) return
  const known = projects?.map(({ id, name }) => `${String(id)} (${String(name)})`).join(', ')
  const why =
    known === undefined ? 'the key is not allowed to list projects' : `the key has access to several projects: ${known}`
  throw new UsageError(`--project is missing, and ${why}. Write the ID of the project for the destination.`)
}

async function findProject(client: PosthogClient, id: string): Promise<Project> {
  try {
    const { id: number, name } = await client.get(`/api/projects/${id}/`)
    return { id: String(number), name: typeof name === 'string' ? name : undefined }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.isNotFound) throw await client.noProject(id)
    // Installing needs no scope for projects.
    if (error.status !== 403 || !error.detail.includes("'project:read'")) throw error
    return { id, name: undefined }
  }
}
