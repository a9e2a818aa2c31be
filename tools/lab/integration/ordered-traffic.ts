import { makeTraffic } from '../faults/traffic'
import type { Person, Wish } from '../faults/traffic'
import type { Random } from '../faults/random'
import type { CapturedEvent } from '../../lib/shapes'

/** Events in the order of their hand-over, with the change that each asks for. */
export interface OrderedTraffic {
  readonly people: readonly Person[]
  readonly handOvers: readonly HandOver[]
}

export interface HandOver {
  readonly event: CapturedEvent
  /** Its number is its place in the order of the hand-over; two events that say the same share a wish. */
  readonly wish: Wish
}

const chatterShare = 0.05

/** Makes events that happen now. The last one handed over wins, whatever the timestamps say. */
export function makeOrderedTraffic(events: number, people: number, random: Random): OrderedTraffic {
  const options = { kind: 'usual', load: 'burst', events, people, chatter: chatterShare } as const
  const traffic = makeTraffic(options, Date.now(), random)
  const arrivals = [...traffic.arrivals].sort((one, other) => one.at - other.at)
  const wishes = new Map(traffic.wishes.flatMap((wish) => valuesOf(wish).map((value) => [value, wish] as const)))
  const linked = arrivals.map(({ event }) => ({ event, wish: wishOf(event, wishes) }))
  const places = new Map(linked.map(({ wish }, place) => [wish, place]))
  const renumbered = new Map([...places].map(([wish, number]) => [wish, { ...wish, number }]))
  return {
    people: traffic.people,
    handOvers: linked.map(({ event, wish }) => ({ event, wish: renumbered.get(wish) ?? wish })),
  }
}

function valuesOf({ reference, properties }: Wish): readonly unknown[] {
  return [...properties.values(), ...(reference === undefined ? [] : [reference])]
}

function wishOf({ uuid, properties }: CapturedEvent, wishes: ReadonlyMap<unknown, Wish>): Wish {
  const { reference, $set } = properties
  const set: readonly unknown[] = typeof $set === 'object' && $set !== null ? Object.values($set) : []
  const wish = [reference, ...set].map((value) => wishes.get(value)).find((found) => found !== undefined)
  if (wish === undefined) throw new Error(`The event ${uuid} asks for nothing.`)
  return wish
}
