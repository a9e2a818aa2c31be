import type { PosthogRequest } from '../posthog-api/client'
import type { Project } from './server'

/** Prints a request as --dry-run shows it. A text of more than one line stands in a file of this repository. */
export function shownRequest(address: string, { method, path, body = {} }: PosthogRequest): string {
  const shown = JSON.stringify(body, shorten, 2)
  return `${method} ${address}${path}\nAuthorization: Bearer (POSTHOG_API_KEY)\nContent-Type: application/json\n\n${shown}`
}

function shorten(key: string, value: unknown): unknown {
  if (key === 'hog' && typeof value === 'string') return `(destination/loops.hog, ${value.length} characters)`
  if (key === 'inputs_schema' && Array.isArray(value)) return `(${value.length} fields of dist/destination.json)`
  return value
}

/** The name of the project for sentences. */
export function projectName({ id, name }: Project): string {
  if (name !== undefined) return `the project "${name}" (${id})`
  return id === '@current' ? 'the current project of your user' : `the project ${id}`
}

/** The URL of a destination's page. */
export function pageOf(address: string, { id: project }: Project, id: unknown): string {
  return `${address}${project === '@current' ? '' : `/project/${project}`}/functions/${String(id)}`
}
