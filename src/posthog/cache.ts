import { SECOND } from '../time'

/**
 * Runs a command of PostHog's cache or job queue. A refused command is tried up to eight times at once; a command that was
 * slow to fail is not, because PostHog gives a hook 30 seconds in all.
 *
 * @returns what the command answers. Nothing is awaited here: PostHog guards each `await` of an app, at 130 microseconds.
 * @throws what the last try threw.
 */
export function persistently<Result>(
  command: () => Promise<Result>,
  start = Date.now(),
  triesLeft = 8,
): Promise<Result> {
  return ownPromise(command).catch((error: unknown) => {
    if (triesLeft === 1 || Date.now() - start > 2 * SECOND) throw error
    return persistently(command, start, triesLeft - 1)
  })
}

/** A promise of the app's VM: the server's own promises cross the border of the VM with each call. */
async function ownPromise<Result>(command: () => Promise<Result>): Promise<Result> {
  return command()
}

/** Starts a command whose result nothing depends on. Its failure is of no consequence. */
export function withoutWaiting(command: () => Promise<unknown>): void {
  persistently(command).catch(() => undefined)
}
