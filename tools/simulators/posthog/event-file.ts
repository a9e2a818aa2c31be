import { createReadStream } from 'node:fs'
import type { ReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { ingest } from './events'
import type { RawEvent } from './events'
import type { CapturedEvent } from '../../lib/shapes'
import { messageOf, UsageError } from '../../lib/usage-error'
import { ListError, listElements } from '../../lib/json-list'
import { parseJsonAt, readTextFile, unreadable } from '../../lib/text-file'

/** A value of the file, and where it stands. */
interface Placed {
  readonly value: unknown
  readonly place: string
}

/**
 * Reads events from a file, one at a time: a JSON list, JSON lines as PostHog's batch exports write them (where `properties`
 * may be text that holds JSON), the `results` of PostHog's events API or query API, or the `batch` that an SDK sends. Only an
 * answer of an API and a batch are read whole.
 *
 * @param onRead called before each event with the bytes that are read so far.
 * @throws UsageError that names the file, and the line or the place in the list of a malformed event.
 */
export async function* readEventFile(
  path: string,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<CapturedEvent> {
  const form = await formOf(path)
  const stream = createReadStream(path, 'utf8')
  const values = form === 'whole' ? answerOrBatch(path) : form === 'list' ? list(stream, path) : jsonLines(stream, path)
  let isEmpty = true
  try {
    for await (const { value, place } of values) {
      isEmpty = false
      onRead(stream.bytesRead)
      yield eventFrom(value, place)
    }
  } finally {
    stream.destroy()
  }
  if (isEmpty) throw new UsageError(`${path} holds no events.`)
}

/** How the file holds its events: in a list, in lines, or somewhere inside a value that has to be read whole. */
async function formOf(path: string): Promise<'list' | 'lines' | 'whole'> {
  const [first = '', second = ''] = await firstLines(path).catch((error: unknown) => {
    throw unreadable(path, error)
  })
  if (first === '' || first.startsWith('[')) return 'list'
  const event = objectIn(first)
  // A broken first line belongs to JSON lines if the second line is an object.
  const isLines = event === undefined ? first.startsWith('{') && objectIn(second) !== undefined : !hasEvents(event)
  return isLines ? 'lines' : 'whole'
}

/** The first two lines that are not empty. A line that begins a list is not read to its end. */
async function firstLines(path: string): Promise<string[]> {
  const file = await open(path)
  const lines: string[] = []
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4096), 0, 4096, 0)
    // `trim` removes a byte order mark, too.
    const beginning = buffer.toString('utf8', 0, bytesRead).trim()
    if (beginning.startsWith('[')) return ['[']
    for await (const line of file.readLines({ autoClose: false, start: 0 })) {
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

async function* jsonLines(stream: ReadStream, path: string): AsyncGenerator<Placed> {
  let number = 0
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    number += 1
    const place = `${path}, line ${number}`
    if (line.trim() !== '') yield { value: parseJsonAt(place, line.trim()), place }
  }
}

async function* list(stream: ReadStream, path: string): AsyncGenerator<Placed> {
  let number = 0
  try {
    for await (const { text, line } of listElements(stream as AsyncIterable<string>)) {
      number += 1
      yield { value: parseJsonAt(`${path}, line ${line}`, text), place: `${path}, event ${number}` }
    }
  } catch (error) {
    if (!(error instanceof ListError)) throw error
    throw new UsageError(`${path}, line ${error.line} ${error.message}.`)
  }
}

function* answerOrBatch(path: string): Generator<Placed> {
  const content = parseJsonAt(path, readTextFile(path))
  const events = isObject(content) ? (content['results'] ?? content['batch']) : content
  if (!Array.isArray(events)) {
    throw new UsageError(`${path} holds no list of events: write [{"event": …}] or JSON lines.`)
  }
  const columns = isObject(content) && Array.isArray(content['columns']) ? content['columns'].map(String) : undefined
  for (const [index, value] of events.entries()) {
    yield { value: columns === undefined ? value : rowWith(columns, value), place: `${path}, event ${index + 1}` }
  }
}

/** PostHog's query API answers with the names of the columns and a list of values for each event. */
function rowWith(columns: readonly string[], row: unknown): unknown {
  return Array.isArray(row) ? Object.fromEntries(columns.map((column, place) => [column, row[place]])) : row
}

function hasEvents(value: object): boolean {
  return 'results' in value || 'batch' in value
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
  const object: unknown = isText ? parseJsonAt(`${subject} has "properties" whose text`, properties) : properties
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
