import type { Load } from './loads'
import type { TrafficKind } from './traffic'

/** The kinds of faults in a campaign. */
const faultKinds = [
  /** Loops answers 429. */
  '429',
  /** Loops answers 500 or, from a load balancer, 502, or the connection is lost; in half of the cases Loops has acted. */
  'fails',
  /** Loops applies and answers the request after 30 s, even if the app no longer waits. */
  'hang',
  /** Loops takes 1 to 8 s longer to answer, and acts on the arrival of the request or when it answers. */
  'tail',
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

/** What the events meet: when they come, whose they are, and what goes wrong. */
export interface FaultMix {
  readonly name: string
  /** Each from 0 to 1. */
  readonly rates: Readonly<Record<FaultKind, number>>
  readonly load: Load
  readonly traffic: TrafficKind
  /** How many events there are, of how many people, where that makes the load. */
  readonly size?: { readonly events: number; readonly people: number }
  /** From a request to Loops to its answer, where that is part of the mix. */
  readonly loopsMilliseconds?: number
  /** Whether Loops rejects the key from the 20th second on, for ten minutes. */
  readonly refusesKey?: true
  /** Whether the servers' clocks differ by minutes, and are put right by a restart in the middle. */
  readonly clocksDiffer?: true
}

/** A long tail: one answer in twenty takes seconds longer. */
const tail = 0.05

/**
 * The mixes of a full campaign, each with what no other shows. All but the first two and `onePerson` have the long tail,
 * because only there can a request overtake another.
 */
export const faultMixes: readonly FaultMix[] = [
  // How long a burst takes, and how many requests.
  mix('none', 'burst', {}),
  mix('fifth', 'burst', { fails: 0.2 }),
  // What users meet: most of the time Loops works, and traffic goes on while something waits.
  mix('tail', 'burst', { tail }),
  mix('hour', 'hour', { tail, fails: 0.2 }),
  mix('backlog', 'steady', { tail }, { size: { events: 2160, people: 400 }, loopsMilliseconds: 300 }),
  mix('bulk', 'bulk', { tail }, { size: { events: 3001, people: 3001 } }),
  mix('onePerson', 'onePerson', {}, { size: { events: 200, people: 1 } }),
  mix('busyContact', 'busyContact', { tail }, { size: { events: 5400, people: 200 } }),
  mix('twoHours', 'everySecond', { tail }, { size: { events: 7200, people: 1000 } }),
  // What Loops, the queue, Redis and the servers do.
  mix('429-30%', 'steady', { tail, '429': 0.3 }),
  mix('fails-30%', 'steady', { tail, fails: 0.3 }),
  mix('hang-10%', 'steady', { tail, hang: 0.1 }),
  mix('jobs-30%', 'steady', { tail, jobs: 0.3 }),
  mix('cache-30%', 'steady', { tail, cache: 0.3 }),
  mix('slowCache-30%', 'steady', { tail, slowCache: 0.3 }),
  mix('storm', 'steady', Object.fromEntries(faultKinds.map((kind) => [kind, 0.05]))),
  mix('wrongKey', 'steady', { tail }, { refusesKey: true }),
  mix('clocks', 'steady', { tail, fails: 0.2 }, { clocksDiffer: true }),
  mix('kill-30%', 'hour', { tail, kill: 0.3 }),
  mix('cacheDown', 'burst', { tail, cache: 1 }),
  // What is unusual about the people.
  mix('wrongClocks', 'burst', { tail, fails: 0.2 }, { traffic: 'wrongClocks' }),
  mix('twoDistinctIds', 'burst', { tail, fails: 0.2 }, { traffic: 'twoDistinctIds' }),
  mix('movingEmails', 'burst', { tail, fails: 0.2 }, { traffic: 'movingEmails' }),
]

function mix(
  name: string,
  load: Load,
  rates: Partial<Record<FaultKind, number>>,
  others: Partial<Omit<FaultMix, 'name' | 'load' | 'rates'>> = {},
): FaultMix {
  const never = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>
  return { name, load, rates: { ...never, ...rates }, traffic: 'usual', ...others }
}
