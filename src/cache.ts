import type { AppMeta } from './meta'
import { DAY_IN_SECONDS, SECOND } from './time'

export async function count(cache: AppMeta['cache'], key: string): Promise<number> {
  const value = await persistently(() => cache.incr(key))
  if (value === 1) await persistently(() => cache.expire(key, DAY_IN_SECONDS))
  return value
}

/** The list lives on for the given time from its first line on. */
export async function pushLine(cache: AppMeta['cache'], key: string, line: string, seconds: number): Promise<void> {
  const length = await persistently(() => cache.lpush(key, [line]))
  if (length === 1) await persistently(() => cache.expire(key, seconds))
}

/**
 * The result, or the fallback if there is none. PostHog rejects every await after 30 seconds, and an outer one before the
 * later ones inside it: only a catch around the whole of a call keeps a slow helper from taking the event with it.
 */
export async function orElse<Result, Fallback>(
  result: Promise<Result>,
  fallback: Fallback,
): Promise<Result | Fallback> {
  try {
    return await result
  } catch {
    return fallback
  }
}

/** The cache and the queue may refuse for a moment. One that is slow to do so is not asked again: there are 30 seconds. */
export async function persistently<Result>(operation: () => Promise<Result>): Promise<Result> {
  const start = Date.now()
  for (let tried = 1; ; tried++) {
    try {
      return await operation()
    } catch (error) {
      if (tried === 8 || Date.now() - start > 2 * SECOND) throw error
    }
  }
}
