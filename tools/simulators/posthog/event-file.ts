/** Files of events, read one event at a time. */
import { createReadStream } from 'node:fs'
import type { ReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { ListError, listElements } from '../../lib/json-list'
import type { CapturedEvent } from '../../lib/shapes'
import { parseJsonAt, readTextFile, unreadable } from '../../lib/text-file'
import { UsageError } from '../../lib/usage-error'
import { eventFrom, isObject, personPropertiesIn } from './event-value'

/** An event of a file. */
export interface FileEvent {
  readonly event: CapturedEvent
  /** The properties of the person, if the file has them: exports of PostHog do. */
  readonly person: Readonly<Record<string, unknown>> | undefined
}

export interface ReadingOptions {
  /** Called before each event with the bytes that are read so far. */
  readonly onRead?: (bytes: number) => void
  /** Called with a sentence for each malformed event, which is skipped. Without it such an event ends the reading. */
  readonly onSkipped?: (sentence: string) => void
}

/** A value of the file, and where it is. */
interface Located {
  readonly read: () => unknown
  readonly location: string
}

/**
 * Reads events from a file, one at a time: a JSON list, JSON lines as PostHog's batch exports write them (where `properties`
 * may be text that holds JSON), the `results` of PostHog's events API or query API, or the `batch` that an SDK sends. Only an
 * answer of an API and a batch are read whole.
 *
 * @throws UsageError that names the file if it cannot be read; without `onSkipped` also one that names the line or the event
 * in the list of a malformed event.
 */
export async function* readEventFile(
  path: string,
  { onRead = () => undefined, onSkipped }: ReadingOptions = {},
): AsyncGenerator<FileEvent> {
  const form = await formOf(path)
  const stream = createReadStream(path, 'utf8')
  const values = form === 'whole' ? answerOrBatch(path) : form === 'list' ? list(stream, path) : jsonLines(stream, path)
  let isEmpty = true
  try {
    for await (const placed of values) {
      isEmpty = false
      onRead(stream.bytesRead)
      const event = onSkipped === undefined ? eventAt(placed) : eventOrSkip(placed, onSkipped)
      if (event !== undefined) yield event
    }
  } finally {
    stream.destroy()
  }
  if (isEmpty) throw new UsageError(`${path} has no events.`)
}

function eventAt({ read, location }: Located): FileEvent {
  const value = read()
  return { event: eventFrom(value, location), person: personPropertiesIn(value, location) }
}

function eventOrSkip(placed: Located, onSkipped: (sentence: string) => void): FileEvent | undefined {
  try {
    return eventAt(placed)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    onSkipped(error.message)
    return undefined
  }
}

/** How the file holds its events: in a list, in lines, or somewhere inside a value that has to be read whole. */
async function formOf(path: string): Promise<'list' | 'lines' | 'whole'> {
  const [first = '', second = ''] = await firstLines(path).catch((error: unknown) => {
    throw error instanceof UsageError ? error : unreadable(path, error)
  })
  if (first === '' || first.startsWith('[')) return 'list'
  const event = objectIn(first)
  // A broken first line belongs to JSON lines if the second line is an object.
  const isLines = event === undefined ? first.startsWith('{') && objectIn(second) !== undefined : !hasEvents(event)
  if (!isLines && /^[^{"]*,/.test(first)) {
    throw new UsageError(`${path} looks like CSV: export the events as JSON or as JSON lines.`)
  }
  return isLines ? 'lines' : 'whole'
}

/** The first two lines that are not empty. A line that begins a list is not read to its end. */
async function firstLines(path: string): Promise<string[]> {
  const file = await open(path)
  const lines: string[] = []
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4096), 0, 4096, 0)
    const problem = problemOfBytes(buffer.subarray(0, bytesRead))
    if (problem !== undefined) throw new UsageError(`${path} ${problem}.`)
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

/** The first bytes of files that hold no text in UTF-8, and what to do with them. */
const KINDS_OF_FILES: readonly (readonly [bytes: readonly number[], problem: string])[] = [
  [[0x1f, 0x8b], 'is compressed with gzip: unpack it first, with gunzip'],
  [[0x50, 0x4b, 0x03, 0x04], 'is a ZIP archive: unpack it first'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'is compressed with Zstandard: unpack it first, with unzstd'],
  [[0x50, 0x41, 0x52, 0x31], 'is a Parquet file: export the events as JSON lines'],
  [[0xff, 0xfe], 'is written in UTF-16: save it as UTF-8'],
  [[0xfe, 0xff], 'is written in UTF-16: save it as UTF-8'],
]

function problemOfBytes(bytes: Buffer): string | undefined {
  return KINDS_OF_FILES.find(([first]) => first.every((byte, index) => bytes[index] === byte))?.[1]
}

function objectIn(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

async function* jsonLines(stream: ReadStream, path: string): AsyncGenerator<Located> {
  let number = 0
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    number += 1
    const location = `${path}, line ${number}`
    if (line.trim() !== '') yield { read: () => parseJsonAt(location, line.trim()), location }
  }
}

async function* list(stream: ReadStream, path: string): AsyncGenerator<Located> {
  let number = 0
  try {
    for await (const { text, line } of listElements(stream as AsyncIterable<string>)) {
      number += 1
      yield { read: () => parseJsonAt(`${path}, line ${line}`, text), location: `${path}, event ${number}` }
    }
  } catch (error) {
    if (!(error instanceof ListError)) throw error
    throw new UsageError(`${path}, line ${error.line} ${error.message}.`)
  }
}

function* answerOrBatch(path: string): Generator<Located> {
  const content = parseJsonAt(path, readTextFile(path))
  const events = isObject(content) ? (content['results'] ?? content['batch']) : content
  if (!Array.isArray(events)) {
    throw new UsageError(`${path} has no list of events: write [{"event": …}] or JSON lines.`)
  }
  const columns = isObject(content) && Array.isArray(content['columns']) ? content['columns'].map(String) : undefined
  for (const [index, row] of (events as unknown[]).entries()) {
    const value = columns === undefined ? row : rowWith(columns, row)
    yield { read: () => value, location: `${path}, event ${index + 1}` }
  }
}

/** PostHog's query API answers with the names of the columns and a list of values for each event. */
function rowWith(columns: readonly string[], row: unknown): unknown {
  return Array.isArray(row)
    ? Object.fromEntries(columns.map((column, location) => [column, row[location] as unknown]))
    : row
}

function hasEvents(value: object): boolean {
  return 'results' in value || 'batch' in value
}
