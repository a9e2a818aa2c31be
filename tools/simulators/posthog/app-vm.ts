import { createRequire } from 'node:module'
import type { Clock } from '../../lib/clock'
import type { ServerVersion } from './versions'
import { compileApp } from './compile'
import type { Fetch } from './fetch'
import { isolatedContext, plainContext } from './script-context'

/** The values that the server puts into the VM of an app. */
export interface HostValues {
  console: object
  posthog: object
  fetch: Fetch
  /** `meta` without `global`, which the VM makes itself. */
  meta: object
  /** Starts a timer and returns a function that cancels it. */
  after: Clock['after']
  /** Called for each promise that the app awaits or calls `then` of. */
  awaited: () => void
}

export interface AppVMOptions {
  server: ServerVersion
  /** The clock of `Date` inside the VM; undefined for the machine's own. */
  clock: Clock | undefined
  /** Replaces `Math.random` inside the VM. */
  random: (() => number) | undefined
  /** Whether the app runs in a plain context instead of vm2. */
  trusted: boolean
}

type Hook = (...values: unknown[]) => unknown

/** A loaded app: its hooks, with `meta` bound as the last argument. */
export interface AppVM {
  readonly setupPlugin: Hook | undefined
  readonly onEvent: Hook | undefined
  readonly composeWebhook: Hook | undefined
  readonly jobs: ReadonlyMap<string, Hook>
  isRetryError(error: unknown): boolean
}

const guardSeconds = 30
const requireFromHere = createRequire(__filename)

/** Built-ins of newer releases of Node.js, which are deleted where the server's release lacks them. */
const builtInsSince: readonly (readonly [node: number, owner: string, names: readonly string[]])[] = [
  [15, 'String.prototype', ['replaceAll']],
  [15, 'globalThis', ['AggregateError']],
  [16, 'Array.prototype', ['at']],
  [16, 'String.prototype', ['at']],
  [16, 'Object', ['hasOwn']],
  [18, 'Array.prototype', ['findLast', 'findLastIndex']],
  [20, 'Array.prototype', ['toReversed', 'toSorted', 'toSpliced', 'with']],
  [20, 'String.prototype', ['isWellFormed', 'toWellFormed']],
  [21, 'Object', ['groupBy']],
  [21, 'Map', ['groupBy']],
  [22, 'Array', ['fromAsync']],
  [22, 'globalThis', ['Iterator']],
  [22, 'Set.prototype', ['union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf']],
]

/**
 * Runs inside the VM before the app. `RetryError` is declared there: the present vm2 copies an error that leaves the VM, so
 * `instanceof` with a class of the host would fail. In the VM of a real server it does not.
 */
const prelude = `
  (({ after, awaited, now, random, seconds, timeoutIsRetryError }) => {
    class RetryError extends Error {
      constructor(message) {
        super(message)
        this.name = 'RetryError'
      }
    }
    class TimeoutError extends (timeoutIsRetryError ? RetryError : Error) {
      constructor(message) {
        super(message)
        this.name = 'TimeoutError'
      }
    }
    const timeoutError = (name) =>
      new TimeoutError('Script execution timed out after ' + seconds + ' s (' + name + ')')
    const guard = (promise, name) => new Promise((resolve, reject) => {
      const callOff = after(seconds * 1000, () => reject(timeoutError(name)))
      Promise.resolve(promise).then(
        (value) => { callOff(); resolve(value) },
        (error) => { callOff(); reject(error) },
      )
    })
    Object.defineProperty(globalThis, 'RetryError', { value: RetryError, configurable: true })
    if (random) Math.random = () => random()
    if (now) {
      const RealDate = Date
      globalThis.Date = function Date(...values) {
        if (!new.target) return new RealDate(now()).toString()
        return Reflect.construct(RealDate, values.length === 0 ? [now()] : values, new.target)
      }
      Object.defineProperties(Date, Object.getOwnPropertyDescriptors(RealDate))
      Date.now = () => now()
      Date.prototype.constructor = Date
    }
    return {
      isRetryError: (error) => error instanceof RetryError,
      timeoutError,
      guardInside: (promise, name) => {
        awaited()
        return guard(promise, name)
      },
      guarded: (hook, name) => (...values) => guard((async () => hook(...values))(), name),
    }
  })
`

/** Finds the app's hooks in the exports that PostHog searches, and binds `meta`. */
const collectHooks = `
  ((guarded) => {
    const places = [exports, exports.default, module.exports].filter((place) => typeof place === 'object' && place)
    const exported = (name) => places.map((place) => place[name]).find(Boolean)
    const meta = { ...__pluginHostMeta, global: {} }
    const bound = (hook) => hook && ((...values) => hook(...values, meta))
    // In a plain context the server's Date is not the app's.
    const withOwnDate = (event) =>
      event.timestamp instanceof Date ? event : { ...event, timestamp: new Date(Number(event.timestamp)) }
    const composeWebhook = bound(exported('composeWebhook'))
    const boundAndGuarded = (hook, name) => hook && guarded(bound(hook), name)
    return {
      setupPlugin: boundAndGuarded(exported('setupPlugin'), 'setupPlugin'),
      onEvent: boundAndGuarded(exported('onEvent'), 'onEvent'),
      composeWebhook: composeWebhook && ((event) => composeWebhook(withOwnDate(event))),
      jobs: Object.entries(exported('jobs') || {}).map(([name, job]) => [name, boundAndGuarded(job, name)]),
    }
  })
`

interface Prelude {
  isRetryError: (error: unknown) => boolean
  timeoutError: (name: string) => Error
  guardInside: unknown
  guarded: unknown
}

interface CollectedHooks {
  setupPlugin?: Hook
  onEvent?: Hook
  composeWebhook?: Hook
  jobs: [string, Hook][]
}

/**
 * Compiles the app and runs its top level in a VM that has only what the server gives it.
 *
 * @throws Error what the server reports for an app that does not compile, or what the app's top level throws.
 */
export function loadApp(source: string, host: HostValues, options: AppVMOptions): AppVM {
  const { server, clock, random, trusted } = options
  const { code, usedImports } = compileApp(source, server)
  const vm = trusted ? plainContext() : isolatedContext(guardSeconds * 1000 + 1)
  for (const [node, owner, names] of builtInsSince) {
    if (node > server.node) vm.run(names.map((name) => `delete ${owner}.${name}`).join('\n'))
  }
  const startPrelude = vm.run(prelude) as (values: object) => Prelude
  const { isRetryError, timeoutError, guardInside, guarded } = startPrelude({
    after: host.after,
    awaited: host.awaited,
    // The clock may stand between two milliseconds.
    now: clock === undefined ? undefined : () => Math.floor(clock.now()),
    random,
    seconds: guardSeconds,
    timeoutIsRetryError: server.timeoutIsRetryError,
  })
  vm.freeze(trusted ? guardInside : guardOutside(host, timeoutError), '__asyncGuard')
  vm.freeze(host.console, 'console')
  vm.freeze(host.posthog, 'posthog')
  vm.freeze(server.globalFetch === 'broken' ? () => host.fetch : host.fetch, 'fetch')
  vm.freeze(URL, 'URL')
  vm.freeze(host.meta, '__pluginHostMeta')
  vm.freeze(hostImports(usedImports, host.fetch), '__hostImports')
  vm.run(`const __pluginHostImports = { ...__hostImports, '@posthog/plugin-scaffold': { RetryError } }`)
  // The declarations before the app's "use strict" make it a plain string: the app runs in sloppy mode, as on the server.
  vm.run(`const module = { exports: {} }; let exports = {};\n${code};`)
  const collect = vm.run(collectHooks) as (guarded: unknown) => CollectedHooks
  const hooks = collect(guarded)
  return {
    setupPlugin: hooks.setupPlugin,
    onEvent: hooks.onEvent,
    composeWebhook: hooks.composeWebhook,
    jobs: new Map(hooks.jobs),
    isRetryError: (error) => isRetryError(error),
  }
}

/**
 * The guard of real servers: a function of the host, so that each promise crosses the border of the VM twice. Its timer runs
 * on when the promise has settled.
 */
function guardOutside({ after, awaited }: HostValues, timeoutError: (name: string) => Error) {
  return (promise: unknown, name: string): Promise<unknown> => {
    awaited()
    const timeout = new Promise((_, reject) => {
      after(guardSeconds * 1000, () => {
        reject(timeoutError(name))
      })
    })
    return Promise.race([promise, timeout])
  }
}

function hostImports(names: readonly string[], fetch: Fetch): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, hostImport(name, fetch)]))
}

/** The package that an import gives. Large packages that the app does not use are empty objects. */
function hostImport(name: string, fetch: Fetch): unknown {
  switch (name) {
    case 'node-fetch':
      return fetch
    case 'stream':
      return { PassThrough: (requireFromHere('node:stream') as { PassThrough: unknown }).PassThrough }
    case 'crypto':
    case 'url':
    case 'zlib':
      return requireFromHere(`node:${name}`)
    case '@posthog/plugin-contrib':
      return requireFromHere(name)
    default:
      return {}
  }
}
