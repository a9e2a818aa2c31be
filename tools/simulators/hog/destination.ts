/** A destination between an event and an HTTP API, with the tries that PostHog's server gives a request. */
import { sleep, systemClock } from '../../lib/clock'
import type { Clock } from '../../lib/clock'
import { messageOf } from '../../lib/usage-error'
import { compileProgram } from './compiler'
import type { Bytecode } from './compiler'
import { HogRun } from './hog-run'
import type { HogAnswer, HogFunction, HogRequest, LogEntry, Step } from './hog-run'
import { compileInputs } from './inputs'
import type { Globals } from './globals'
import type { Inputs } from './inputs'
import type { HogParser } from './syntax-tree'
import { newestVm } from './vm'
import type { HogVm } from './vm'

/** Answers a request; what it throws is a network error. */
export type Fetch = (request: HogRequest) => Promise<{ readonly status: number; readonly body: string }>

type LibraryFetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<{ readonly status: number; text(): Promise<string> }>

export interface Surroundings {
  readonly fetch: Fetch
  readonly vm?: HogVm
  readonly clock?: Clock
  /** A number from 0 up to 1, for the time between two tries. */
  readonly random?: () => number
}

/** A request that left the server, and its answer. */
export interface SentRequest extends HogRequest {
  /** Milliseconds since 1970. */
  readonly at: number
  status?: number
  answer: string
  /** The error's message if no answer came. */
  error?: string
}

/** The result of an event. */
export interface Outcome {
  /** Each request that left the server, retries included. */
  readonly requests: readonly SentRequest[]
  readonly logs: readonly LogEntry[]
  readonly error: Error | undefined
}

/** The `fetch` of a library, as a destination uses it. */
export function hogFetch(fetch: LibraryFetch): Fetch {
  return async ({ url, method, headers, body }) => {
    const response = await fetch(url, { method, headers: { ...headers }, ...(body !== undefined && { body }) })
    return { status: response.status, body: await response.text() }
  }
}

/** Answers instead of Loops, for a run whose requests are only shown. */
export const mockedFetch: Fetch = () => Promise.resolve({ status: 200, body: '{"success":true}' })

const TRIES = 3
const TRIED_AGAIN = [408, 429, 500, 502, 503, 504]
const FIRST_WAIT = 1000
const LONGEST_WAIT = 30_000

/** Sources by their text: compiling one takes seconds. */
const compiled = new Map<string, Bytecode>()

/** @throws HogSyntaxError or UnknownHog if the source is not Hog. */
export function compileSource(hog: string, parser: HogParser): Bytecode {
  const bytecode = compiled.get(hog) ?? compileProgram(parser.program(hog))
  if (compiled.size > 10) compiled.clear()
  compiled.set(hog, bytecode)
  return bytecode
}

/** @throws HogSyntaxError if the source, or a text of the inputs, is not Hog. */
export function compileDestination(hog: string, inputs: Inputs, parser: HogParser): HogFunction {
  return { bytecode: compileSource(hog, parser), inputs: compileInputs(inputs, parser) }
}

/** Runs the function on the event to its end. It does not start if an input cannot be filled in. */
export async function runDestination(
  hogFunction: HogFunction,
  globals: Globals,
  { fetch, vm = newestVm, clock = systemClock, random = Math.random }: Surroundings,
): Promise<Outcome> {
  const requests: SentRequest[] = []
  let run: HogRun
  try {
    run = new HogRun(hogFunction, globals, vm)
  } catch (error) {
    return { requests, logs: [], error: new Error(`An input cannot be filled in: ${messageOf(error)}`) }
  }
  let step: Step = run.start()
  while (step.kind === 'waits') {
    const { request } = step
    step = run.resume(
      await answerTo(request, run.logs, {
        fetch: (tried) => recorded(tried, { fetch, clock, requests }),
        wait: (tries) => sleep(clock, Math.min(FIRST_WAIT * (tries + random()), LONGEST_WAIT)),
      }),
    )
  }
  return { requests, logs: run.logs, error: step.kind === 'failed' ? step.error : undefined }
}

async function recorded(
  request: HogRequest,
  { fetch, clock, requests }: { readonly fetch: Fetch; readonly clock: Clock; readonly requests: SentRequest[] },
): ReturnType<Fetch> {
  const record: SentRequest = { ...request, at: clock.now(), answer: '' }
  requests.push(record)
  try {
    const { status, body } = await fetch(request)
    Object.assign(record, { status, answer: body })
    return { status, body }
  } catch (error) {
    record.error = messageOf(error)
    throw error
  }
}

/** Tries up to three times; Hog sees the last answer, and the status 500 where there was none. */
async function answerTo(
  request: HogRequest,
  logs: LogEntry[],
  { fetch, wait }: { readonly fetch: Fetch; readonly wait: (tries: number) => Promise<void> },
): Promise<HogAnswer> {
  for (let tries = 1; ; tries++) {
    const answer = await fetch(request).catch((error: unknown) => messageOf(error))
    const isError = typeof answer === 'string'
    if (!isError && answer.status < 400) return { status: answer.status, body: bodyOf(answer.body) }
    const willTryAgain = tries < TRIES && (isError || TRIED_AGAIN.includes(answer.status))
    const what = isError ? `(none). Error: ${answer}` : String(answer.status)
    const next = willTryAgain ? ' Retrying.' : ''
    logs.push({ level: 'error', message: `HTTP fetch failed on attempt ${tries} with status code ${what}.${next}` })
    if (!willTryAgain)
      return isError ? { status: 500, body: answer } : { status: answer.status, body: bodyOf(answer.body) }
    await wait(tries)
  }
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
