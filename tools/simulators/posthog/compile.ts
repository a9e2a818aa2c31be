import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { compiledOnce } from '../../lib/compiled'
import type { ServerVersion } from './versions'

/** The part of `@babel/standalone` and of its syntax trees that this file uses. */
interface Babel {
  transform(source: string, options: object): { code?: string | null }
}

interface Node {
  type: string
  [field: string]: unknown
}

interface Path {
  node: Node
  replaceWith(node: Node): void
}

export interface CompiledApp {
  code: string
  /** The packages that the code imports from the server. */
  usedImports: readonly string[]
}

const requireFromHere = createRequire(__filename)
const compiled = new Map<string, CompiledApp>()

/**
 * Compiles an app as the server does, once for all processes.
 *
 * @throws the error that the server reports for an app that does not compile.
 */
export function compileApp(source: string, server: ServerVersion): CompiledApp {
  const { babel, node, imports } = server
  const key = JSON.stringify([babel, node, imports, source])
  // The text of this file counts too, because its plug-ins change what Babel gives.
  const app = compiled.get(key) ?? compiledOnce([key, readFileSync(__filename, 'utf8')], () => compile(source, server))
  compiled.set(key, app)
  return app
}

function compile(source: string, server: ServerVersion): CompiledApp {
  const usedImports = new Set<string>()
  // Babel is loaded only when it is needed: each release is megabytes of code.
  const babel = requireFromHere(`babel-standalone-${server.babel}`) as Babel
  const { code } = babel.transform(source, {
    envName: 'production',
    babelrc: false,
    configFile: false,
    filename: 'index.ts',
    presets: ['typescript', ['env', { targets: { node: String(server.node) } }]],
    plugins: [takeImportsFromServer(server.imports, usedImports), guardPromises],
  })
  if (typeof code !== 'string') throw new Error('Babel gave no code for the app.')
  return { code, usedImports: [...usedImports] }
}

/** Turns imports of values, and `require` calls, into reads of `__pluginHostImports`. */
function takeImportsFromServer(available: readonly string[], usedImports: Set<string>) {
  const importOf = (packageName: unknown): Node => {
    if (typeof packageName !== 'string' || !available.includes(packageName)) {
      throw new Error(`Cannot import '${String(packageName)}'! This package is not provided by PostHog.`)
    }
    usedImports.add(packageName)
    return member(identifier('__pluginHostImports'), packageName)
  }
  return () => ({
    visitor: {
      // On exit, so that the preset has erased the imports of types.
      ImportDeclaration: {
        exit(path: Path) {
          const packageValue = importOf((path.node['source'] as Node)['value'])
          const declarations = (path.node['specifiers'] as Node[]).map((specifier) => ({
            type: 'VariableDeclarator',
            id: specifier['local'],
            init:
              specifier.type === 'ImportSpecifier'
                ? memberUnlessDefault(packageValue, specifier['imported'] as Node)
                : packageValue,
          }))
          path.replaceWith(
            declarations.length > 0
              ? { type: 'VariableDeclaration', kind: 'const', declarations }
              : { type: 'ExpressionStatement', expression: packageValue },
          )
        },
      },
      CallExpression: {
        exit(path: Path) {
          const callee = path.node['callee'] as Node
          const [packageName] = path.node['arguments'] as Node[]
          if (isNamed(callee, 'require') && packageName !== undefined) path.replaceWith(importOf(packageName['value']))
        },
      },
    },
  })
}

/** Wraps every awaited promise, and every object of a `.then` call, in the 30 s guard. */
function guardPromises() {
  const guarded = new WeakSet<Node>()
  const replace = (path: Path, replacement: Node) => {
    guarded.add(replacement)
    path.replaceWith(replacement)
  }
  return {
    visitor: {
      AwaitExpression: {
        exit(path: Path) {
          if (guarded.has(path.node)) return
          replace(path, { type: 'AwaitExpression', argument: guard(path.node['argument'] as Node, 'await') })
        },
      },
      MemberExpression: {
        exit(path: Path) {
          const { node } = path
          if (guarded.has(node) || node['computed'] === true || !isNamed(node['property'] as Node, 'then')) return
          replace(path, { ...node, object: guard(node['object'] as Node, 'Promise.then') })
        },
      },
    },
  }
}

function guard(promise: Node, name: string): Node {
  return { type: 'CallExpression', callee: identifier('__asyncGuard'), arguments: [promise, text(name)] }
}

function memberUnlessDefault(object: Node, imported: Node): Node {
  const name = imported.type === 'StringLiteral' ? imported['value'] : imported['name']
  return name === 'default' ? object : member(object, String(name))
}

function member(object: Node, property: string): Node {
  return { type: 'MemberExpression', object, property: text(property), computed: true }
}

function identifier(name: string): Node {
  return { type: 'Identifier', name }
}

function text(value: string): Node {
  return { type: 'StringLiteral', value }
}

function isNamed(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node['name'] === name
}
