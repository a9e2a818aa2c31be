/**
 * The look-up of a person in PostHog. A look-up is in one of these states: running (at most five in a worker), answered (the
 * answer is kept for a minute and counts until an event changes the person), or failed (which concerns its own event only).
 */
import { persistently, withoutWaiting } from './cache'
import type { CapturedEvent } from './event'
import { isRecord, own } from '../json'
import type { AppMeta, Memory } from './meta'
import { messageOf, withoutSecrets } from '../redact'
import { personChanges } from './person'
import type { Settings } from '../settings/settings'
import { MINUTE, SECOND } from '../time'
import type { LookedUpPerson } from './looked-up-person'

const KEPT_FOR = MINUTE
const MOST_LOOK_UPS = 5
const MOST_DISTINCT_IDS = 20

/**
 * Notes that the event changes its person, so that no answer from before counts. Awaits nothing. The `$` properties that
 * SDKs set with every page view are no change.
 */
export function notePersonChange(event: CapturedEvent, { posthogUrl }: Settings, { cache }: AppMeta): void {
  if (posthogUrl === '' || !changesCustomProperty(event)) return
  withoutWaiting(() => cache.set(changeKey(event.distinct_id), Date.now(), (2 * KEPT_FOR) / SECOND))
}

function changesCustomProperty(event: CapturedEvent): boolean {
  const { set = {}, setOnce = {}, unset } = personChanges(event)
  return [...Object.keys(set), ...Object.keys(setOnce), ...unset].some((name) => !name.startsWith('$'))
}

/**
 * Looks up the person of the event.
 *
 * @returns the person, or why PostHog gave no answer.
 */
export async function lookUpPerson(
  { distinct_id: distinctId }: CapturedEvent,
  settings: Settings,
  meta: AppMeta,
): Promise<LookedUpPerson | 'busy' | 'failed'> {
  const kept = await keptPerson(distinctId, meta.cache)
  if (kept !== undefined) return kept
  const answer = await runLookUp(distinctId, settings, meta)
  // While PostHog was asked, an event may have changed the person.
  const isOutdated = typeof answer === 'object' && !(await isUnchanged(answer, distinctId, meta.cache))
  return isOutdated ? runLookUp(distinctId, settings, meta) : answer
}

async function runLookUp(
  distinctId: string,
  settings: Settings,
  { cache, global }: AppMeta,
): Promise<LookedUpPerson | 'busy' | 'failed'> {
  const lookUps = (global.lookUps ??= new Map())
  if (!lookUps.has(distinctId) && lookUps.size >= MOST_LOOK_UPS) return 'busy'
  const running =
    lookUps.get(distinctId) ??
    askPostHog(distinctId, settings).finally(() => {
      lookUps.delete(distinctId)
    })
  lookUps.set(distinctId, running)
  try {
    const person = await running
    withoutWaiting(() => cache.set(personKey(distinctId), person, KEPT_FOR / SECOND))
    global.isLookUpFailureLogged = false
    return person
  } catch (error) {
    logFailure(withoutSecrets(messageOf(error), settings.apiKey), global)
    return 'failed'
  }
}

/** A cache that does not answer knows no person. */
async function keptPerson(distinctId: string, cache: AppMeta['cache']): Promise<LookedUpPerson | undefined> {
  try {
    const person = await persistently(() => cache.get(personKey(distinctId), null))
    return isPerson(person) && (await isUnchanged(person, distinctId, cache)) ? person : undefined
  } catch {
    return undefined
  }
}

/** Whether no event has changed the person since PostHog was asked, under whichever of its distinct_ids. */
async function isUnchanged(person: LookedUpPerson, asked: string, cache: AppMeta['cache']): Promise<boolean> {
  const ids = new Set([asked, ...person.distinctIds])
  try {
    const changes = await Promise.all([...ids].map((id) => persistently(() => cache.get(changeKey(id), null))))
    return changes.every((changedAt) => typeof changedAt !== 'number' || changedAt <= person.askedAt)
  } catch {
    return true
  }
}

function isPerson(value: unknown): value is LookedUpPerson {
  return isRecord(value) && isRecord(value.properties) && Array.isArray(value.distinctIds)
}

/** @throws Error if PostHog does not answer, or answers with somebody else. */
async function askPostHog(distinctId: string, { posthogUrl }: Settings): Promise<LookedUpPerson> {
  const askedAt = Date.now()
  const path = `/api/projects/@current/persons/?distinct_id=${encodeURIComponent(distinctId)}`
  const response = await posthog.api.get(path, { host: posthogUrl })
  if (!response.ok) throw new Error(`PostHog answered ${response.status}`)
  const answer: unknown = await response.json()
  const results = own(answer, 'results')
  if (!Array.isArray(results)) throw new Error('PostHog answered with something else than persons')
  if (results.length === 0) return { properties: {}, distinctIds: [], askedAt }
  const person: unknown = results[0]
  const distinctIds = own(person, 'distinct_ids')
  if (!Array.isArray(distinctIds) || !distinctIds.includes(distinctId)) {
    throw new Error('PostHog answered with another person than it was asked for')
  }
  const id = own(person, 'uuid') ?? own(person, 'id')
  const properties = own(person, 'properties')
  return {
    ...((typeof id === 'string' || typeof id === 'number') && { id: String(id) }),
    properties: isRecord(properties) ? properties : {},
    distinctIds: distinctIds.slice(0, MOST_DISTINCT_IDS).map(String),
    askedAt,
  }
}

function logFailure(reason: string, memory: Memory): void {
  if (memory.isLookUpFailureLogged === true) return
  memory.isLookUpFailureLogged = true
  console.warn(
    `A person could not be looked up (${reason}): the event waits for another look-up, or is sent with its own data if ` +
      'PostHog has no jobs. Later failures are not logged until a look-up succeeds.',
  )
}

function personKey(distinctId: string): string {
  return `person-${distinctId}`
}

function changeKey(distinctId: string): string {
  return `changed-${distinctId}`
}
