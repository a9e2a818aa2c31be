import type { Fault, FaultHook } from '../../simulators/loops/faults'
import type { FaultMix } from './fault-mixes'
import type { Random } from './random'

const hangMilliseconds = 30_000

/** Picks a fault, or none, for each request to Loops by the rates of the mix. */
export function loopsFaults({ rates }: FaultMix, random: Random): FaultHook {
  const faults: readonly (readonly [rate: number, fault: () => Fault])[] = [
    [rates['429'], () => ({ kind: 'status', status: 429 })],
    [rates['500'], () => ({ kind: 'status', status: 500 })],
    [rates['502'], () => ({ kind: 'status', status: 502, applied: random.chance(0.5) })],
    [rates.dropBefore, () => ({ kind: 'drop', applied: false })],
    [rates.dropAfter, () => ({ kind: 'drop', applied: true })],
    [rates.hang, () => ({ kind: 'delay', milliseconds: hangMilliseconds })],
  ]
  return () => faults.find(([rate]) => random.chance(rate))?.[1]()
}
