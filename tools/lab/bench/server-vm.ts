import { RetryError } from '@posthog/plugin-scaffold'
import { VM } from 'vm2'
import { compileApp } from '../../simulators/posthog/compile'
import type { Fetch } from '../../simulators/posthog/fetch'
import { serverVersion } from '../../simulators/posthog/versions'

/** What the server gives an app, besides the built-ins. */
export interface ServerValues {
  /** `meta` without `global`. */
  readonly meta: object
  readonly fetch: Fetch
  /** The guard around each promise that the app awaits or calls `then` of. */
  readonly guard: (promise: unknown, name: string) => Promise<unknown>
  /** The clock of the app, in milliseconds since 1970. */
  readonly now: () => number
}

/** A loaded app. Each hook takes its own arguments; `meta` is added. */
export interface AppOnServer {
  /** The hook's promise is guarded, whether the hook returns one or not. */
  readonly onEvent: (event: object) => Promise<unknown>
  readonly runJob: (name: string, payload: unknown) => Promise<unknown>
}

/** Where the hooks are found, and how the server binds `meta` and guards their promises. */
const bindHooks = `
  ((guard) => {
    const meta = { ...__pluginHostMeta, global: {} }
    const hook = (name) => exports[name] || (() => undefined)
    return {
      onEvent: (event) => guard(hook('onEvent')(event, meta), 'onEvent'),
      runJob: (name, payload) => guard(exports.jobs[name](payload, meta), name),
    }
  })
`

const replaceClock = `
  ((now) => {
    Date.now = () => now()
  })
`

/**
 * Loads an app as the servers of 2024 do: compiled by their Babel, in vm2, with the guard on the host's side, so that the host
 * counts each promise that is guarded.
 *
 * @throws Error if the app does not compile, or what its top level throws.
 */
export function loadOnServer(source: string, { meta, fetch, guard, now }: ServerValues): AppOnServer {
  const { code } = compileApp(source, serverVersion('2024-02'))
  const vm = new VM({ timeout: 30_001, sandbox: {} })
  const noAnswer = (): Promise<void> => Promise.resolve()
  vm.freeze({ debug: noAnswer, log: noAnswer, info: noAnswer, warn: noAnswer, error: noAnswer }, 'console')
  vm.freeze({}, 'posthog')
  vm.freeze(fetch, 'fetch')
  vm.freeze(URL, 'URL')
  vm.freeze(RetryError, 'RetryError')
  vm.freeze({ 'node-fetch': fetch, '@posthog/plugin-scaffold': { RetryError } }, '__pluginHostImports')
  vm.freeze(guard, '__asyncGuard')
  vm.freeze(meta, '__pluginHostMeta')
  ;(vm.run(replaceClock) as (clock: () => number) => void)(now)
  vm.run(`const module = { exports: {} }; let exports = {};\n${code};`)
  return (vm.run(bindHooks) as (hookGuard: unknown) => AppOnServer)(guard)
}
