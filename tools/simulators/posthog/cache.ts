import type { Clock } from '../../lib/clock'

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
export function createCache(clock: Clock, givesDefault = true): Cache {
  const entries = new Map<string, Entry>()
  const live = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    if (entry !== undefined && entry.expiresAt <= clock.now()) {
      entries.delete(key)
      return undefined
    }
    return entry
  }
  const expiry = (ttlSeconds: number | undefined) =>
    ttlSeconds === undefined || ttlSeconds === 0 ? Infinity : clock.now() + ttlSeconds * 1000
  return {
    set: (key, value, ttlSeconds) => {
      entries.set(key, { value: JSON.stringify(value ?? null), expiresAt: expiry(ttlSeconds) })
      return Promise.resolve()
    },
    get: (key, defaultValue) => attempt(() => read(live(key), givesDefault ? defaultValue : undefined)),
    incr: (key) =>
      attempt(() => {
        const entry = live(key)
        const next = integer(entry) + 1
        entries.set(key, { value: String(next), expiresAt: entry?.expiresAt ?? Infinity })
        return next
      }),
    expire: (key, ttlSeconds) =>
      attempt(() => {
        const entry = live(key)
        if (entry !== undefined) entry.expiresAt = clock.now() + ttlSeconds * 1000
        return entry !== undefined
      }),
    ...lists(entries, live),
  }
}

function lists(
  entries: Map<string, Entry>,
  live: (key: string) => Entry | undefined,
): Pick<Cache, 'lpush' | 'lrange' | 'llen' | 'lpop' | 'lrem'> {
  const keep = (key: string, value: string[]) => {
    // Redis deletes a list together with its last element.
    if (value.length === 0) entries.delete(key)
    else entries.set(key, { value, expiresAt: live(key)?.expiresAt ?? Infinity })
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
        return list.slice(from, (end < 0 ? list.length + end : end) + 1)
      }),
    llen: (key) => attempt(() => listOf(live(key)).length),
    lpop: (key, count) =>
      attempt(() => {
        const list = listOf(live(key))
        keep(key, list.slice(count))
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
  const places = list.flatMap((other, place) => (other === element ? [place] : []))
  const removed = new Set(count > 0 ? places.slice(0, count) : places.slice(count))
  return list.filter((_, place) => !removed.has(place))
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
