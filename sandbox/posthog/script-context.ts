import { createContext, runInContext } from 'node:vm'
import { VM } from 'vm2'

/** Where the scripts of one app run, with globals of their own. */
export interface ScriptContext {
  run(code: string): unknown
  /** Makes `value` a global that the scripts cannot replace. */
  freeze(value: unknown, name: string): void
}

/** The VM that real servers use. Whatever crosses its border is wrapped, which costs more time than most apps. */
export function isolatedContext(timeoutMilliseconds: number): ScriptContext {
  const vm = new VM({ timeout: timeoutMilliseconds, sandbox: {} })
  return {
    run: (code) => vm.run(code) as unknown,
    freeze: (value, name) => {
      vm.freeze(value, name)
    },
  }
}

/** A context without a border: for an app that is trusted, and known to be at home in the real VM. */
export function plainContext(): ScriptContext {
  const globals = createContext({ Buffer })
  return {
    run: (code) => runInContext(code, globals) as unknown,
    freeze: (value, name) => {
      Object.defineProperty(globals, name, { value })
    },
  }
}
