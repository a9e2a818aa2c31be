/**
 * The log of a contact in PostHog's cache: what events write to it, an entry each, the latest first. Loops finds a contact by
 * either identifier, so each identifier has a log of its own. A period of twenty minutes has a list of its own, because the
 * cache cannot shorten a list, and each list lives for an hour.
 *
 * The functions that ask the cache await nothing: their callers await several of them at once.
 */
import type { Identity } from '../loops/request'
import { ensureLife, inBackground, withLife, withRetries } from '../posthog/cache'
import type { AnswerWithLife } from '../posthog/cache'
import type { Cache } from '../posthog/meta'
import { HOUR, MINUTE, SECOND } from '../time'
import type { LogEntry } from './waiting'

const PERIOD = 20 * MINUTE
const LOG_LIFE = HOUR

/** At most this much of a list is read; a delayed request ignores older entries. */
const MOST_ENTRIES = 50

/** If the values are longer than this, in characters of JSON, the log contains only their names: each job of the contact reads it. */
const LONGEST_VALUES = 4000

/** Workers whose clocks differ by more do not see each other's entries at the end of a period. */
const CLOCK_DIFFERENCE = 3 * MINUTE

/** A list as the cache gives it: a JSON text for each entry, the latest first. */
export type LogTexts = readonly string[]

export interface ContactLog {
  /** Adds an entry to the logs of its identifiers. The answer goes to `added`. */
  readonly add: (entry: LogEntry) => Promise<readonly AnswerWithLife<unknown>[]>
  readonly added: (answers: readonly AnswerWithLife<unknown>[]) => void
  /** Notes that Loops has rejected what the entry says, so that no delayed request carries it. */
  readonly addRejection: (entry: LogEntry) => void
  /**
   * Reads the log of each identifier.
   *
   * @param since when the event was received, or when its logs were read last: milliseconds since 1970.
   * @returns for each identifier its lists, the latest first. `entriesIn` reads them.
   */
  readonly read: (identity: Identity, since: number) => Promise<readonly (readonly LogTexts[])[]>
}

export function createContactLog(cache: Cache, keyPrefix: string): ContactLog {
  function keysOf(identity: Identity, periods: readonly number[]): string[][] {
    return logsOf(identity).map((log) => periods.map((period) => `${keyPrefix}${log}-${period}`))
  }

  function push(identity: Identity, line: LogLine): Promise<readonly AnswerWithLife<unknown>[]> {
    const text = JSON.stringify(line)
    const keys = keysOf(identity, [periodAt(Date.now())]).flat()
    return Promise.all(keys.map((key) => withLife({ key, life: LOG_LIFE }, () => cache.lpush(key, [text]), cache)))
  }

  return {
    add: (entry) => push(entry, shortened(lateEntry(entry))),
    added: (answers) => {
      for (const answer of answers) ensureLife(answer, cache)
    },
    addRejection: (entry) => {
      const rejection: LogLine = { rejected: entry.id }
      inBackground(async () => {
        for (const answer of await push(entry, rejection)) ensureLife(answer, cache)
      })
    },
    read: (identity, since) =>
      Promise.all(
        keysOf(identity, periodsBetween(since, Date.now())).map((keys) =>
          Promise.all(keys.map((key) => withRetries(() => cache.lrange(key, 0, MOST_ENTRIES - 1)))),
        ),
      ),
  }
}

/** A line of a log: what an event writes, or that Loops has rejected it. */
type LogLine = LogEntry | { readonly rejected: string }

/** The entries of one identifier that Loops has not rejected, the latest first. */
export function entriesIn(lists: readonly LogTexts[]): LogEntry[] {
  // One text is parsed, because it costs more to fetch an entry across the border of PostHog's VM than to parse it.
  const lines = lists.flatMap((texts) => JSON.parse(`[${texts.join(',')}]`) as LogLine[])
  const rejected = new Set(lines.flatMap((line) => ('rejected' in line ? [line.rejected] : [])))
  return lines.flatMap((line) => ('rejected' in line || rejected.has(line.id) ? [] : [line]))
}

/** An event that was delayed before it came to its log says so: its position there does not show when it was received. */
function lateEntry(entry: LogEntry): LogEntry {
  const now = Date.now()
  return now - entry.receivedAt > SECOND ? { ...entry, loggedAt: now } : entry
}

function shortened(entry: LogEntry): LogEntry {
  if (JSON.stringify(entry.values).length <= LONGEST_VALUES) return entry
  return { ...entry, values: {}, names: Object.keys(entry.values) }
}

function logsOf({ email, userId }: Identity): string[] {
  return [
    ...(userId === undefined ? [] : [`user-${userId}`]),
    ...(email === undefined ? [] : [`email-${email.toLowerCase()}`]),
  ]
}

function periodAt(time: number): number {
  return Math.floor(time / PERIOD)
}

/**
 * The periods from now back to `since`, the latest first. Where the clock was put back since then, the periods after now are
 * the earlier ones. Of a long time only the latest four are read: the lists of the others are gone.
 */
function periodsBetween(since: number, now: number): number[] {
  const isPutBack = since > now + CLOCK_DIFFERENCE
  const first = periodAt(isPutBack ? since : since - CLOCK_DIFFERENCE)
  const last = periodAt(isPutBack ? now : now + CLOCK_DIFFERENCE)
  const step = first < last ? -1 : 1
  const length = Math.min(4, Math.abs(last - first) + 1)
  return Array.from({ length }, (_, index) => last + step * index)
}
