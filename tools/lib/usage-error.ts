/** A mistake of the user, as one sentence. Any other error is a bug. */
export class UsageError extends Error {}

/** The message of a thrown value. Errors of Node.js are not instances of jest's `Error`, so it looks for `message`. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
}
