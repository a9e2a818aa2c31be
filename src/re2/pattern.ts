/**
 * Matches texts with regular expressions of RE2, the engine behind PostHog's `regex` operator. It guarantees:
 *
 * - Linear time. The matcher reads a text once and follows all ways through the pattern at the same time, so the work
 *   is at most the size of the pattern times the length of the text. JavaScript's own RegExp tries one way after the
 *   other, and a pattern such as `^(a+)+$` can hang the server.
 * - Bounded work. The size of a pattern is about its number of characters with all repetitions written out. A pattern
 *   larger than `LARGEST_PATTERN` is rejected. The matcher reads the first `LONGEST_TEXT` characters of a text and treats it
 *   as if it ended there. After `MOST_STEPS` steps it gives up.
 * - RE2's answers to two questions: is this a pattern, and does this text contain a match? The property tests compare
 *   both with `re2js`. The engine ignores captures and laziness, because neither changes whether a text matches.
 */
import type { CharacterTest, PositionTest } from './characters'
import { parsePattern } from './syntax'
import type { PatternNode, PatternRepetition } from './syntax'

const LARGEST_PATTERN = 10_000
const LONGEST_TEXT = 10_000

/** They take at most about 50 ms, even on a busy machine. */
const MOST_STEPS = 1_000_000

/** A set of characters is a regular expression of JavaScript, which takes as long as five other steps. */
const STEPS_OF_SET = 5

/** A state of the matcher. If `takes` is set, the next character must fit; if `holds` is set, the position must. */
interface PatternState {
  readonly id: number
  readonly takes: CharacterTest | undefined
  readonly holds: PositionTest | undefined
  readonly steps: number
  next: readonly PatternState[]
}

export interface Pattern {
  readonly start: PatternState
  /** The state that is reached if the text matches. */
  readonly matched: PatternState
  /** The ids of the states are smaller. */
  readonly size: number
}

/** Makes a pattern ready to be matched. Returns `undefined` if RE2 refuses it, and if it is too large. */
export function compilePattern(source: string): Pattern | undefined {
  if (source.length > LARGEST_PATTERN) return undefined
  try {
    const total = { size: 0 }
    const matched = addState(total, { next: [] })
    const start = statesBefore(matched, parsePattern(source), total)
    return { start, matched, size: total.size }
  } catch {
    return undefined
  }
}

/** The size of the states that are made so far. */
interface PatternSize {
  size: number
}

/** Adds a state of that size. Throws if the pattern becomes too large. */
function addState(
  total: PatternSize,
  { next, takes, holds, steps = 1 }: Pick<PatternState, 'next'> & Partial<PatternState>,
  size = 1,
): PatternState {
  const id = total.size
  total.size += size
  if (total.size > LARGEST_PATTERN) throw new Error('The pattern is too large')
  // All states have the same shape: V8 then matches ten times as fast.
  return { id, takes, holds, steps, next }
}

/** Builds the states of one part of the pattern in front of the state that follows it. */
function statesBefore(next: PatternState, node: PatternNode, total: PatternSize): PatternState {
  switch (node.kind) {
    case 'character': {
      const steps = Math.max(1, node.sets * STEPS_OF_SET)
      return addState(total, { takes: node.test, next: [next], steps }, Math.max(1, node.sets))
    }
    case 'position':
      return addState(total, { holds: node.holds, next: [next] })
    case 'sequence':
      return node.parts.reduceRight((following, part) => statesBefore(following, part, total), next)
    case 'choice': {
      const starts = node.parts.map((part) => statesBefore(next, part, total))
      const [only] = starts
      return only !== undefined && starts.length === 1 ? only : addState(total, { next: starts }, starts.length)
    }
    case 'repetition':
      return repeatedStates(next, node, total)
  }
}

function repeatedStates(
  next: PatternState,
  { part, least, most }: PatternRepetition,
  total: PatternSize,
): PatternState {
  let first = next
  let required = least
  if (most === Infinity) {
    const loop = addState(total, { next: [] })
    const body = statesBefore(loop, part, total)
    loop.next = [body, next]
    // The part in the loop is the last of the required ones.
    first = least === 0 ? loop : body
    required = Math.max(0, least - 1)
  }
  for (let optional = most === Infinity ? 0 : most - least; optional > 0; optional--) {
    first = addState(total, { next: [statesBefore(first, part, total), next] })
  }
  for (; required > 0; required--) first = statesBefore(first, part, total)
  return first
}

/** Whether a text contains a match of the pattern; `undefined` if the matcher has given up before it found out. */
export function matchesPattern({ start, matched, size }: Pattern, text: string): boolean | undefined {
  const characters = Array.from(text.slice(0, LONGEST_TEXT))
  // The last position at which the matcher was in a state, by its id: it visits no state twice at one position.
  const lastSeen = new Int32Array(size).fill(-1)
  let reached: PatternState[] = []
  let steps = 0
  for (let position = 0; position <= characters.length; position++) {
    if (steps > MOST_STEPS) return undefined
    const character = characters[position]
    const open = reached
    open.push(start)
    reached = []
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (lastSeen[state.id] === position) continue
      lastSeen[state.id] = position
      steps += state.steps
      if (state === matched) return true
      if (state.takes === undefined) {
        if (state.holds?.(characters, position) === false) continue
        for (const next of state.next) if (lastSeen[next.id] !== position) open.push(next)
      } else if (character !== undefined && state.takes(character)) {
        for (const next of state.next) reached.push(next)
      }
    }
  }
  return false
}
