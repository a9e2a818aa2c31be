/** Everything that can go wrong in a campaign. */
export const faultKinds = [
  /** Loops says that there were too many requests. */
  '429',
  '500',
  /** The HTML page of a load balancer, which in half of the cases has passed the request on. */
  '502',
  /** The connection is lost before Loops has acted. */
  'dropBefore',
  /** The connection is lost after Loops has acted. */
  'dropAfter',
  /** Loops acts after 30 s, whether anybody still waits for it or not. */
  'hang',
  /** A worker is killed at any await of the app; the rate is that of interrupted deliveries and job runs. */
  'kill',
  /** A due job is put off by up to ten minutes, or run twice. */
  'jobs',
  /** A call of `meta.cache` is rejected. */
  'cache',
  /** A call of `meta.cache` takes up to five seconds. */
  'slowCache',
] as const

export type FaultKind = (typeof faultKinds)[number]

/** How often each thing goes wrong: 0 is never, 1 is always. */
export interface FaultMix {
  readonly name: string
  readonly rates: Readonly<Record<FaultKind, number>>
}

/** The fault mixes of a full campaign. */
export const faultMixes: readonly FaultMix[] = [
  mix('none', {}),
  ...faultKinds.flatMap((kind) => [mix(`${kind}-10%`, { [kind]: 0.1 }), mix(`${kind}-30%`, { [kind]: 0.3 })]),
  mix('fifth', { '500': 0.2 }),
  mix('storm', Object.fromEntries(faultKinds.map((kind) => [kind, 0.05]))),
  mix('cacheDown', { cache: 1 }),
]

function mix(name: string, rates: Partial<Record<FaultKind, number>>): FaultMix {
  const never = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>
  return { name, rates: { ...never, ...rates } }
}
