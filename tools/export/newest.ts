import { createHash } from 'node:crypto'

/**
 * Which row holds the newest entry of each name, for a known number of rows, in 30 to 60 bytes a row. Names are compared by
 * 64 bits of their hash: that any two of a million names are taken for one has a probability of 1 to 36 million.
 */
export class Newest {
  private readonly hashes: BigUint64Array
  private readonly rows: Uint32Array
  private readonly times: Float64Array
  private readonly mask: number

  constructor(most: number) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(2, most * 1.5)))
    this.hashes = new BigUint64Array(capacity)
    this.rows = new Uint32Array(capacity)
    this.times = new Float64Array(capacity)
    this.mask = capacity - 1
  }

  /** Notes that the row has the name. Of two rows with the same time, the first one counts as the newer. */
  add(name: string, row: number, time: number): void {
    const hash = hashOf(name)
    const index = this.indexOf(hash)
    if (this.hashes[index] === hash && (this.times[index] ?? 0) >= time) return
    this.hashes[index] = hash
    this.rows[index] = row
    this.times[index] = time
  }

  /** True if no other row has a newer entry of the name. */
  isNewest(name: string, row: number): boolean {
    return this.rows[this.indexOf(hashOf(name))] === row
  }

  /** The index of the hash, or the free index where it belongs. At least a third of the indexes stay free. */
  private indexOf(hash: bigint): number {
    let index = Number(hash & BigInt(this.mask))
    for (;;) {
      const found = this.hashes[index]
      if (found === hash || found === 0n) return index
      index = (index + 1) & this.mask
    }
  }
}

/** 64 bits, never 0, which stands for a free index. */
function hashOf(name: string): bigint {
  const hash = createHash('sha1').update(name).digest().readBigUInt64LE()
  return hash === 0n ? 1n : hash
}
