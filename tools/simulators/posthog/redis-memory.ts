/**
 * What an entry takes of the memory of Redis 6 and 7 on a machine of 64 bits, within a few percent of `MEMORY USAGE`. Each
 * allocation is rounded up to a size of jemalloc's.
 */

/** What PostHog writes before each key of an app: the numbers of the app and of the project. */
const keyPrefix = '@plugin/60/1/'

const dictEntry = 24
/** The share of a key in the table that its dictionary hashes into. */
const bucket = 8
const object = 16
const quicklist = 40
const quicklistNode = 32
const nodeLimit = 8192
const longestEmbedded = 44

/**
 * @param value text as Redis holds it, or the elements of a list.
 * @returns bytes.
 */
export function redisBytes(key: string, value: string | readonly string[], hasLife: boolean): number {
  const keyBytes = dictEntry + bucket + allocated(textBytes(Buffer.byteLength(keyPrefix + key)))
  const life = hasLife ? dictEntry + bucket : 0
  return keyBytes + life + (typeof value === 'string' ? stringBytes(value) : listBytes(value))
}

function stringBytes(value: string): number {
  if (/^-?\d{1,18}$/.test(value)) return object
  const length = Buffer.byteLength(value)
  if (length <= longestEmbedded) return allocated(object + 3 + length + 1)
  return object + allocated(textBytes(length))
}

/** A list is a chain of nodes that hold up to 8 kB of elements each. */
function listBytes(elements: readonly string[]): number {
  let bytes = object + quicklist
  let inNode = 0
  const closeNode = () => {
    if (inNode > 0) bytes += quicklistNode + allocated(7 + inNode)
    inNode = 0
  }
  for (const element of elements) {
    const size = elementBytes(Buffer.byteLength(element))
    if (inNode + size > nodeLimit) closeNode()
    inNode += size
  }
  closeNode()
  return bytes
}

/** An element with its length before and after it. */
function elementBytes(length: number): number {
  if (length < 64) return length + 2
  return length + (length < 4096 ? 4 : 7)
}

/** A text with its header and the zero at its end. */
function textBytes(length: number): number {
  if (length < 32) return length + 2
  return length + (length < 256 ? 4 : 6)
}

/** The size that jemalloc, as Redis builds it, gives for so many bytes: multiples of eight, then four sizes to a doubling. */
function allocated(bytes: number): number {
  if (bytes <= 64) return Math.ceil(bytes / 8) * 8
  const step = 2 ** (Math.ceil(Math.log2(bytes)) - 3)
  return Math.ceil(bytes / step) * step
}
