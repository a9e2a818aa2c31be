import { AsyncLocalStorage } from 'node:async_hooks'
import { TestEnvironment } from 'jest-environment-node'

const inUse = new Set<AsyncLocalStorage<unknown>>()
const { run } = AsyncLocalStorage.prototype as {
  run: (this: AsyncLocalStorage<unknown>, ...values: unknown[]) => unknown
}

AsyncLocalStorage.prototype.run = function (this: AsyncLocalStorage<unknown>, ...values: unknown[]) {
  inUse.add(this)
  return run.apply(this, values)
}

/**
 * Ends what Jest leaves behind: jest-circus makes an `AsyncLocalStorage` for each file of tests and never disables it, and
 * Node.js 20 copies each to every promise, so that the last files of a worker would take twice as long as the first.
 */
export default class extends TestEnvironment {
  override async teardown(): Promise<void> {
    for (const storage of inUse) storage.disable()
    inUse.clear()
    await super.teardown()
  }
}
