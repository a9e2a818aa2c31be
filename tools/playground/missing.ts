/** The mapped names whose values an event lacks: mapped, and yet not in the request. */

/** The mapped names of each kind of property. */
export interface Mapped {
  readonly event: readonly string[]
  readonly contact: readonly string[]
}

/** The names that the request's body lacks, each once. */
export function missingIn(body: string, { event, contact }: Mapped): string[] {
  const top = objectIn(parsed(body))
  const properties = objectIn(top.eventProperties)
  const missing = [
    ...event.filter((name) => !Object.hasOwn(properties, name)),
    ...contact.filter((name) => !Object.hasOwn(top, name)),
  ]
  return [...new Set(missing)]
}

/** One generation of servers encodes the body of a webhook twice. */
function parsed(body: string): unknown {
  const value: unknown = JSON.parse(body)
  return typeof value === 'string' ? JSON.parse(value) : value
}

function objectIn(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
