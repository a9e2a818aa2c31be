import type { CapturedEvent } from '../event'
import type { Settings } from '../settings'
import type { AppMeta, Memory } from '../meta'
import { personChanges } from '../rules/person'
import type { PersonChanges, StoredPerson } from '../rules/person'
import type { CachedPerson } from './cached-person'
import { needsPerson } from '../translate/needs-person'
import { orElse, persistently } from '../cache'
import { changedSince, noteChanges } from './changes'
import { isShared } from '../translate/identity'
import { isRecord, own } from '../json'
import { messageOf, withoutSecrets } from '../redact'

/** Seconds. A person that PostHog does not know may be one that it has yet to store. */
const PERSON_KEPT_FOR = 300

const NOBODY_KEPT_FOR = 60

const LOOK_UP_RESTS_FOR = 60_000

export const UNANSWERED = 'unanswered' as const

/**
 * The person of the event as PostHog has stored it, with what later events have changed.
 *
 * @returns `undefined` if the settings or the event do not ask for it, `unanswered` if PostHog does not tell.
 */
export async function storedPerson(
  event: CapturedEvent,
  settings: Settings,
  meta: AppMeta,
): Promise<StoredPerson | typeof UNANSWERED | undefined> {
  const { distinct_id: distinctId } = event
  if (!mayBeLookedUp(distinctId, settings) || !needsPerson(event, settings)) return undefined
  const person = (await cachedPerson(distinctId, meta)) ?? (await askForPerson(distinctId, settings, meta))
  if (person === undefined) return UNANSWERED
  return { ...person, properties: await orElse(changedSince(person, distinctId, meta), person.properties) }
}

/** Notes what the event changes of its person, for those that look the person up. */
export async function followPerson(event: CapturedEvent, settings: Settings, meta: AppMeta): Promise<void> {
  if (!mayBeLookedUp(event.distinct_id, settings)) return
  const changes = personChanges(event)
  if (hasCustomName(changes)) await noteChanges(event.distinct_id, changes, meta)
}

/** What PostHog has stored under a shared ID is of whoever came last. And an ID that no URL can hold, it does not know. */
function mayBeLookedUp(distinctId: unknown, { posthogUrl }: Settings): boolean {
  if (posthogUrl === '' || typeof distinctId !== 'string') return false
  return !isShared(distinctId) && !/[\p{Cc}\ud800-\udfff]/u.test(distinctId)
}

/** Whether there is more than the `$` properties of every page view. */
function hasCustomName({ set, setOnce, unset }: PersonChanges): boolean {
  return [...Object.keys({ ...set, ...setOnce }), ...unset].some((name) => !name.startsWith('$'))
}

async function cachedPerson(distinctId: string, { cache }: AppMeta): Promise<CachedPerson | undefined> {
  const found = await orElse(
    persistently(() => cache.get(`person-${distinctId}`, null)),
    null,
  )
  return isRecord(found) && isRecord(found.properties) ? (found as unknown as CachedPerson) : undefined
}

async function keepPerson(distinctId: string, person: CachedPerson, { cache }: AppMeta): Promise<void> {
  const seconds = person.id === undefined ? NOBODY_KEPT_FOR : PERSON_KEPT_FOR
  await orElse(
    persistently(() => cache.set(`person-${distinctId}`, person, seconds)),
    undefined,
  )
}

/** Many events at once wait for one answer. After a failure PostHog is left in peace for a minute. */
async function askForPerson(distinctId: string, settings: Settings, meta: AppMeta): Promise<CachedPerson | undefined> {
  const memory = meta.global
  if (Date.now() < (memory.lookUpRestsUntil ?? 0)) return undefined
  memory.lookUps ??= new Map()
  const underWay = memory.lookUps.get(distinctId) ?? fetchPerson(distinctId, settings)
  memory.lookUps.set(distinctId, underWay)
  try {
    const person = await underWay
    memory.isLookUpFailureLogged = false
    await keepPerson(distinctId, person, meta)
    return person
  } catch (error) {
    memory.lookUpRestsUntil = Date.now() + LOOK_UP_RESTS_FOR
    logLookUpFailure(withoutSecrets(messageOf(error), settings.apiKey), memory)
    return undefined
  } finally {
    memory.lookUps.delete(distinctId)
  }
}

/** A person that PostHog does not know is an answer too: one without properties. */
async function fetchPerson(distinctId: string, { posthogUrl }: Settings): Promise<CachedPerson> {
  const askedAt = Date.now()
  const path = `/api/projects/@current/persons/?distinct_id=${encodeURIComponent(distinctId)}`
  const response = await posthog.api.get(path, { host: posthogUrl })
  if (!response.ok) throw new Error(`PostHog answered ${response.status}`)
  const answer: unknown = await response.json()
  const results = own(answer, 'results')
  if (!Array.isArray(results)) throw new Error('PostHog answered with something else than persons')
  const person: unknown = results[0]
  const id = own(person, 'uuid') ?? own(person, 'id')
  const properties = own(person, 'properties')
  return {
    ...((typeof id === 'string' || typeof id === 'number') && { id: String(id) }),
    properties: isRecord(properties) ? properties : {},
    askedAt,
  }
}

function logLookUpFailure(reason: string, memory: Memory): void {
  if (memory.isLookUpFailureLogged === true) return
  memory.isLookUpFailureLogged = true
  console.warn(
    `The person cannot be looked up (${reason}): events are sent with what they say themselves. ` +
      'Until it works again this is not logged.',
  )
}
