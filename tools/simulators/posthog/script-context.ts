import { createContext, Script } from 'node:vm'
import { VM, VMScript } from 'vm2'

/** Runs the scripts of one app, with their own globals. */
export interface ScriptContext {
  run(code: string): unknown
  /** Makes `value` a global that the scripts cannot replace. */
  freeze(value: unknown, name: string): void
}

/** Scripts by their text: the scripts of an app are the same in each of its contexts, and each takes milliseconds to parse. */
const isolatedScripts = new Map<string, VMScript>()
const plainScripts = new Map<string, Script>()

/** The VM that real servers use. It wraps every value that enters or leaves, which takes longer than most apps. */
export function isolatedContext(timeoutMilliseconds: number): ScriptContext {
  const vm = new VM({ timeout: timeoutMilliseconds, sandbox: {} })
  return {
    run: (code) => vm.run(parsed(code, isolatedScripts, VMScript)) as unknown,
    freeze: (value, name) => {
      vm.freeze(value, name)
    },
  }
}

/** A context that wraps no values, for a trusted app that is tested in the real VM elsewhere. */
export function plainContext(): ScriptContext {
  const globals = createContext({ Buffer })
  return {
    run: (code) => parsed(code, plainScripts, Script).runInContext(globals) as unknown,
    freeze: (value, name) => {
      Object.defineProperty(globals, name, { value })
    },
  }
}

function parsed<Parsed>(code: string, scripts: Map<string, Parsed>, Parser: new (code: string) => Parsed): Parsed {
  const script = scripts.get(code) ?? new Parser(code)
  scripts.set(code, script)
  return script
}
