/** One run of a Hog function, as PostHog's server runs it: from one `fetch` to the next. */
import type { VMState } from '@posthog/hogvm'
import type { Bytecode } from './compiler'
import { fillInputs } from './inputs'
import type { Globals } from './globals'
import type { CompiledInputs } from './inputs'
import { LIMITS, newestVm, runInVm } from './vm'
import type { HogVm } from './vm'

export interface HogFunction {
  readonly bytecode: Bytecode
  readonly inputs: CompiledInputs
}

/** A line of the function's log in PostHog. */
export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
}

export interface HogRequest {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** What Hog gets for a `fetch`: PostHog reads the body as JSON where it can. */
export interface HogAnswer {
  readonly status: number
  readonly body: unknown
}

export type Step =
  | {
      readonly kind: 'waits'
      readonly request: HogRequest
      /** What Hog passed to `fetch`. */
      readonly args: readonly unknown[]
    }
  | { readonly kind: 'finished' }
  | { readonly kind: 'failed'; readonly error: Error }

/**
 * `start` runs up to the first `fetch`, `resume` from there to the next. Between the two the run is nothing but JSON, as in
 * PostHog's queue; a run that has finished or failed stays so.
 */
export class HogRun {
  readonly logs: LogEntry[] = []
  private readonly globals: string
  private readonly uuid: string
  private prints = 0
  private state = ''

  /** @throws what the VM throws if an input cannot be filled in: then PostHog does not run the function at all. */
  constructor(
    private readonly hogFunction: HogFunction,
    globals: Globals,
    private readonly vm: HogVm = newestVm,
  ) {
    this.uuid = String(globals.event['uuid'])
    const inputs = fillInputs(hogFunction.inputs, globals, vm)
    this.globals = JSON.stringify({ ...globals, inputs })
  }

  /** The inputs as the run sees them. */
  get inputs(): Readonly<Record<string, unknown>> {
    return (JSON.parse(this.globals) as { inputs: Record<string, unknown> }).inputs
  }

  /** How many operations the VM has run up to the `fetch` that the run waits for. */
  get operations(): number {
    return (JSON.parse(this.state) as VMState).ops
  }

  start(): Step {
    return this.advance(this.hogFunction.bytecode)
  }

  resume(answer: HogAnswer): Step {
    const state = JSON.parse(this.state) as VMState
    state.stack.push(answer)
    return this.advance(state)
  }

  private advance(code: unknown[] | VMState): Step {
    const result = runInVm(this.vm, code, {
      globals: JSON.parse(this.globals) as Record<string, unknown>,
      asyncFunctions: { fetch: () => Promise.resolve() },
      functions: {
        print: (...values) => {
          this.print(values)
        },
      },
    })
    if (result.error !== undefined) return this.failed(result.error)
    if (result.finished) return { kind: 'finished' }
    this.state = JSON.stringify(result.state)
    const args = result.asyncFunctionArgs ?? []
    return { kind: 'waits', request: requestOf(args), args }
  }

  private failed(error: unknown): Step {
    this.logs.push({ level: 'error', message: `Error executing function on event ${this.uuid}: ${String(error)}` })
    return { kind: 'failed', error: error as Error }
  }

  private print(values: readonly unknown[]): void {
    this.prints += 1
    if (this.prints === LIMITS.prints) {
      this.logs.push({
        level: 'warn',
        message: 'Function exceeded maximum log entries. No more logs will be collected.',
      })
    }
    if (this.prints >= LIMITS.prints) return
    const message = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(', ')
    this.logs.push({ level: 'info', message })
  }
}

/** PostHog's own defaults; a header that is not a text does not leave the server. */
function requestOf([url, options]: unknown[]): HogRequest {
  const { method, headers, body } = (options ?? {}) as Record<string, unknown>
  const all = Object.entries(headers ?? { 'Content-Type': 'application/json' }) as [string, unknown][]
  return {
    url: String(url),
    method: typeof method === 'string' ? method : 'POST',
    headers: Object.fromEntries(all.filter((header): header is [string, string] => typeof header[1] === 'string')),
    body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
  }
}
