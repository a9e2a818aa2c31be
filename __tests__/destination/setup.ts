import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileProgram } from '../../tools/simulators/hog/compiler'
import { HogRun } from '../../tools/simulators/hog/hog-run'
import type { HogRequest } from '../../tools/simulators/hog/hog-run'
import { compileInputs } from '../../tools/simulators/hog/inputs'
import type { Globals } from '../../tools/simulators/hog/globals'
import { loadHogParser } from '../../tools/simulators/hog/syntax-tree'
import { newestVm } from '../../tools/simulators/hog/vm'
import type { HogVm } from '../../tools/simulators/hog/vm'
import type { CapturedEvent } from '../../src/posthog/event'
import { withPerson } from '../../src/posthog/person'
import type { StoredPerson } from '../../src/posthog/person'
import { apiKey } from '../app/setup'

export const source = readFileSync(join(__dirname, '../../destination/loops.hog'), 'utf8')

/** Values of inputs, by key. */
export type Values = Readonly<Record<string, unknown>>

/** The request as Loops receives it; the headers only as far as they differ from event to event. */
export interface SentRequest {
  readonly method: string
  readonly path: string
  readonly idempotencyKey?: string
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * The request with the idempotency key that the app's has: the destination adds a hash of what tells the requests of one event
 * apart, because several mappings may match it.
 */
export function withAppsKey(request: SentRequest): SentRequest {
  const { idempotencyKey } = request
  if (idempotencyKey === undefined) return request
  expect(idempotencyKey).toMatch(/^[\w-]{1,83}-[\da-f]{16}$/)
  return { ...request, idempotencyKey: idempotencyKey.slice(0, -17) }
}

/** What came of an event before Loops has answered. */
export interface FirstStep {
  readonly request: SentRequest | undefined
  /** What stands in the log: each print, and the error if there is one. */
  readonly sentences: readonly string[]
  readonly error: Error | undefined
  /** Of the VM, up to the request. */
  readonly operations?: number
}

/** Runs the destination on events; compiled once, since the source is long. */
export async function loadDestination() {
  const parser = await loadHogParser()
  const bytecode = compileProgram(parser.program(source))
  const functionWith = (values: Values) => {
    const inputs = Object.entries({ apiKey, ...values }).map(([key, value]) => [key, { value }] as const)
    return { bytecode, inputs: compileInputs(Object.fromEntries(inputs), parser) }
  }
  const first = (globals: Globals, values: Values, vm: HogVm = newestVm): FirstStep => {
    const run = new HogRun(functionWith(values), globals, vm)
    const step = run.start()
    expect(run.logs.filter(({ message }) => message.includes(apiKey))).toEqual([])
    return {
      ...(step.kind === 'waits' ? { request: sent(step.request), operations: run.operations } : { request: undefined }),
      sentences: run.logs.map(({ message }) => message),
      error: step.kind === 'failed' ? step.error : undefined,
    }
  }
  return { functionWith, first }
}

export type LoadedDestination = Awaited<ReturnType<typeof loadDestination>>

/** The event as PostHog gives it to a destination, with the person as it is stored after the event. */
export function globalsOf({ event, uuid, distinct_id, timestamp, properties }: CapturedEvent): Globals {
  const person = personAfter({ event, distinct_id, timestamp, ...(properties && { properties }) })
  return { event: { event, uuid, distinct_id, timestamp, properties }, person: { id: 'person-1', properties: person } }
}

/** What PostHog stores of the person after the event, if that is the first one. */
export function personAfter(event: CapturedEvent): StoredPerson['properties'] {
  return withPerson(event, { properties: {} }).person
}

function sent({ url, method, headers, body = '' }: HogRequest): SentRequest {
  const { Authorization, 'Content-Type': type, 'Idempotency-Key': idempotencyKey, ...others } = headers
  const origin = 'https://app.loops.so/api'
  expect({ Authorization, type, others }).toEqual({
    Authorization: `Bearer ${apiKey}`,
    type: 'application/json',
    others: {},
  })
  expect(url.startsWith(origin)).toBe(true)
  return {
    method,
    path: url.slice(origin.length),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    body: JSON.parse(body) as Record<string, unknown>,
  }
}
