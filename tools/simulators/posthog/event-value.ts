/** An event as people write it or PostHog exports it -> the event as PostHog stores it. */
import type { CapturedEvent } from '../../lib/shapes'
import { parseJsonAt } from '../../lib/text-file'
import { messageOf, UsageError } from '../../lib/usage-error'
import { ingest } from './events'
import type { RawEvent } from './events'

/** No product sends more; code that walks through the values would run out of stack. */
const DEEPEST = 200

/** Makes an event of a parsed value. Throws a UsageError that names `location`, where the value is in a file. */
export function eventFrom(value: unknown, location?: string): CapturedEvent {
  const subject = location ?? 'The event'
  if (!isObject(value) || typeof value.event !== 'string') {
    throw new UsageError(`${subject} has no name: write it as "event", like {"event": "purchase"}.`)
  }
  const { properties = {}, id, uuid = id, timestamp, ...others } = value
  if (!isTime(timestamp)) {
    throw new UsageError(
      `${subject} has the timestamp ${JSON.stringify(timestamp)}, which is not a valid time: ` +
        'write it like "2024-05-01T10:00:00Z", or leave it out.',
    )
  }
  const raw = {
    ...others,
    ...(typeof timestamp === 'string' && { timestamp }),
    properties: objectFrom(properties, 'properties', subject),
    ...(typeof uuid === 'string' && { uuid }),
  } as RawEvent
  refuseDeep(raw, subject)
  try {
    return ingest(raw)
  } catch (error) {
    throw new UsageError(location === undefined ? messageOf(error) : `${location}: ${messageOf(error)}`)
  }
}

/**
 * The person's properties that an export gives along with an event: `person.properties` of the events API,
 * `person_properties` of batch exports. Throws a UsageError that names `location`.
 */
export function personPropertiesIn(value: unknown, location: string): Record<string, unknown> | undefined {
  if (!isObject(value)) return undefined
  const { person, person_properties: ofExport } = value
  const properties = ofExport ?? (isObject(person) ? person.properties : undefined)
  if (properties === undefined || properties === null || properties === '') return undefined
  const object = objectFrom(properties, ofExport === properties ? 'person_properties' : 'person.properties', location)
  refuseDeep(object, location)
  return object
}

function refuseDeep(value: object, subject: string): void {
  if (!isDeeperThan(DEEPEST, value)) return
  throw new UsageError(`${subject} is nested deeper than ${DEEPEST} levels, the most that is read.`)
}

function objectFrom(value: unknown, name: string, subject: string): Record<string, unknown> {
  const object: unknown = typeof value === 'string' ? parseJsonAt(`${subject} has "${name}" whose text`, value) : value
  if (isObject(object)) return object
  throw new UsageError(`${subject} has "${name}", which must be a JSON object like {"total": 49.5}.`)
}

/** Without recursion, which such a value would make run out of stack. */
function isDeeperThan(levels: number, value: object): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true
    level = level.flatMap((parent) =>
      Object.values(parent as Record<string, unknown>).filter((child) => typeof child === 'object' && child !== null),
    )
  }
  return false
}

/** False for a malformed timestamp, which PostHog would silently replace by the time of arrival. */
function isTime(timestamp: unknown): boolean {
  if (timestamp === undefined || timestamp === null) return true
  return typeof timestamp === 'string' && !Number.isNaN(Date.parse(timestamp))
}

/** True for an object that is neither null nor a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
