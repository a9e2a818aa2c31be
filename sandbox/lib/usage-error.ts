/** What the person at the command line got wrong, as one sentence. Anything else that is thrown is our own mistake. */
export class UsageError extends Error {}

/** What is wrong with the arguments of `command`, from what `parseArgs` has thrown: it says more than one sentence. */
export function usageErrorIn(command: string, error: unknown): UsageError {
  const [sentence = ''] = messageOf(error).split(/\.\s/)
  return new UsageError(`${sentence}. See ${command} -- --help.`)
}

/** The message of whatever was thrown; what Node throws is no `Error` of jest's. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
}
