/** The mapped names whose values an event lacks: mapped, and yet not in the request. */

import { fieldsOf } from '../lib/request-body'

/** The mapped names of each kind of property. */
export interface Mapped {
  readonly event: readonly string[]
  readonly contact: readonly string[]
}

/** The names that the request's body lacks, each once. */
export function missingIn(body: string, { event, contact }: Mapped): string[] {
  const top = fieldsOf(body)
  const properties = objectIn(top.eventProperties)
  const missing = [
    ...event.filter((name) => !Object.hasOwn(properties, name)),
    ...contact.filter((name) => !Object.hasOwn(top, name)),
  ]
  return [...new Set(missing)]
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
