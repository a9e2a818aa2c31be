import { layered, without } from '../rules/person'
import type { PersonChanges } from '../rules/person'
import type { CachedPerson } from './cached-person'
import type { AppMeta } from '../meta'
import { count, persistently, pushLine } from '../cache'
import type { Properties } from '../json'

/** Changes are kept for longer than persons, by periods, so that no list of them grows without end. */
const CHANGES_PERIOD = 600_000

function changesKey(distinctId: string, periodsAgo: number): string {
  return `changes-${distinctId}-${Math.floor(Date.now() / CHANGES_PERIOD) - periodsAgo}`
}

/**
 * Notes them beside the cached person: PostHog may take seconds to store them, and may be asked by another event meanwhile.
 * If they are too large or too many to keep, the person is not kept either, nor is anything that was noted before.
 */
export async function noteChanges(distinctId: string, changes: PersonChanges, { cache }: AppMeta): Promise<void> {
  const key = changesKey(distinctId, 0)
  const line = JSON.stringify({ ...changes, at: Date.now() })
  const isKept = line.length <= 10_000 && (await count(cache, `number-of-${key}`)) < MOST_CHANGES
  if (!isKept) await persistently(() => cache.set(`person-${distinctId}`, null, 1))
  await pushLine(cache, key, isKept ? line : FORGET, (2 * CHANGES_PERIOD) / 1000)
}

const MOST_CHANGES = 100

const FORGET = '{"forget":true}'

/** The properties of the person with the changes that PostHog may not have known of when it was asked. */
export async function changedSince(
  { properties, askedAt }: CachedPerson,
  distinctId: string,
  { cache }: AppMeta,
): Promise<Properties> {
  const keys = [changesKey(distinctId, 0), changesKey(distinctId, 1)]
  const lists = await Promise.all(keys.map((key) => persistently(() => cache.lrange(key, 0, MOST_CHANGES - 1))))
  const lines = lists.flat()
  const end = lines.indexOf(FORGET)
  return lines
    .slice(0, end < 0 ? undefined : end)
    .map((line) => JSON.parse(line) as PersonChanges & { at: number })
    .filter(({ at }) => at > askedAt - STORED_AFTER)
    .reduceRight((person, { set, setOnce, unset }) => without(layered([setOnce, person, set]), unset), properties)
}

/** Milliseconds within which PostHog as a rule has stored what an event changes. */
const STORED_AFTER = 15_000
