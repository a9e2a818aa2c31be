/** The inputs of a Hog function: PostHog compiles every text in them as a template, and fills it in for each event. */
import { convertHogToJS } from '@posthog/hogvm'
import { compileTemplate } from './compiler'
import type { Bytecode } from './compiler'
import type { Globals } from './globals'
import type { HogParser } from './syntax-tree'
import { runInVm } from './vm'
import type { HogVm } from './vm'

/** Inputs as PostHog's REST API takes them. */
export type Inputs = Readonly<Record<string, { readonly value?: unknown; readonly templating?: unknown }>>

/** A text of an input, compiled. */
class Template {
  constructor(readonly bytecode: Bytecode) {}
}

export type CompiledInputs = ReadonlyMap<string, unknown>

/** @throws HogSyntaxError if the braces of a text do not hold Hog, as PostHog's REST API refuses it. */
export function compileInputs(inputs: Inputs, parser: HogParser): CompiledInputs {
  return new Map(
    Object.entries(inputs).map(([key, { value, templating = 'hog' }]) => [
      key,
      compileTexts(value, templating, parser),
    ]),
  )
}

function compileTexts(value: unknown, templating: unknown, parser: HogParser): unknown {
  if (templating === false) return value
  return mapTexts(value, (text) => {
    if (text === '') return text
    return new Template(compileTemplate(parser.template(templating === 'liquid' ? hogOfLiquid(text) : text)))
  })
}

/** Liquid that only names a value, as Hog. @throws Error for any other. */
function hogOfLiquid(text: string): string {
  const hog = text.replace(/\{\{\s*([\w.$]+)\s*\}\}/g, '{$1}')
  if (/\{\{|\{%/.test(hog)) throw new Error('The simulator knows no Liquid but the name of a value')
  return hog
}

/**
 * @returns the inputs with their templates filled in, in order: a later one may read `inputs` of an earlier one.
 * @throws what the VM throws if a template cannot be filled in.
 */
export function fillInputs(compiled: CompiledInputs, globals: Globals, vm: HogVm): Record<string, unknown> {
  const inputs: Record<string, unknown> = {}
  for (const [key, value] of compiled) inputs[key] = fill(value, { ...globals, inputs }, vm)
  return inputs
}

function fill(value: unknown, globals: Record<string, unknown>, vm: HogVm): unknown {
  if (Array.isArray(value)) return value.map((item) => fill(item, globals, vm))
  if (!(value instanceof Template)) return mapValues(value, (inner) => fill(inner, globals, vm))
  const ran = runInVm(vm, value.bytecode, { globals, maxAsyncSteps: 0 })
  if (ran.error !== undefined) throw ran.error as Error
  if (!ran.finished) throw new Error('A template cannot wait')
  return convertHogToJS(ran.result) as unknown
}

function mapTexts(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change))
  return mapValues(value, (inner) => mapTexts(inner, change))
}

/** Changes the values of an object; any other value stays. */
function mapValues(value: unknown, change: (inner: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, change(inner)]))
}
