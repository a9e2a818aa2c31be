import type { Clock } from '../../lib/clock'
import { redisBytes } from './redis-memory'

/** `meta.cache`: the commands of Redis that an app can use. */
export interface Cache {
  readonly set: (key: string, value: unknown, ttlSeconds?: number) => Promise<void>
  readonly get: (key: string, defaultValue?: unknown) => Promise<unknown>
  readonly incr: (key: string) => Promise<number>
  readonly expire: (key: string, ttlSeconds: number) => Promise<boolean>
  readonly lpush: (key: string, elements: string | string[]) => Promise<number>
  readonly lrange: (key: string, start: number, end: number) => Promise<string[]>
  readonly llen: (key: string) => Promise<number>
  readonly lpop: (key: string, count: number) => Promise<string[]>
  readonly lrem: (key: string, count: number, element: string) => Promise<number>
}

/** What an app has in Redis now, and what it has read of it so far. */
export interface CacheUsage {
  readonly keys: number
  /** The keys that never expire. */
  readonly keysWithoutLife: readonly string[]
  /** The memory that Redis needs for the entries. */
  readonly bytes: number
  /** The length of all values that commands have given. */
  readonly bytesRead: number
}

/** A cache that tells what it holds. */
export interface MeasuredCache extends Cache {
  readonly usage: () => CacheUsage
}

interface Entry {
  /** Text as Redis holds it, or a list. */
  value: string | string[]
  expiresAt: number
}

/**
 * A cache whose entries expire by `clock`.
 *
 * @param givesDefault whether `get` gives its default for a missing key; if not, it gives `null` whatever the default.
 */
export function createCache(clock: Clock, givesDefault = true): MeasuredCache {
  const entries = new Map<string, Entry>()
  let bytesRead = 0
  const noteRead = (value: string | readonly string[] = '') => {
    bytesRead += [value].flat().reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  }
  const live = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    if (entry !== undefined && entry.expiresAt <= clock.now()) {
      entries.delete(key)
      return undefined
    }
    return entry
  }
  let sweepAt = 1000
  /** Keeps the entry. Expired ones are deleted now and then: many events must not fill the memory. */
  const put = (key: string, entry: Entry): void => {
    entries.set(key, entry)
    if (entries.size < sweepAt) return
    for (const [other, { expiresAt }] of entries) if (expiresAt <= clock.now()) entries.delete(other)
    sweepAt = Math.max(1000, 2 * entries.size)
  }
  const expiry = (ttlSeconds: number | undefined) =>
    ttlSeconds === undefined || ttlSeconds === 0 ? Infinity : clock.now() + ttlSeconds * 1000
  return {
    set: (key, value, ttlSeconds) => {
      put(key, { value: JSON.stringify(value ?? null), expiresAt: expiry(ttlSeconds) })
      return Promise.resolve()
    },
    get: (key, defaultValue) =>
      attempt(() => {
        const entry = live(key)
        noteRead(entry?.value)
        return read(entry, givesDefault ? defaultValue : undefined)
      }),
    incr: (key) =>
      attempt(() => {
        const entry = live(key)
        const next = integer(entry) + 1
        put(key, { value: String(next), expiresAt: entry?.expiresAt ?? Infinity })
        return next
      }),
    expire: (key, ttlSeconds) =>
      attempt(() => {
        const entry = live(key)
        if (entry !== undefined) entry.expiresAt = clock.now() + ttlSeconds * 1000
        return entry !== undefined
      }),
    ...lists({ entries, live, put }, noteRead),
    usage: () => {
      const kept = [...entries].filter(([, { expiresAt }]) => expiresAt > clock.now())
      return {
        keys: kept.length,
        keysWithoutLife: kept.filter(([, { expiresAt }]) => expiresAt === Infinity).map(([key]) => key),
        bytes: kept.reduce((sum, [key, { value, expiresAt }]) => sum + redisBytes(key, value, expiresAt < Infinity), 0),
        bytesRead,
      }
    },
  }
}

interface Entries {
  readonly entries: Map<string, Entry>
  readonly live: (key: string) => Entry | undefined
  readonly put: (key: string, entry: Entry) => void
}

function lists(
  { entries, live, put }: Entries,
  noteRead: (value: readonly string[]) => void,
): Pick<Cache, 'lpush' | 'lrange' | 'llen' | 'lpop' | 'lrem'> {
  const keep = (key: string, value: string[]) => {
    // Redis deletes a list together with its last element.
    if (value.length === 0) entries.delete(key)
    else put(key, { value, expiresAt: live(key)?.expiresAt ?? Infinity })
  }
  return {
    lpush: (key, elements) =>
      attempt(() => {
        const added = (Array.isArray(elements) ? elements : [elements]).map(String)
        const list = [...added.reverse(), ...listOf(live(key))]
        keep(key, list)
        return list.length
      }),
    lrange: (key, start, end) =>
      attempt(() => {
        const list = listOf(live(key))
        const from = start < 0 ? Math.max(0, list.length + start) : start
        const given = list.slice(from, (end < 0 ? list.length + end : end) + 1)
        noteRead(given)
        return given
      }),
    llen: (key) => attempt(() => listOf(live(key)).length),
    lpop: (key, count) =>
      attempt(() => {
        const list = listOf(live(key))
        keep(key, list.slice(count))
        noteRead(list.slice(0, count))
        return list.slice(0, count)
      }),
    lrem: (key, count, element) =>
      attempt(() => {
        const list = listOf(live(key))
        const left = without(list, count, element)
        keep(key, left)
        return list.length - left.length
      }),
  }
}

function without(list: readonly string[], count: number, element: string): string[] {
  const indexes = list.flatMap((other, index) => (other === element ? [index] : []))
  const removed = new Set(count > 0 ? indexes.slice(0, count) : indexes.slice(count))
  return list.filter((_, index) => !removed.has(index))
}

function read(entry: Entry | undefined, defaultValue: unknown): unknown {
  if (entry === undefined) return defaultValue ?? null
  if (Array.isArray(entry.value)) throw wrongKind()
  return JSON.parse(entry.value)
}

function integer(entry: Entry | undefined): number {
  if (entry === undefined) return 0
  if (Array.isArray(entry.value)) throw wrongKind()
  if (!/^-?\d+$/.test(entry.value)) throw new Error('ERR value is not an integer or out of range')
  return Number(entry.value)
}

function listOf(entry: Entry | undefined): readonly string[] {
  if (entry === undefined) return []
  if (!Array.isArray(entry.value)) throw wrongKind()
  return entry.value
}

function wrongKind(): Error {
  return new Error('WRONGTYPE Operation against a key holding the wrong kind of value')
}

/** Runs `work`, and turns an error that it throws into a rejection, as a network client does. */
function attempt<Answer>(work: () => Answer): Promise<Answer> {
  return new Promise((resolve) => {
    resolve(work())
  })
}
