import { Redis } from 'ioredis'
import type { Cache } from '../../simulators/posthog/cache'

/** The connections that PostHog's server opens at most (`REDIS_POOL_MAX_SIZE`). */
const mostConnections = 3
/** A server that has had more errors of one connection stops itself. */
const mostErrors = 10
const slowGetMilliseconds = 5000

/** `meta.cache` in Redis. */
export interface RedisCache {
  readonly cache: Cache
  /** The commands that the app has given. */
  commands(): number
}

/**
 * Connects to Redis as PostHog's server does and waits until Redis answers: three connections, each with one command at a
 * time, and no limit on the time of a command.
 *
 * @param prefix what PostHog writes before each key of the app.
 * @param giveUp called after the tenth error of a connection, when PostHog's server stops itself.
 */
export async function connectToRedis(url: string, prefix: string, giveUp: () => void): Promise<RedisCache> {
  const connections = Array.from({ length: mostConnections }, () => connection(url, giveUp))
  await Promise.all(connections.map((redis) => redis.info()))
  const pool = new Pool(connections)
  let commands = 0
  const use = <Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer> => {
    commands += 1
    return pool.use(command)
  }
  return { cache: cacheIn(use, (key) => prefix + key), commands: () => commands }
}

function connection(url: string, giveUp: () => void): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: -1 })
  let errors = 0
  redis.on('error', () => {
    errors += 1
    if (errors > mostErrors) giveUp()
  })
  return redis
}

/** Lends each connection to one caller at a time, first come first served. */
class Pool {
  private readonly waiting: ((redis: Redis) => void)[] = []

  constructor(private readonly free: Redis[]) {}

  async use<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer> {
    const redis = this.free.shift() ?? (await new Promise<Redis>((resolve) => this.waiting.push(resolve)))
    try {
      return await command(redis)
    } finally {
      const next = this.waiting.shift()
      if (next === undefined) this.free.push(redis)
      else next(redis)
    }
  }
}

type Use = <Answer>(command: (redis: Redis) => Promise<Answer>) => Promise<Answer>

function cacheIn(use: Use, keyOf: (key: string) => string): Cache {
  return {
    set: async (key, value, ttlSeconds) => {
      const text = JSON.stringify(value ?? null)
      await use((redis) =>
        ttlSeconds === undefined || ttlSeconds === 0
          ? redis.set(keyOf(key), text)
          : redis.set(keyOf(key), text, 'EX', ttlSeconds),
      )
    },
    // PostHog's server gives `null` for a missing key, whatever the default, until August 2022; then the default.
    get: async (key, defaultValue) => {
      const text = await use((redis) => twiceIfSlow(() => redis.get(keyOf(key))))
      return text === null ? (defaultValue ?? null) : (JSON.parse(text) as unknown)
    },
    incr: (key) => use((redis) => redis.incr(keyOf(key))),
    expire: async (key, ttlSeconds) => (await use((redis) => redis.expire(keyOf(key), ttlSeconds))) === 1,
    lpush: (key, elements) => use((redis) => redis.lpush(keyOf(key), ...[elements].flat().map(String))),
    lrange: (key, start, end) => use((redis) => redis.lrange(keyOf(key), start, end)),
    llen: (key) => use((redis) => redis.llen(keyOf(key))),
    lpop: async (key, count) => (await use((redis) => redis.lpop(keyOf(key), count))) ?? [],
    lrem: (key, count, element) => use((redis) => redis.lrem(keyOf(key), count, element)),
  }
}

/** Gives the command a second time if the first has not been answered in 5 s, as PostHog's server does for `get`. */
async function twiceIfSlow<Answer>(command: () => Promise<Answer>): Promise<Answer> {
  const slow = Symbol('slow')
  let timer: NodeJS.Timeout | undefined
  const time = new Promise<typeof slow>((resolve) => {
    timer = setTimeout(resolve, slowGetMilliseconds, slow)
  })
  const answer = await Promise.race([command(), time])
  clearTimeout(timer)
  return answer === slow ? command() : answer
}
