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
    const places = 2 ** Math.ceil(Math.log2(Math.max(2, most * 1.5)))
    this.hashes = new BigUint64Array(places)
    this.rows = new Uint32Array(places)
    this.times = new Float64Array(places)
    this.mask = places - 1
  }

  /** Notes that the row has the name. Of two rows with the same time, the first one counts as the newer. */
  add(name: string, row: number, time: number): void {
    const hash = hashOf(name)
    const place = this.placeOf(hash)
    if (this.hashes[place] === hash && (this.times[place] ?? 0) >= time) return
    this.hashes[place] = hash
    this.rows[place] = row
    this.times[place] = time
  }

  /** True if no other row has a newer entry of the name. */
  isNewest(name: string, row: number): boolean {
    return this.rows[this.placeOf(hashOf(name))] === row
  }

  /** The place of the hash, or the free place where it belongs. A third of the places or more stay free. */
  private placeOf(hash: bigint): number {
    let place = Number(hash & BigInt(this.mask))
    for (;;) {
      const found = this.hashes[place]
      if (found === hash || found === 0n) return place
      place = (place + 1) & this.mask
    }
  }
}

/** 64 bits, never 0, which stands for a free place. */
function hashOf(name: string): bigint {
  const hash = createHash('sha1').update(name).digest().readBigUInt64LE()
  return hash === 0n ? 1n : hash
}
