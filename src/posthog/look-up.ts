/**
 * The look-up of a person in PostHog. A look-up is running (at most five in a worker), or its answer is kept for a minute or
 * until an event changes the person; a failure affects its own event only. A circuit breaker stops look-ups while PostHog hangs.
 */
import { createCircuitBreaker } from '../circuit-breaker'
import { isRecord, ownProperty } from '../json'
import { messageOf, withoutSecrets } from '../redact'
import { MINUTE, SECOND } from '../time'
import { inBackground, withRetries } from './cache'
import type { CapturedEvent } from './event'
import type { Cache } from './meta'
import { personChanges } from './person'
import type { StoredPerson } from './person'

const KEPT_FOR = MINUTE
const MOST_LOOK_UPS = 5
const MOST_DISTINCT_IDS = 20

/** PostHog guards each wait of an app for 30 seconds. */
const LOOK_UP_TIMEOUT = 30 * SECOND

export interface LookedUpPerson extends StoredPerson {
  /** When PostHog was asked: milliseconds since 1970. */
  readonly lookedUpAt: number
  /** At most twenty of the person's distinct_ids. */
  readonly distinctIds: readonly string[]
}

/** The result of a look-up. */
export type LookUpResult =
  | { readonly kind: 'found' | 'missing'; readonly person: LookedUpPerson }
  | { readonly kind: 'failed' }
  /** Five look-ups are running. */
  | { readonly kind: 'busy' }
  /** PostHog hangs, and is asked again at that time: milliseconds since 1970. */
  | { readonly kind: 'open'; readonly until: number }

export interface PersonLookUp {
  /** Removes the person from the cache if the event changes it. Awaits nothing. */
  readonly noteChange: (event: CapturedEvent) => void
  /** Starts reading the event's person from the cache; the answer goes to `keptPersonIn`. */
  readonly startKept: (event: CapturedEvent) => Promise<unknown>
  /** Asks PostHog for the event's person. */
  readonly ask: (event: CapturedEvent) => Promise<LookUpResult>
  /** Asks PostHog once and logs a warning if it does not answer as it should. */
  readonly check: () => Promise<void>
}

/**
 * @param settings `posthogUrl` is empty if no person is looked up; `label` is the name of that setting.
 * @param keyPrefix what the app's keys in the cache begin with.
 */
export function createPersonLookUp(
  { posthogUrl, label, apiKey }: { readonly posthogUrl: string; readonly label: string; readonly apiKey: string },
  cache: Cache,
  keyPrefix: string,
): PersonLookUp {
  const lookUps = createLookUps(posthogUrl)
  const logFailure = createFailureLog(apiKey)
  const keyOf = (distinctId: string): string => `${keyPrefix}person-${distinctId}`

  async function result(person: Promise<LookedUpPerson>, distinctId: string): Promise<LookUpResult> {
    try {
      const found = await person
      logFailure(undefined)
      if (found.distinctIds.length === 0) return { kind: 'missing', person: found }
      lookUps.noteKept(found, distinctId)
      inBackground(() => cache.set(keyOf(distinctId), found, KEPT_FOR / SECOND))
      return { kind: 'found', person: found }
    } catch (error) {
      logFailure(error)
      return { kind: 'failed' }
    }
  }

  return {
    noteChange: (event) => {
      if (posthogUrl === '' || !changesCustomProperty(event)) return
      for (const id of lookUps.noteChange(event.distinct_id)) inBackground(() => cache.expire(keyOf(id), 0))
    },
    startKept: ({ distinct_id: id }) => withRetries(() => cache.get(keyOf(id), null)),
    ask: async ({ distinct_id: id }) => {
      const running = lookUps.join(id)
      return 'kind' in running ? running : result(running.person, id)
    },
    check: async () => {
      if (posthogUrl === '') return
      try {
        await askPostHog('loops-app-set-up', posthogUrl)
      } catch (error) {
        const reason = withoutSecrets(messageOf(error), apiKey)
        console.warn(
          `${label}: PostHog does not answer at this URL (${reason}): it looks up no persons until PostHog answers.`,
        )
      }
    },
  }
}

interface LookUps {
  /** Begins a look-up, or joins the one of the same distinct_id that is running. */
  readonly join: (
    distinctId: string,
  ) => { readonly person: Promise<LookedUpPerson> } | Extract<LookUpResult, { kind: 'busy' | 'open' }>
  /** Remembers under which distinct_id the answer is kept. */
  readonly noteKept: (person: LookedUpPerson, distinctId: string) => void
  /** Notes that an event changes its person. Returns the distinct_ids under which answers of the person may be kept. */
  readonly noteChange: (distinctId: string) => string[]
}

interface RunningLookUp {
  readonly person: Promise<LookedUpPerson>
  /** The persons that events have changed since it began, by distinct_id. */
  readonly changed: Set<string>
}

/** Some two megabytes. */
const MOST_KEPT = 10_000

/** The look-ups that are running, and what the worker remembers of those that are kept. */
function createLookUps(posthogUrl: string): LookUps {
  const running = new Map<string, RunningLookUp>()
  /** The distinct_id under which a person is kept, by each of its distinct_ids. */
  const keptAs = new Map<string, string>()
  const circuitBreaker = createCircuitBreaker()

  async function askOnce(distinctId: string): Promise<LookedUpPerson> {
    const start = Date.now()
    circuitBreaker.begin()
    try {
      const person = await askPostHog(distinctId, posthogUrl)
      circuitBreaker.end(false)
      return person
    } catch (error) {
      circuitBreaker.end(Date.now() - start > 0.9 * LOOK_UP_TIMEOUT)
      throw error
    }
  }

  /** Asks again if an event has changed the person meanwhile. */
  async function ask(distinctId: string, changed: ReadonlySet<string>): Promise<LookedUpPerson> {
    try {
      const person = await askOnce(distinctId)
      return [distinctId, ...person.distinctIds].some((id) => changed.has(id)) ? await askOnce(distinctId) : person
    } finally {
      running.delete(distinctId)
    }
  }

  return {
    join: (distinctId) => {
      const same = running.get(distinctId)
      if (same !== undefined) return same
      const until = circuitBreaker.waitsUntil()
      if (until !== undefined) return { kind: 'open', until }
      if (running.size >= MOST_LOOK_UPS) return { kind: 'busy' }
      const changed = new Set<string>()
      const lookUp = { person: ask(distinctId, changed), changed }
      running.set(distinctId, lookUp)
      return lookUp
    },
    noteKept: ({ distinctIds }, distinctId) => {
      if (keptAs.size >= MOST_KEPT) keptAs.clear()
      for (const id of distinctIds) keptAs.set(id, distinctId)
    },
    noteChange: (distinctId) => {
      for (const { changed } of running.values()) changed.add(distinctId)
      return [...new Set([distinctId, keptAs.get(distinctId) ?? distinctId])]
    },
  }
}

/** Logs the first failure after a success; `undefined` is a success. */
function createFailureLog(apiKey: string): (error: unknown) => void {
  let isLogged = false
  return (error) => {
    if (error !== undefined && !isLogged) {
      console.warn(
        `A person could not be looked up (${withoutSecrets(messageOf(error), apiKey)}): the event waits for another look-up, ` +
          'or is sent with its own data if PostHog has no jobs. Later failures are not logged until a look-up succeeds.',
      )
    }
    isLogged = error !== undefined
  }
}

/** The person from the cache; `undefined` if it has none. */
export function keptPersonIn(answer: unknown): LookedUpPerson | undefined {
  return isPerson(answer) ? answer : undefined
}

/** The `$` properties that SDKs set with every page view are no change. */
function changesCustomProperty(event: CapturedEvent): boolean {
  const { set = {}, setOnce = {}, unset } = personChanges(event)
  return [...Object.keys(set), ...Object.keys(setOnce), ...unset].some((name) => !name.startsWith('$'))
}

function isPerson(value: unknown): value is LookedUpPerson {
  return isRecord(value) && isRecord(value.properties) && typeof value.lookedUpAt === 'number'
}

/**
 * @returns the person, which has no distinct_ids if PostHog has no person with this one.
 * @throws Error if PostHog does not answer, or answers with another person.
 */
async function askPostHog(distinctId: string, posthogUrl: string): Promise<LookedUpPerson> {
  const lookedUpAt = Date.now()
  const path = `/api/projects/@current/persons/?distinct_id=${encodeURIComponent(distinctId)}`
  const response = await posthog.api.get(path, { host: posthogUrl })
  if (!response.ok) throw new Error(`PostHog answered ${response.status}`)
  const answer: unknown = await response.json()
  const results = ownProperty(answer, 'results')
  if (!Array.isArray(results)) throw new Error('PostHog answered without a list of persons')
  if (results.length === 0) return { properties: {}, distinctIds: [], lookedUpAt }
  const person: unknown = results[0]
  const distinctIds = ownProperty(person, 'distinct_ids')
  if (!Array.isArray(distinctIds) || !distinctIds.includes(distinctId)) {
    throw new Error('PostHog answered with a different person')
  }
  const id = ownProperty(person, 'uuid') ?? ownProperty(person, 'id')
  const properties = ownProperty(person, 'properties')
  return {
    ...((typeof id === 'string' || typeof id === 'number') && { id: String(id) }),
    properties: isRecord(properties) ? properties : {},
    distinctIds: distinctIds.slice(0, MOST_DISTINCT_IDS).map(String),
    lookedUpAt,
  }
}
