import type { Json, PosthogClient, PosthogRequest } from '../posthog-api/client'
import type { DeployOptions } from './options'
import type { Server } from './server'
import type { GivenSettings } from './settings'

/** What both editions need to install themselves. */
export interface Deployment {
  readonly client: PosthogClient
  readonly server: Server
  readonly options: DeployOptions
  readonly given: GivenSettings
  /** Prints one paragraph. */
  readonly say: (text: string) => void
}

/** Prints a request as --dry-run shows it. A text of more than one line stands in a file of this repository. */
export function shownRequest(address: string, { method, path, body }: PosthogRequest): string {
  const head = `${method} ${address}${path}\nAuthorization: Bearer (POSTHOG_API_KEY)`
  return body === undefined ? head : `${head}\nContent-Type: application/json\n\n${shownBody(body)}`
}

function shownBody(body: Json): string {
  const shorten = (key: string, value: unknown): unknown => {
    if (key === 'hog' && typeof value === 'string') return `(destination/loops.hog, ${value.length} characters)`
    if (key === 'inputs_schema' && Array.isArray(value)) return `(${value.length} fields of dist/destination.json)`
    return value
  }
  return JSON.stringify(body, shorten, 2)
}

/** The name of the project for sentences. */
export function projectName({ project: { id, name } }: Server): string {
  if (name !== undefined) return `the project "${name}" (${id})`
  return id === '@current' ? 'the current project of your user' : `the project ${id}`
}
