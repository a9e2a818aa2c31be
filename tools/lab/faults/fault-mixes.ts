import type { TrafficKind } from './traffic'

/** The kinds of faults in a campaign. */
export const faultKinds = [
  /** Loops answers 429. */
  '429',
  '500',
  /** A load balancer answers with an HTML page; in half of the cases Loops has applied the request. */
  '502',
  /** The connection is lost before Loops applies the request. */
  'dropBefore',
  /** The connection is lost after Loops has applied the request. */
  'dropAfter',
  /** Loops applies and answers the request after 30 s, even if the app no longer waits. */
  'hang',
  /** A worker is killed at any await of the app; the rate is the share of interrupted deliveries and job runs. */
  'kill',
  /** A due job is delayed by up to ten minutes, or run twice. */
  'jobs',
  /** A call of `meta.cache` is rejected. */
  'cache',
  /** A call of `meta.cache` takes up to five seconds. */
  'slowCache',
] as const

export type FaultKind = (typeof faultKinds)[number]

/** A set of faults, each with its rate from 0 to 1, and the kind of traffic that meets them. */
export interface FaultMix {
  readonly name: string
  readonly rates: Readonly<Record<FaultKind, number>>
  readonly traffic: TrafficKind
}

/** The fault mixes of a full campaign. In those that are named after their traffic, Loops answers a fifth with 500. */
export const faultMixes: readonly FaultMix[] = [
  mix('none', {}),
  ...faultKinds.flatMap((kind) => [mix(`${kind}-10%`, { [kind]: 0.1 }), mix(`${kind}-30%`, { [kind]: 0.3 })]),
  mix('fifth', { '500': 0.2 }),
  mix('wrongClocks', { '500': 0.2 }, 'wrongClocks'),
  mix('twoDistinctIds', { '500': 0.2 }, 'twoDistinctIds'),
  mix('movingAddresses', { '500': 0.2 }, 'movingAddresses'),
  mix('storm', Object.fromEntries(faultKinds.map((kind) => [kind, 0.05]))),
  mix('cacheDown', { cache: 1 }),
]

function mix(name: string, rates: Partial<Record<FaultKind, number>>, traffic: TrafficKind = 'usual'): FaultMix {
  const never = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>
  return { name, rates: { ...never, ...rates }, traffic }
}
