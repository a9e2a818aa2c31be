import {
  classTest,
  LINE_TESTS,
  literalTest,
  namedClass,
  perlClass,
  POSITION_TESTS,
  rangeOf,
  unicodeClass,
} from './characters'
import type { CharacterSet, CharacterTest, PositionTest } from './characters'

/** A parsed pattern as a tree. A group becomes the choice in it, because a filter needs no captures. */
export type PatternNode =
  /** `sets` is how many sets of characters the test looks into at most. */
  | { readonly kind: 'character'; readonly test: CharacterTest; readonly sets: number }
  | { readonly kind: 'position'; readonly holds: PositionTest }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly parts: readonly PatternNode[] }
  | PatternRepetition

/** `most` is infinite for `*`, `+` and `{n,}`. */
export interface PatternRepetition {
  readonly kind: 'repetition'
  readonly part: PatternNode
  readonly least: number
  readonly most: number
}

/** RE2's own bounds: how often a part may be repeated, nested repetitions multiplied, and how deep groups may nest. */
const MOST_REPETITIONS = 1000
const DEEPEST_GROUP = 999

/** Where the parser stands in a pattern. */
interface PatternReader {
  readonly source: string
  /** The index of the next character. */
  position: number
  /** How many groups are open. */
  depth: number
  /** The flags that hold here: letters of `imsU`. */
  flags: string
  readonly groupNames: Set<string>
}

/** Reads a pattern of RE2's syntax. Throws if RE2 refuses it; RE2 knows neither look-arounds nor back-references. */
export function parsePattern(source: string): PatternNode {
  const reader = { source, position: 0, depth: 0, flags: '', groupNames: new Set<string>() }
  const pattern = parseChoice(reader)
  if (reader.position < source.length) throw new Error('A parenthesis was not opened')
  return pattern
}

/** Reads the next text if it has this form, which must be sticky (`y`). */
function take(reader: PatternReader, form: RegExp): RegExpExecArray | undefined {
  form.lastIndex = reader.position
  const found = form.exec(reader.source) ?? undefined
  reader.position += found?.[0].length ?? 0
  return found
}

function isAtEndOfWay(reader: PatternReader): boolean {
  return reader.position >= reader.source.length || '|)'.includes(reader.source.charAt(reader.position))
}

function parseChoice(reader: PatternReader): PatternNode {
  const parts = [parseSequence(reader)]
  while (take(reader, /\|/y)) parts.push(parseSequence(reader))
  return { kind: 'choice', parts }
}

function parseSequence(reader: PatternReader): PatternNode {
  const parts: PatternNode[] = []
  let isRepeated = false
  while (!isAtEndOfWay(reader)) {
    const bounds = parseBounds(reader)
    if (bounds === undefined) {
      parts.push(...parseFlagsOrParts(reader))
    } else {
      const part = parts.pop()
      if (part === undefined || isRepeated) throw new Error('There is nothing to repeat')
      parts.push(repetitionOf(part, bounds))
    }
    isRepeated = bounds !== undefined
  }
  return { kind: 'sequence', parts }
}

/** How often the part in front is repeated. RE2 reads `{` as a character where no such bounds follow. */
function parseBounds(reader: PatternReader): readonly [least: number, most: number] | undefined {
  const [found, sign, least, comma, most] = take(reader, /(?:([*+?])|\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\})\??/y) ?? []
  if (found === undefined) return undefined
  if (sign !== undefined) return [sign === '+' ? 1 : 0, sign === '?' ? 1 : Infinity]
  const minimum = Number(least)
  if (most !== undefined) return [minimum, Number(most)]
  return [minimum, comma === undefined ? minimum : Infinity]
}

/** Flags give no part and hold up to the end of the group; `\Q` gives a part for each character up to `\E`. */
function parseFlagsOrParts(reader: PatternReader): PatternNode[] {
  const [areFlags, added = '', removed = '', end] = take(reader, /\(\?([imsU]*)(?:-([imsU]+))?([:)])/y) ?? []
  if (areFlags !== undefined) {
    const flags = Array.from(reader.flags + added).filter((flag) => !removed.includes(flag))
    if (end === ':') return [parseGroup(reader, flags.join(''))]
    reader.flags = flags.join('')
    return []
  }
  const [, quoted] = take(reader, /\\Q([^]*?)(?:\\E|$)/y) ?? []
  return quoted === undefined
    ? [parsePart(reader)]
    : Array.from(quoted).map((character) => literalNode(reader, character))
}

function parsePart(reader: PatternReader): PatternNode {
  const [isNamed, name = ''] = take(reader, /\(\?P?<(\w+)>/y) ?? []
  if (isNamed !== undefined) {
    if (reader.groupNames.has(name)) throw new Error('Two groups have the same name')
    reader.groupNames.add(name)
    return parseGroup(reader, reader.flags)
  }
  if (take(reader, /\((?!\?)/y)) return parseGroup(reader, reader.flags)
  if (take(reader, /\(/y)) throw new Error('The group is unknown')
  const [sign] = take(reader, /[$^]|\\[AbBz]/y) ?? []
  const holds = (reader.flags.includes('m') ? LINE_TESTS.get(sign ?? '') : undefined) ?? POSITION_TESTS.get(sign ?? '')
  if (holds !== undefined) return { kind: 'position', holds }
  if (take(reader, /\./y)) {
    const test: CharacterTest = reader.flags.includes('s') ? () => true : (character) => character !== '\n'
    return { kind: 'character', test, sets: 0 }
  }
  if (take(reader, /\[/y)) return parseClass(reader)
  const set = parseEscapedSet(reader)
  return set === undefined ? literalNode(reader, parseCharacter(reader)) : classNode(reader, [set], false)
}

/** Reads a group after its opening. The flags that it sets end with it. */
function parseGroup(reader: PatternReader, flags: string): PatternNode {
  const outerFlags = reader.flags
  reader.flags = flags
  reader.depth += 1
  if (reader.depth > DEEPEST_GROUP) throw new Error('The groups nest too deeply')
  const inner = parseChoice(reader)
  if (!take(reader, /\)/y)) throw new Error('A group is not closed')
  reader.depth -= 1
  reader.flags = outerFlags
  return inner
}

function literalNode(reader: PatternReader, character: string): PatternNode {
  const ignoresCase = reader.flags.includes('i')
  return { kind: 'character', test: literalTest(character, ignoresCase), sets: ignoresCase ? 1 : 0 }
}

function classNode(reader: PatternReader, sets: readonly CharacterSet[], isNegated: boolean): PatternNode {
  const asked = 1 + sets.filter((set) => set.isNegated).length
  return { kind: 'character', test: classTest(sets, isNegated, reader.flags.includes('i')), sets: asked }
}

/** Reads a class after its `[`. A `]` that comes first is a literal. */
function parseClass(reader: PatternReader): PatternNode {
  const isNegated = take(reader, /\^/y) !== undefined
  const sets: CharacterSet[] = []
  while (sets.length === 0 || !take(reader, /\]/y)) sets.push(parseSetOfClass(reader))
  return classNode(reader, sets, isNegated)
}

function parseSetOfClass(reader: PatternReader): CharacterSet {
  const [isNamed, name = ''] = take(reader, /\[:([^]*?):\]/y) ?? []
  if (isNamed !== undefined) return namedClass(name)
  const set = parseEscapedSet(reader)
  if (set !== undefined) return set
  const first = parseCharacter(reader)
  return rangeOf(first, take(reader, /-(?!\])/y) ? parseCharacter(reader) : first)
}

function parseEscapedSet(reader: PatternReader): CharacterSet | undefined {
  const [, perl, sign, braced, letter = ''] = take(reader, /\\(?:([dDsSwW])|([pP])(?:\{([^}]*)\}|([^])))/uy) ?? []
  if (perl !== undefined) return perlClass(perl)
  return sign === undefined ? undefined : unicodeClass(braced ?? letter, sign === 'P')
}

/** Reads one character, escaped or not. Throws where RE2 knows no such escape, and at the end of the pattern. */
function parseCharacter(reader: PatternReader): string {
  const [plain] = take(reader, /[^\\]/uy) ?? []
  if (plain !== undefined) return plain
  const [, octal] = take(reader, /\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/y) ?? []
  if (octal !== undefined) return String.fromCodePoint(parseInt(octal, 8))
  // RE2 has no \u0041, but the library through which PostHog calls RE2 takes it.
  const [, braced, two, four] = take(reader, /\\(?:x\{([\da-fA-F]+)\}|x([\da-fA-F]{2})|u([\da-fA-F]{4}))/y) ?? []
  const hex = braced ?? two ?? four
  if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16))
  const [, control] = take(reader, /\\([afnrtv])/y) ?? []
  if (control !== undefined) return CONTROL_CHARACTERS[control] ?? ''
  const [, escaped] = take(reader, /\\([^\da-zA-Z\u0080-\u{10ffff}])/uy) ?? []
  if (escaped === undefined) throw new Error('The escape is unknown')
  return escaped
}

const CONTROL_CHARACTERS: Readonly<Record<string, string>> = {
  a: '\u0007',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

function repetitionOf(part: PatternNode, [least, most]: readonly [number, number]): PatternNode {
  const isOutOfBounds = least > MOST_REPETITIONS || (most !== Infinity && most > MOST_REPETITIONS) || least > most
  const repetition: PatternNode = { kind: 'repetition', part, least, most }
  if (isOutOfBounds || nestedRepetitions(repetition) > MOST_REPETITIONS) throw new Error('It is repeated too often')
  return repetition
}

/** How often a part of the pattern is repeated at most, where `*`, `+` and `{n,}` count as their least number. */
function nestedRepetitions(node: PatternNode): number {
  switch (node.kind) {
    case 'character':
    case 'position':
      return 1
    case 'sequence':
    case 'choice':
      return node.parts.reduce((most, part) => Math.max(most, nestedRepetitions(part)), 1)
    case 'repetition':
      return (node.most === Infinity ? Math.max(1, node.least) : node.most) * nestedRepetitions(node.part)
  }
}
