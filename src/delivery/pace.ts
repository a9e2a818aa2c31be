/**
 * The pace of all workers together.
 *
 * - A new request goes out if there is no backlog, and if its window has room: a third of a second, with room for as long a
 *   time's requests. Otherwise it takes the next place of the backlog, and a job holds it until then.
 * - A request that a job held goes out if it is the first one in its slot, as long as the distance between two requests, so
 *   that job runners that look for jobs all at once keep the pace too. Otherwise it takes a new place.
 *
 * The backlog is a series of places that starts at the end of a window. It lives until its last place, and while job runners
 * do not keep up. Handlers that begin at once agree on all of this by the clock and by counters in the cache.
 */
import { persistently, withoutWaiting } from '../posthog/cache'
import type { AppMeta } from '../posthog/meta'
import type { Settings } from '../settings/settings'
import { DAY, SECOND } from '../time'

type Cache = AppMeta['cache']

/** What the cache answers to a new request: its number in the window, and the start of the backlog if there is one. */
export type Turn = readonly [number: number, backlog: unknown]

/** PostHog looks for jobs every two seconds: later than that, the job runners do not keep up. */
const LATE = 2.5 * SECOND

/**
 * Counts a new request and asks whether there is a backlog. Awaits nothing: the caller has more to ask the cache.
 *
 * @param now milliseconds since 1970.
 */
export function askTurn(settings: Settings, now: number, cache: Cache): Promise<Turn> {
  return Promise.all([
    persistently(() => cache.incr(windowKey(settings, now))),
    persistently(() => cache.get(backlogKey(settings), null)),
  ])
}

/** Counts a request that a job held. Awaits nothing. */
export function countWaiting(settings: Settings, now: number, cache: Cache): Promise<number> {
  return persistently(() => cache.incr(slotKey(settings, now)))
}

/** Counts a request that does not wait for its turn. */
export function countRequest(settings: Settings, cache: Cache): void {
  const counter = windowKey(settings, Date.now())
  withoutWaiting(() => cache.incr(counter))
  limitLife(counter, cache)
}

/**
 * Finds the time at which a new request may go out.
 *
 * @param now when its turn was asked for: milliseconds since 1970.
 * @param next goes on with that time, or with `undefined` if the request may go out at once. It is called and not returned
 * to, because PostHog guards each `await` of an app, at 130 microseconds.
 */
export async function whenTurnComes(
  [number, backlog]: Turn,
  settings: Settings,
  now: number,
  cache: Cache,
  next: (time: number | undefined) => Promise<void>,
): Promise<void> {
  const { size, end } = windowAt(now, settings)
  if (number === 1) limitLife(windowKey(settings, now), cache)
  if (typeof backlog !== 'number' && number <= size) return next(undefined)
  const series = typeof backlog === 'number' ? backlog : end
  return takePlace(series, settings, now, cache, next)
}

async function takePlace(
  series: number,
  settings: Settings,
  now: number,
  cache: Cache,
  next: (time: number | undefined) => Promise<void>,
): Promise<void> {
  let place
  try {
    place = await persistently(() => cache.incr(placesKey(settings, series)))
  } catch {
    // A counter that fails is no reason to lose a request.
    return next(undefined)
  }
  // At the start of a slot, so that a job that runs a little late is still alone in it.
  const time = (Math.floor(series / distance(settings)) + place) * distance(settings)
  if (place === 1) limitLife(placesKey(settings, series), cache)
  if (place % PLACES_TO_RENEWAL === 1 && time > now) {
    keepBacklog(series, time - now + PLACES_TO_RENEWAL * distance(settings), settings, cache)
  }
  return next(Math.ceil(Math.max(time, windowAt(now, settings).end)))
}

/**
 * Finds the time at which a request may go out that a job held.
 *
 * @param number what `countWaiting` gave.
 * @param turn the time of its place (milliseconds since 1970), if it has waited for its turn.
 * @param next as for `whenTurnComes`.
 */
export async function whenWaited(
  number: number,
  turn: number | undefined,
  settings: Settings,
  now: number,
  cache: Cache,
  next: (time: number | undefined) => Promise<void>,
): Promise<void> {
  const { end } = windowAt(now, settings)
  if (number === 1) {
    limitLife(slotKey(settings, now), cache)
    if (turn !== undefined && now > turn + LATE) keepBacklog(end, LATE, settings, cache)
    return next(undefined)
  }
  let backlog
  try {
    backlog = await persistently(() => cache.get(backlogKey(settings), null))
  } catch {
    return next(undefined)
  }
  return takePlace(typeof backlog === 'number' ? backlog : end, settings, now, cache, next)
}

/** Milliseconds between two requests: a tenth longer than the rate asks for, as not all take equally long to arrive. */
function distance({ requestsPerSecond }: Settings): number {
  return (1.1 * SECOND) / requestsPerSecond
}

function windowAt(now: number, settings: Settings): { readonly size: number; start: number; readonly end: number } {
  const size = Math.max(1, Math.floor(settings.requestsPerSecond / 3))
  // Three of them take a second, so that no second touches more than four.
  const length = Math.max(size * distance(settings), SECOND / 3)
  const start = Math.floor(now / length) * length
  return { size, start, end: Math.ceil(start + length) }
}

/** After so many places the life of the backlog is renewed. */
const PLACES_TO_RENEWAL = 10

/** @param milliseconds how long the backlog is to live from now on. */
function keepBacklog(series: number, milliseconds: number, settings: Settings, cache: Cache): void {
  withoutWaiting(() => cache.set(backlogKey(settings), series, Math.ceil(milliseconds / SECOND) + 1))
}

function limitLife(counter: string, cache: Cache): void {
  withoutWaiting(() => cache.expire(counter, DAY / SECOND))
}

function windowKey(settings: Settings, now: number): string {
  return `new-${settings.requestsPerSecond}-${Math.floor(windowAt(now, settings).start)}`
}

function slotKey(settings: Settings, now: number): string {
  return `waiting-${settings.requestsPerSecond}-${Math.floor(now / distance(settings))}`
}

function backlogKey({ requestsPerSecond }: Settings): string {
  return `backlog-${requestsPerSecond}`
}

function placesKey({ requestsPerSecond }: Settings, series: number): string {
  return `places-${requestsPerSecond}-${series}`
}
