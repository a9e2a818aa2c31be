import { AsyncLocalStorage } from 'node:async_hooks'
import { types } from 'node:util'
import type { Delivery, HookError, InstalledApp } from './records'
import type { CapturedEvent } from '../../lib/shapes'

/** A running hook or job of the app. */
export interface HookCall {
  /** The name of the hook or job. */
  readonly by: string
  /** The result of the event that the hook runs for, if there is one. */
  readonly delivery: Delivery | undefined
}

/**
 * Carries the running call across the awaits inside the app. All workers share one storage: Node.js copies every storage
 * that was ever used to each promise.
 */
const calls = new AsyncLocalStorage<HookCall>()

/** Runs `hook` so that `currentCall` returns `call` inside it. */
export function runAs<Answer>(call: HookCall, hook: () => Answer): Answer {
  return calls.run(call, hook)
}

/** The hook or job that runs now; `load` while the app's top level runs. */
export function currentCall(): HookCall {
  return calls.getStore() ?? { by: 'load', delivery: undefined }
}

/** Whatever a hook threw, as a record. */
export function hookError(by: string, error: unknown): HookError {
  // An error of a plain context is not an instance of this context's Error.
  return error instanceof Error || types.isNativeError(error)
    ? { by, name: error.name, message: error.message }
    : { by, name: 'Error', message: String(error) }
}

/** Writes a failure into the app's log and counts it in the app's metrics. */
export function reportFailure(
  installed: InstalledApp,
  failure: HookError,
  event?: CapturedEvent,
  text = `${failure.name}: ${failure.message}`,
): void {
  installed.log(failure.by, 'ERROR', text)
  installed.failed(failure, event)
}
