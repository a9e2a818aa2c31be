/** PostHog's own Hog VM, with the limits that PostHog's server gives it. */
import crypto from 'node:crypto'
import { exec, operations, STL } from '@posthog/hogvm'
import type { ExecOptions, ExecResult, VMState } from '@posthog/hogvm'
import { RE2JS } from 're2js'

export { STL }

/** The function that runs bytecode, of any version of `@posthog/hogvm`. */
export type HogVm = (code: unknown[] | VMState, options?: ExecOptions) => ExecResult

export const newestVm: HogVm = exec

/** What PostHog's server allows one run. */
export const LIMITS = {
  /** Milliseconds of Hog, the steps of a run taken together. */
  milliseconds: 550,
  bytes: 64 * 1024 * 1024,
  asyncSteps: 5,
  /** The server collects one print less than this, and says so instead of the last. */
  prints: 25,
} as const

const NAMES = [
  ...['GET_GLOBAL', 'CALL_GLOBAL', 'AND', 'OR', 'NOT', 'PLUS', 'MINUS', 'MULTIPLY', 'DIVIDE', 'MOD', 'EQ', 'NOT_EQ'],
  ...[
    'GT',
    'GT_EQ',
    'LT',
    'LT_EQ',
    'LIKE',
    'NOT_LIKE',
    'ILIKE',
    'NOT_ILIKE',
    'IN',
    'NOT_IN',
    'REGEX',
    'NOT_REGEX',
    'TRUE',
    'FALSE',
    'NULL',
  ],
  ...[
    'STRING',
    'INTEGER',
    'FLOAT',
    'POP',
    'GET_LOCAL',
    'SET_LOCAL',
    'RETURN',
    'JUMP',
    'JUMP_IF_FALSE',
    'DICT',
    'ARRAY',
  ],
  ...['GET_PROPERTY', 'SET_PROPERTY', 'JUMP_IF_STACK_NOT_NULL', 'THROW', 'CALLABLE', 'CLOSURE', 'CALL_LOCAL'],
  ...['GET_UPVALUE', 'SET_UPVALUE', 'CLOSE_UPVALUE'],
] as const

/** The numbers of the operations, by the names that the VM gives them. */
export const Operation = Object.fromEntries(NAMES.map((name) => [name, operations.indexOf(name)])) as Readonly<
  Record<(typeof NAMES)[number], number>
>

/** What the server lends the VM: RE2, of which `re2js` is a port, and Node's crypto. */
const external: NonNullable<ExecOptions['external']> = {
  regex: { match: (pattern, text) => compiled(pattern).matcher(text).find() },
  crypto,
}

const patterns = new Map<string, RE2JS>()

function compiled(pattern: string): RE2JS {
  const known = patterns.get(pattern) ?? RE2JS.compile(pattern)
  patterns.set(pattern, known)
  return known
}

/**
 * Runs bytecode, or continues a suspended run, within PostHog's limits; `options` override them.
 *
 * If the environment variable `HOG_CLOCK` is `operations`, as in the tests, the operations of the run move its clock on: on the
 * machine's clock other programs take time, too.
 */
export function runInVm(vm: HogVm, code: unknown[] | VMState, options: ExecOptions): ExecResult {
  const limits = { timeout: LIMITS.milliseconds, memoryLimit: LIMITS.bytes, maxAsyncSteps: LIMITS.asyncSteps }
  const run = () => vm(code, { ...limits, external, ...options })
  return process.env['HOG_CLOCK'] === 'operations' ? withCountedTime(run) : run()
}

/** The VM looks at the time every few operations, which take about so long on a developer's machine that does nothing else. */
const MILLISECONDS_A_LOOK = 0.02

function withCountedTime<Result>(run: () => Result): Result {
  const { now } = Date
  let time = now()
  Date.now = () => Math.floor((time += MILLISECONDS_A_LOOK))
  try {
    return run()
  } finally {
    Date.now = now
  }
}
