const MASK = '••••••••'

/** A shorter text is not a key of Loops, and may be part of a word. */
const SHORTEST_KEY = 8

/** A copy of `value` in which no text holds the key. */
export function withoutKey<Value>(value: Value, key = ''): Value {
  return (key.length < SHORTEST_KEY ? value : mask(value, key)) as Value
}

function mask(value: unknown, key: string): unknown {
  if (typeof value === 'string') return value.replaceAll(key, MASK).replaceAll(JSON.stringify(key).slice(1, -1), MASK)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => mask(item, key))
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mask(inner, key)]))
}

/** The headers with the key masked. */
export function shownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      name.toLowerCase() === 'authorization' ? `Bearer ${MASK}` : value,
    ]),
  )
}
