/** What the person at the command line got wrong, as one sentence. Anything else that is thrown is our own mistake. */
export class Mistake extends Error {}

/** The message of whatever was thrown; what Node throws is no `Error` of jest's. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
}
