import { hashOf } from '../hash'
import { ensureLife, inBackground, withLife } from '../posthog/cache'
import type { Cache } from '../posthog/meta'
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
  cache: Cache,
  check: () => Promise<{ readonly succeeded: boolean; readonly result: Result }>,
): Promise<Result | undefined> {
  const key = `check/${hashOf(subject)}`
  if (!(await isFirst(key, cache))) return undefined
  const { succeeded, result } = await check()
  inBackground(() => (succeeded ? cache.set(`${key}/success`, 1, SUCCESS_PERIOD / SECOND) : cache.expire(key, 0)))
  return result
}

/** Counts the worker; true for the first one if no check has succeeded lately, and if the cache is down. */
async function isFirst(key: string, cache: Cache): Promise<boolean> {
  try {
    const [success, count] = await Promise.all([
      cache.get(`${key}/success`, null),
      withLife({ key, life: CHECK_PERIOD }, () => cache.incr(key), cache),
    ])
    return success === null && ensureLife(count, cache) === 1
  } catch {
    return true
  }
}
