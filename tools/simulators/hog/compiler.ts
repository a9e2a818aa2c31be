/**
 * Compiles Hog to the bytecode of PostHog's VM, version 1. PostHog's own compiler is part of its server and on no package
 * registry; this one is written from the VM's sources (`@posthog/hogvm`), which say what each operation takes off the
 * stack. It refuses by name whatever it does not know, and never guesses.
 */
import { Operation, STL } from './vm'
import { Scope } from './scope'
import type { Call, Expression, ForIn, FunctionDeclaration, Program, Statement } from './syntax-tree'

export type Bytecode = (string | number | null)[]

/** A part of Hog that the compiler does not know. */
export class UnknownHog extends Error {}

const VERSION = 1

/** What the VM does for a binary operator: it takes the left side off the stack first. */
const COMPARISONS: Readonly<Record<string, number>> = {
  '==': Operation.EQ,
  '!=': Operation.NOT_EQ,
  '<': Operation.LT,
  '<=': Operation.LT_EQ,
  '>': Operation.GT,
  '>=': Operation.GT_EQ,
  in: Operation.IN,
  'not in': Operation.NOT_IN,
  like: Operation.LIKE,
  'not like': Operation.NOT_LIKE,
  ilike: Operation.ILIKE,
  'not ilike': Operation.NOT_ILIKE,
  '=~': Operation.REGEX,
  '!~': Operation.NOT_REGEX,
}

const ARITHMETIC: Readonly<Record<string, number>> = {
  '+': Operation.PLUS,
  '-': Operation.MINUS,
  '*': Operation.MULTIPLY,
  '/': Operation.DIVIDE,
  '%': Operation.MOD,
}

/** PostHog's server adds these functions to those of the VM. */
const SERVER_FUNCTIONS = new Map([['fetch', { minArgs: 1, maxArgs: 2 }]])

/**
 * @returns the bytecode that PostHog's VM runs.
 * @throws UnknownHog if the program uses a part of Hog that the compiler does not know.
 */
export function compileProgram({ declarations }: Program): Bytecode {
  const scope = new Scope()
  return ['_H', VERSION, ...statements(declarations, scope)]
}

/** Compiles the text of an input: an expression whose value is the value of the input. */
export function compileTemplate(template: Expression): Bytecode {
  return ['_H', VERSION, ...expression(template, new Scope()), Operation.RETURN]
}

function statements(list: readonly Statement[], scope: Scope): Bytecode {
  return list.flatMap((one) => statement(one, scope))
}

function statement(one: Statement, scope: Scope): Bytecode {
  switch (one.node) {
    case 'Block':
      return block(scope, () => statements(one.declarations, scope))
    case 'VariableDeclaration': {
      const value = one.expr === null ? [Operation.NULL] : expression(one.expr, scope)
      scope.declare(one.name)
      return value
    }
    case 'VariableAssignment':
      return assignment(one.left, expression(one.right, scope), scope)
    case 'ExprStatement':
      return one.expr === null ? [] : [...expression(one.expr, scope), Operation.POP]
    case 'ReturnStatement':
      return [...(one.expr === null ? [Operation.NULL] : expression(one.expr, scope)), Operation.RETURN]
    case 'ThrowStatement':
      return [...(one.expr === null ? [Operation.NULL] : expression(one.expr, scope)), Operation.THROW]
    case 'IfStatement':
      return branches(
        expression(one.expr, scope),
        statement(one.then, scope),
        one.else_ === null ? [] : statement(one.else_, scope),
      )
    case 'WhileStatement':
      return loop(expression(one.expr, scope), statement(one.body, scope))
    case 'ForInStatement':
      return forIn(one, scope)
    case 'Function':
      return functionDeclaration(one, scope)
    default:
      return refuse('statement', one)
  }
}

/** The variables that `compile` declares leave the stack after it. */
function block(scope: Scope, compile: () => Bytecode): Bytecode {
  scope.open()
  const body = compile()
  return [...body, ...scope.close().map((isCaptured) => (isCaptured ? Operation.CLOSE_UPVALUE : Operation.POP))]
}

/** A jump is counted from after its own operand. */
function branches(condition: Bytecode, then: Bytecode, otherwise: Bytecode): Bytecode {
  return [
    ...condition,
    ...[Operation.JUMP_IF_FALSE, then.length + 2],
    ...then,
    ...[Operation.JUMP, otherwise.length],
    ...otherwise,
  ]
}

function loop(condition: Bytecode, body: Bytecode): Bytecode {
  const length = condition.length + 2 + body.length + 2
  return [...condition, Operation.JUMP_IF_FALSE, body.length + 2, ...body, Operation.JUMP, -length]
}

/** Walks over keys and values, which the VM's functions give as lists that count from 1. */
function forIn({ keyVar, valueVar, expr, body }: ForIn, scope: Scope): Bytecode {
  return block(scope, () => {
    const walked = expression(expr, scope)
    const object = scope.declare(' object')
    const keys = scope.declare(' keys')
    const values = scope.declare(' values')
    const index = scope.declare(' index')
    const itemOf = (list: number): Bytecode => [
      ...[Operation.GET_LOCAL, list],
      ...[Operation.GET_LOCAL, index],
      Operation.GET_PROPERTY,
    ]
    const item = block(scope, () => {
      if (keyVar !== null) scope.declare(keyVar)
      scope.declare(valueVar)
      return [...(keyVar === null ? [] : itemOf(keys)), ...itemOf(values), ...statement(body, scope)]
    })
    const next = [Operation.INTEGER, 1, Operation.GET_LOCAL, index, Operation.PLUS, Operation.SET_LOCAL, index]
    const count = [Operation.GET_LOCAL, values, Operation.CALL_GLOBAL, 'length', 1]
    return [
      ...walked,
      ...[Operation.GET_LOCAL, object, Operation.CALL_GLOBAL, 'keys', 1],
      ...[Operation.GET_LOCAL, object, Operation.CALL_GLOBAL, 'values', 1],
      ...[Operation.INTEGER, 1],
      ...loop([...count, Operation.GET_LOCAL, index, Operation.LT_EQ], [...item, ...next]),
    ]
  })
}

function functionDeclaration({ name, params, body }: FunctionDeclaration, scope: Scope): Bytecode {
  // Declared first, so that the function can call itself.
  scope.declare(name)
  const inner = new Scope(scope)
  for (const param of params) inner.declare(param)
  const compiled = [...statement(body, inner), Operation.NULL, Operation.RETURN]
  const captured = inner.upvalues.flatMap(({ isLocal, index }) => [isLocal ? 1 : 0, index])
  return [
    ...[Operation.CALLABLE, name, params.length, inner.upvalues.length, compiled.length],
    ...compiled,
    ...[Operation.CLOSURE, inner.upvalues.length, ...captured],
  ]
}

function assignment(target: Expression, value: Bytecode, scope: Scope): Bytecode {
  if (target.node === 'ArrayAccess') {
    return [...expression(target.array, scope), ...expression(target.property, scope), ...value, Operation.SET_PROPERTY]
  }
  if (target.node !== 'Field') return refuse('assignment to', target)
  const [name, ...path] = target.chain
  const variable = scope.find(String(name))
  if (variable === undefined) throw new UnknownHog(`Assignment to "${String(name)}", which is not a variable`)
  if (path.length === 0) {
    return [...value, variable.isLocal ? Operation.SET_LOCAL : Operation.SET_UPVALUE, variable.index]
  }
  const property = path[path.length - 1] ?? null
  const object: Expression = { node: 'Field', chain: target.chain.slice(0, -1) }
  return [...expression(object, scope), ...constant(property), ...value, Operation.SET_PROPERTY]
}

function expression(one: Expression, scope: Scope): Bytecode {
  const compiled = (inner: Expression): Bytecode => expression(inner, scope)
  switch (one.node) {
    case 'Constant':
      return constant(one.value)
    case 'Field':
      return field(one.chain, scope)
    case 'ArrayAccess':
      return [...compiled(one.array), ...compiled(one.property), Operation.GET_PROPERTY]
    case 'Array':
      return [...one.exprs.flatMap(compiled), Operation.ARRAY, one.exprs.length]
    case 'Dict':
      return [...one.items.flat().flatMap(compiled), Operation.DICT, one.items.length]
    case 'And':
    case 'Or':
      return [...one.exprs.flatMap(compiled), one.node === 'And' ? Operation.AND : Operation.OR, one.exprs.length]
    case 'Not':
      return [...compiled(one.expr), Operation.NOT]
    case 'CompareOperation':
    case 'ArithmeticOperation': {
      const operation = (one.node === 'CompareOperation' ? COMPARISONS : ARITHMETIC)[one.op]
      if (operation === undefined) throw new UnknownHog(`Operator "${one.op}"`)
      return [...compiled(one.right), ...compiled(one.left), operation]
    }
    case 'Call':
      return call(one, scope)
    case 'Lambda':
      // PostHog saves a lambda, and the run ends at it.
      return [Operation.CALL_GLOBAL, 'lambda', 0]
    default:
      return refuse('expression', one)
  }
}

function constant(value: string | number | boolean | null): Bytecode {
  if (value === null) return [Operation.NULL]
  if (typeof value === 'boolean') return [value ? Operation.TRUE : Operation.FALSE]
  if (typeof value === 'string') return [Operation.STRING, value]
  return [Number.isInteger(value) ? Operation.INTEGER : Operation.FLOAT, value]
}

function field(chain: readonly (string | number)[], scope: Scope): Bytecode {
  const [name, ...path] = chain
  const variable = scope.find(String(name))
  if (variable === undefined) return [...[...chain].reverse().flatMap(constant), Operation.GET_GLOBAL, chain.length]
  return [
    ...[variable.isLocal ? Operation.GET_LOCAL : Operation.GET_UPVALUE, variable.index],
    ...path.flatMap((property) => [...constant(property), Operation.GET_PROPERTY]),
  ]
}

function call({ name, args, params }: Call, scope: Scope): Bytecode {
  if (params !== undefined && params !== null) throw new UnknownHog(`Call of what "${name}" returns`)
  const compiled = args.map((arg) => expression(arg, scope))
  const [first = [], second = [], third = []] = compiled
  // "a ? b : c" and "a ?? b" reach the compiler as calls; only one of the two sides may run.
  if (name === 'if' && args.length === 3) return branches(first, second, third)
  if (name === 'ifNull' && args.length === 2) {
    return [...first, Operation.JUMP_IF_STACK_NOT_NULL, second.length + 1, Operation.POP, ...second]
  }
  const variable = scope.find(name)
  if (variable !== undefined) {
    const closure = [variable.isLocal ? Operation.GET_LOCAL : Operation.GET_UPVALUE, variable.index]
    return [...compiled.flat(), ...closure, Operation.CALL_LOCAL, args.length]
  }
  const known = SERVER_FUNCTIONS.get(name) ?? (Object.hasOwn(STL, name) ? STL[name] : undefined)
  // PostHog saves a call of a function that does not exist; the run ends at it.
  if (known !== undefined && (args.length < (known.minArgs ?? 0) || args.length > (known.maxArgs ?? Infinity))) {
    throw new UnknownHog(`Function "${name}" with ${args.length} arguments`)
  }
  return [...compiled.flat(), Operation.CALL_GLOBAL, name, args.length]
}

function refuse(what: string, { node }: { readonly node: string }): never {
  throw new UnknownHog(`${what} ${node}`)
}
