/** The nodes of Hog's syntax tree that the compiler knows, as `@posthog/hogql-parser` writes them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import createParser from '@posthog/hogql-parser'
import { compiledOnce } from '../../lib/compiled'

export type Expression =
  | { readonly node: 'Constant'; readonly value: string | number | boolean | null }
  | { readonly node: 'Field'; readonly chain: readonly (string | number)[] }
  | { readonly node: 'ArrayAccess'; readonly array: Expression; readonly property: Expression }
  | { readonly node: 'Array'; readonly exprs: readonly Expression[] }
  | { readonly node: 'Dict'; readonly items: readonly (readonly [Expression, Expression])[] }
  | { readonly node: 'And' | 'Or'; readonly exprs: readonly Expression[] }
  | { readonly node: 'Not'; readonly expr: Expression }
  | ({ readonly node: 'CompareOperation' | 'ArithmeticOperation'; readonly op: string } & Operands)
  | { readonly node: 'Lambda' }
  | Call

interface Operands {
  readonly left: Expression
  readonly right: Expression
}

export interface Call {
  readonly node: 'Call'
  readonly name: string
  readonly args: readonly Expression[]
  /** The arguments of the first call in `f(1)(2)`. */
  readonly params?: readonly Expression[] | null
}

export type Statement =
  | { readonly node: 'Block'; readonly declarations: readonly Statement[] }
  | { readonly node: 'VariableDeclaration'; readonly name: string; readonly expr: Expression | null }
  | { readonly node: 'VariableAssignment'; readonly left: Expression; readonly right: Expression }
  | { readonly node: 'ExprStatement' | 'ReturnStatement' | 'ThrowStatement'; readonly expr: Expression | null }
  | {
      readonly node: 'IfStatement'
      readonly expr: Expression
      readonly then: Statement
      readonly else_: Statement | null
    }
  | { readonly node: 'WhileStatement'; readonly expr: Expression; readonly body: Statement }
  | ForIn
  | FunctionDeclaration

export interface ForIn {
  readonly node: 'ForInStatement'
  readonly keyVar: string | null
  readonly valueVar: string
  readonly expr: Expression
  readonly body: Statement
}

export interface FunctionDeclaration {
  readonly node: 'Function'
  readonly name: string
  readonly params: readonly string[]
  readonly body: Statement
}

export interface Program {
  readonly node: 'Program'
  readonly declarations: readonly Statement[]
}

export interface HogParser {
  /** @throws HogSyntaxError if the source is not Hog. */
  program(source: string): Program
  /** Reads the text of an input, in which braces hold Hog. @throws HogSyntaxError if they hold something else. */
  template(text: string): Expression
}

export class HogSyntaxError extends Error {}

let loaded: Promise<HogParser> | undefined

/** PostHog's own parser, which is WebAssembly: it is loaded once, since it is slow with the first texts that it reads. */
export function loadHogParser(): Promise<HogParser> {
  loaded ??= createHogParser()
  return loaded
}

const MOST_TEMPLATES = 1000

/** The parser takes seconds for a long program, and some milliseconds for the text of an input: each is parsed once. */
async function createHogParser(): Promise<HogParser> {
  const parser = await createParser()
  const templates = new Map<string, string>()
  return {
    program: (source) => {
      const json = compiledOnce([parserVersion(), source], () => parser.parseProgram(source, true))
      return treeOf(json, source) as Program
    },
    template: (text) => {
      // PostHog's grammar wants the opening of a template in front of the text, and no closing.
      const source = `F'${text}`
      const json = templates.get(source) ?? parser.parseFullTemplateString(source, true)
      if (templates.size >= MOST_TEMPLATES) templates.clear()
      templates.set(source, json)
      return treeOf(json, source) as Expression
    },
  }
}

/** The parser's package.json, which it does not export, lies above its code. */
function parserVersion(): string {
  return readFileSync(join(require.resolve('@posthog/hogql-parser'), '../../package.json'), 'utf8')
}

/** @param json the tree, or an error of the parser, as it writes them. */
function treeOf(json: string, source: string): unknown {
  const tree = JSON.parse(json) as { error?: true; message?: string; start?: { offset: number } }
  if (tree.error === undefined) return tree
  const line = source.slice(0, tree.start?.offset).split('\n').length
  throw new HogSyntaxError(`Line ${line}: ${String(tree.message)}`)
}
