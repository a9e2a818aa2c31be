import { withoutWaiting } from '../posthog/cache'
import type { AppMeta } from '../posthog/meta'
import { MINUTE, SECOND } from '../time'

/** How long a success counts for all workers. */
const SUCCESS_PERIOD = 5 * MINUTE

/** How long the other workers leave the check to one of them: PostHog stops a set-up after 30 seconds. */
const CHECK_PERIOD = 40 * SECOND

/**
 * Runs a check once for all workers that share PostHog's cache: the first one that counts itself in the cache runs it, and
 * the others go on. A check that fails, or whose worker dies, does not count: the next worker that starts runs it again. If the
 * cache is down, each worker runs the check itself.
 *
 * @param subject all that the check depends on, the API key included. Only its hash reaches the cache.
 * @param check returns whether it succeeded, and its result.
 * @returns the result of the check, or `undefined` if another worker runs it or has run it.
 */
export async function onceForAllWorkers<Result>(
  subject: string,
  { cache }: AppMeta,
  check: () => Promise<{ readonly succeeded: boolean; readonly result: Result }>,
): Promise<Result | undefined> {
  const key = `check/${hashOf(subject)}`
  if (!(await isFirst(key, cache))) return undefined
  const { succeeded, result } = await check()
  withoutWaiting(() => (succeeded ? cache.set(`${key}/success`, 1, SUCCESS_PERIOD / SECOND) : cache.expire(key, 0)))
  return result
}

/** Counts the worker; true for the first one if no check has succeeded lately, and if the cache is down. */
async function isFirst(key: string, cache: AppMeta['cache']): Promise<boolean> {
  try {
    // All commands go out at once: a worker that died between them would leave a count without an end.
    const [success, count] = await Promise.all([
      cache.get(`${key}/success`, null),
      cache.incr(key),
      cache.expire(key, CHECK_PERIOD / SECOND),
    ])
    return success === null && count === 1
  } catch {
    return true
  }
}

/**
 * A hash of 32 bits (FNV-1a). Loops' keys have 128 bits, so each hash belongs to 2^96 of them: whoever reads the cache cannot
 * find the key, nor tell whether a guess is right. Two texts with the same hash, one pair in four billion, skip a check. A hash
 * of the module `crypto` would cost one more import, and be long enough to confirm a guess.
 */
function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
