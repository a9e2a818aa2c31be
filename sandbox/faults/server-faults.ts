import { sleep } from '../lib/clock'
import type { Clock } from '../lib/clock'
import { createCache } from '../posthog/cache'
import type { Cache, JobTreatment } from '../posthog/plugin-server'
import type { FaultMix } from './fault-mixes'
import type { Random } from './random'

const slowestCacheMilliseconds = 5000
const longestJobDelayMilliseconds = 10 * 60_000

/** A `meta.cache` that fails or dawdles as often as the mix says. */
export function faultyCache({ rates }: FaultMix, clock: Clock, random: Random): Cache {
  const cache = createCache(clock)
  const faulty =
    <Values extends unknown[], Answer>(method: (...values: Values) => Promise<Answer>) =>
    async (...values: Values): Promise<Answer> => {
      if (random.chance(rates.slowCache)) await sleep(clock, random.between(1, slowestCacheMilliseconds))
      if (random.chance(rates.cache)) throw new Error('Connection is closed.')
      return method(...values)
    }
  return {
    set: faulty(cache.set),
    get: faulty(cache.get),
    incr: faulty(cache.incr),
    expire: faulty(cache.expire),
    lpush: faulty(cache.lpush),
    lrange: faulty(cache.lrange),
    llen: faulty(cache.llen),
    lpop: faulty(cache.lpop),
    lrem: faulty(cache.lrem),
  }
}

/** What the mix has happen to a job that has become due. */
export function jobTreatment({ rates }: FaultMix, random: Random): JobTreatment | undefined {
  if (!random.chance(rates.jobs)) return undefined
  return random.chance(0.5) ? { times: 2 } : { delayMilliseconds: random.between(1, longestJobDelayMilliseconds) }
}
