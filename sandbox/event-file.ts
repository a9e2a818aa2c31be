import { createReadStream } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { ingest } from './ingestion'
import type { CapturedEvent, RawEvent } from './ingestion'
import { messageOf, Mistake } from './mistake'

/**
 * Reads events from a file, one at a time: a JSON list, the `results` of PostHog's events API, or JSON lines as PostHog's
 * batch exports write them (where `properties` may be text that holds JSON).
 *
 * @throws Mistake that names the file, and the line or the place in the list, of what is no event.
 */
export async function* readEventFile(path: string): AsyncGenerator<CapturedEvent> {
  const isLines = await holdsLines(path)
  let place = 0
  for await (const value of isLines ? jsonLines(path) : jsonList(path)) {
    place += 1
    yield eventFrom(value, `${path}, ${isLines ? 'line' : 'event'} ${place}`)
  }
  if (place === 0) throw new Mistake(`${path} holds no events.`)
}

/** Whether the first line is JSON in itself and no list; only then the file need not be read whole. */
async function holdsLines(path: string): Promise<boolean> {
  const file = await open(path).catch((error: unknown) => {
    throw new Mistake(`The events cannot be read: ${path}: ${messageOf(error)}`)
  })
  try {
    for await (const line of file.readLines({ autoClose: false })) {
      if (line.trim() === '') continue
      return line.trimStart().startsWith('{') && isJson(line) && !('results' in (JSON.parse(line) as object))
    }
    return false
  } finally {
    await file.close()
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function* jsonLines(path: string): AsyncGenerator {
  let number = 0
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    number += 1
    if (line.trim() !== '') yield parsed(line, `${path}, line ${number}`)
  }
}

async function* jsonList(path: string): AsyncGenerator {
  const content = parsed(await readFile(path, 'utf8'), path)
  const list = isObject(content) && 'results' in content ? content.results : content
  if (!Array.isArray(list)) throw new Mistake(`${path} holds no list of events: write [{"event": …}] or JSON lines.`)
  yield* list
}

function parsed(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Mistake(`${source} is not valid JSON: ${messageOf(error)}`)
  }
}

/** Makes an event of what a file or a person wrote; `source` is where, for the Mistake that it throws. */
export function eventFrom(value: unknown, source: string): CapturedEvent {
  if (!isObject(value) || typeof value.event !== 'string') {
    throw new Mistake(`${source} is no PostHog event: it needs an "event" with its name.`)
  }
  const { properties = {}, id, uuid = id } = value
  const asObject: unknown = typeof properties === 'string' ? parsed(properties, `${source}, properties`) : properties
  if (!isObject(asObject)) throw new Mistake(`${source} is no PostHog event: its "properties" are no JSON object.`)
  try {
    const raw = { ...value, properties: asObject, ...(typeof uuid === 'string' && { uuid }) }
    return ingest(raw as RawEvent)
  } catch (error) {
    throw new Mistake(`${source}: ${messageOf(error)}`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
