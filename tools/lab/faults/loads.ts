import type { Random } from './random'

/**
 * When the events happen:
 *
 * - `burst`: all within a second.
 * - `hour`: at any time of an hour.
 * - `everySecond`: one a second.
 * - `steady`: four to six a second, half of what Loops allows, and after ten seconds sixty more at once.
 * - `bulk`: all but the last update others, ten milliseconds apart, as a nightly import does; the last one is a sign-up half
 *   a minute later.
 * - `onePerson`: updates of one person, all within a second.
 * - `busyContact`: nine a second, all that the app lets out; every three seconds one updates the first person.
 */
export type Load = 'burst' | 'hour' | 'everySecond' | 'steady' | 'bulk' | 'onePerson' | 'busyContact'

/** An event to come: when (milliseconds from the start) and, unless anybody's will do, whose. */
export interface Moment {
  readonly after: number
  /** The index of the person. */
  readonly person?: number
  /** An update of the contact, or an event to send; unless told, either or both. */
  readonly asks?: 'update' | 'event'
}

const steadyBefore = 10_000
const burstOfSteady = 60
const signUpAfter = 30_000

/** The moments of so many events, in no order. */
export function momentsOf(load: Load, events: number, random: Random): Moment[] {
  const each = (moment: (number: number) => Moment) => Array.from({ length: events }, (_, number) => moment(number))
  switch (load) {
    case 'burst':
      return each(() => ({ after: random.between(0, 700) }))
    case 'hour':
      return each(() => ({ after: random.between(0, 3_600_000) }))
    case 'everySecond':
      return each((number) => ({ after: number * 1000 }))
    case 'steady':
      return steadyMoments(events, random)
    case 'bulk':
      return each((number) =>
        number === events - 1
          ? { after: number * 10 + signUpAfter, person: number, asks: 'event' }
          : { after: number * 10, person: number, asks: 'update' },
      )
    case 'onePerson':
      return each((number) => ({ after: (number * 1000) / events, person: 0, asks: 'update' }))
    case 'busyContact':
      return each((number) => ({ after: (number * 1000) / 9 + random.between(0, 500), ...whoseInBusyContact(number) }))
  }
}

/** The contact is updated, and nothing else happens to it. */
function whoseInBusyContact(number: number): Pick<Moment, 'person' | 'asks'> {
  return number % 27 === 0 ? { person: 0, asks: 'update' } : { person: 1 + (number % 199) }
}

function steadyMoments(events: number, random: Random): Moment[] {
  let after = 0
  const steady = Array.from({ length: Math.max(0, events - burstOfSteady) }, () => {
    after += random.between(167, 250)
    return { after }
  })
  const burst = Array.from({ length: Math.min(events, burstOfSteady) }, () => ({
    after: steadyBefore + random.between(0, 700),
  }))
  return [...steady, ...burst]
}

/** The people whose events must not be delayed, by their indexes; undefined for everybody. */
export function watchedIn(load: Load, people: number): ReadonlySet<number> | undefined {
  if (load === 'bulk') return new Set([people - 1])
  return load === 'busyContact' ? new Set([0]) : undefined
}
