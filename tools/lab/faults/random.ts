/** A sequence of random numbers set by its seed: mulberry32, seeded with the FNV-1a hash of a text. */
export class Random {
  private state = 0x811c9dc5

  constructor(seed: string) {
    for (const character of seed) this.state = Math.imul(this.state ^ (character.codePointAt(0) ?? 0), 0x01000193)
  }

  /** At least 0 and less than 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** True with the probability `rate`. */
  chance(rate: number): boolean {
    return this.next() < rate
  }

  /** A whole number, both ends included. */
  between(lowest: number, highest: number): number {
    return lowest + Math.floor(this.next() * (highest - lowest + 1))
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.between(0, items.length - 1)]
    if (item === undefined) throw new Error('There is nothing to pick from.')
    return item
  }
}
