import type { Settings } from '../settings'
import type { AppMeta } from '../meta'
import { DAY_IN_SECONDS, SECOND } from '../time'
import { count, persistently } from '../cache'

/**
 * The time (milliseconds since 1970) from which the next request may go out, across all workers.
 *
 * From a start on, requests follow each other at a distance a tenth longer than the rate asks for, as not all take equally
 * long to arrive. A counter gives out the places; where it lags behind the clock, a new start is made. After a second of
 * rest the first few go out ahead of their time, to spare a person's first events the way through the job queue.
 */
export async function nextTurn({ requestsPerSecond }: Settings, { cache }: AppMeta): Promise<number> {
  const distance = (1.1 * SECOND) / requestsPerSecond
  const key = `turns-${requestsPerSecond}`
  const read = (name: string, fallback: unknown): Promise<unknown> => persistently(() => cache.get(name, fallback))
  const now = Date.now()
  const [start = 0, early = 0] = (await read(key, [])) as number[]
  const next = start + Number(await read(`${key}-${start}`, 0)) * distance
  const begin = next < now ? { start: now, early: next + SECOND < now ? requestsPerSecond / 3 : 1 } : { start, early }
  // Workers that see in the same moment that a new start is due share it.
  if (next < now) await persistently(() => cache.set(key, [begin.start, begin.early], DAY_IN_SECONDS))
  const place = (await count(cache, `${key}-${begin.start}`)) - 1
  return place < begin.early ? begin.start : Math.ceil(begin.start + place * distance)
}
