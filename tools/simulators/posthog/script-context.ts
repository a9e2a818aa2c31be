import { createContext, runInContext } from 'node:vm'
import { VM } from 'vm2'

/** Runs the scripts of one app, with their own globals. */
export interface ScriptContext {
  run(code: string): unknown
  /** Makes `value` a global that the scripts cannot replace. */
  freeze(value: unknown, name: string): void
}

/** The VM that real servers use. It wraps every value that enters or leaves, which takes longer than most apps. */
export function isolatedContext(timeoutMilliseconds: number): ScriptContext {
  const vm = new VM({ timeout: timeoutMilliseconds, sandbox: {} })
  return {
    run: (code) => vm.run(code) as unknown,
    freeze: (value, name) => {
      vm.freeze(value, name)
    },
  }
}

/** A context that wraps no values, for a trusted app that is tested in the real VM elsewhere. */
export function plainContext(): ScriptContext {
  const globals = createContext({ Buffer })
  return {
    run: (code) => runInContext(code, globals) as unknown,
    freeze: (value, name) => {
      Object.defineProperty(globals, name, { value })
    },
  }
}
