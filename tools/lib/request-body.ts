/**
 * The fields in the body of a request; none if it is not a JSON object. One generation of servers encodes the body of a webhook
 * twice.
 */
export function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    const object: unknown = typeof value === 'string' ? JSON.parse(value) : value
    return typeof object === 'object' && object !== null && !Array.isArray(object) ? { ...object } : {}
  } catch {
    return {}
  }
}
