import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { ingest } from '../posthog/events'
import type { RawEvent } from '../posthog/events'
import type { CapturedEvent } from '../posthog/shapes'
import { readTextFile } from './config-file'
import { messageOf, UsageError } from '../lib/usage-error'

/**
 * Reads events from a file, one at a time: a JSON list, the `results` of PostHog's events API, or JSON lines as PostHog's
 * batch exports write them (where `properties` may be text that holds JSON).
 *
 * @throws UsageError that names the file, and the line or the place in the list of a malformed event.
 */
export async function* readEventFile(path: string): AsyncGenerator<CapturedEvent> {
  const isLines = await holdsLines(path)
  let place = 0
  for await (const value of isLines ? jsonLines(path) : jsonList(path)) {
    place += 1
    yield eventFrom(value, `${path}, ${isLines ? 'line' : 'event'} ${place}`)
  }
  if (place === 0) throw new UsageError(`${path} holds no events.`)
}

/** True if each line is a JSON value, so that the file can be read line by line. */
async function holdsLines(path: string): Promise<boolean> {
  const [first = '', second = ''] = await firstLines(path).catch((error: unknown) => {
    throw new UsageError(`The events cannot be read: ${path}: ${messageOf(error)}`)
  })
  const event = objectIn(first)
  // A broken first line belongs to JSON lines if the second line is an object.
  return event === undefined ? first.startsWith('{') && objectIn(second) !== undefined : !('results' in event)
}

/** The first two lines that are not empty. */
async function firstLines(path: string): Promise<string[]> {
  const file = await open(path)
  const lines: string[] = []
  try {
    for await (const line of file.readLines({ autoClose: false })) {
      // `trim` removes a byte order mark, too.
      if (line.trim() !== '') lines.push(line.trim())
      if (lines.length === 2) break
    }
    return lines
  } finally {
    await file.close()
  }
}

function objectIn(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

async function* jsonLines(path: string): AsyncGenerator {
  let number = 0
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    number += 1
    if (line.trim() !== '') yield parsed(line.trim(), `${path}, line ${number}`)
  }
}

function* jsonList(path: string): Generator {
  const text = readTextFile(path)
  if (text.trim() === '') return
  const content = parsed(text, path)
  const list = isObject(content) && 'results' in content ? content.results : content
  if (!Array.isArray(list)) throw new UsageError(`${path} holds no list of events: write [{"event": …}] or JSON lines.`)
  yield* list
}

function parsed(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${source} is not valid JSON: ${messageOf(error)}`)
  }
}

/** Makes an event of a parsed value. Throws a UsageError that names `place`, where the value stands in a file. */
export function eventFrom(value: unknown, place?: string): CapturedEvent {
  const subject = place ?? 'The event'
  if (!isObject(value) || typeof value.event !== 'string') {
    throw new UsageError(`${subject} has no name: write it as "event", like {"event": "purchase"}.`)
  }
  const { properties = {}, id, uuid = id, timestamp } = value
  if (!isTime(timestamp)) {
    throw new UsageError(
      `${subject} has the timestamp ${JSON.stringify(timestamp)}, which is no time: ` +
        'write it like "2024-05-01T10:00:00Z", or leave it out.',
    )
  }
  const raw = {
    ...value,
    properties: propertiesFrom(properties, subject),
    ...(typeof uuid === 'string' && { uuid }),
  } as RawEvent
  try {
    return ingest(raw)
  } catch (error) {
    throw new UsageError(place === undefined ? messageOf(error) : `${place}: ${messageOf(error)}`)
  }
}

function propertiesFrom(properties: unknown, subject: string): Record<string, unknown> {
  const isText = typeof properties === 'string'
  const object: unknown = isText ? parsed(properties, `${subject} has "properties" whose text`) : properties
  if (!isObject(object))
    throw new UsageError(`${subject} has "properties" that are no JSON object: write {"total": 49.5}.`)
  return object
}

/** False for a malformed timestamp, which PostHog would silently replace by the time of arrival. */
function isTime(timestamp: unknown): boolean {
  if (timestamp === undefined || timestamp === null) return true
  return typeof timestamp === 'string' && !Number.isNaN(Date.parse(timestamp))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
