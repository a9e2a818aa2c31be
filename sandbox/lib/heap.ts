/** A binary heap: whatever order things are put in, the one that comes before all others is taken out first. */
export class Heap<Item> {
  private readonly items: Item[] = []

  constructor(private readonly comesBefore: (one: Item, other: Item) => boolean) {}

  first(): Item | undefined {
    return this.items[0]
  }

  add(item: Item): void {
    let place = this.items.length
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = this.items[above]
      if (parent === undefined || !this.comesBefore(item, parent)) break
      this.items[place] = parent
      place = above
    }
    this.items[place] = item
  }

  takeFirst(): Item | undefined {
    const first = this.items[0]
    const last = this.items.pop()
    if (last !== undefined && this.items.length > 0) this.sink(last)
    return first
  }

  private sink(item: Item): void {
    let place = 0
    for (;;) {
      const below = this.firstBelow(place)
      const child = this.items[below]
      if (child === undefined || !this.comesBefore(child, item)) break
      this.items[place] = child
      place = below
    }
    this.items[place] = item
  }

  private firstBelow(place: number): number {
    const left = this.items[2 * place + 1]
    const right = this.items[2 * place + 2]
    return left !== undefined && right !== undefined && this.comesBefore(right, left) ? 2 * place + 2 : 2 * place + 1
  }
}
