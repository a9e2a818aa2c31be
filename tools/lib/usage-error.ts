/** A mistake of the user, as one sentence. Any other error is a bug. */
export class UsageError extends Error {}

/** Makes a UsageError of the first sentence of an error that `parseArgs` threw for the arguments of `command`. */
export function usageErrorIn(command: string, error: unknown): UsageError {
  const [sentence = ''] = messageOf(error).split(/\.\s/)
  return new UsageError(`${sentence}. See ${command} -- --help.`)
}

/** The message of a thrown value. Errors of Node.js are no instances of jest's `Error`, so it looks for `message`. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
}
