/**
 * Regular expressions of RE2's syntax, which PostHog's filters use, matched in time proportional to the text: JavaScript's own
 * engine needs exponential time for some patterns and would block the server. A pattern becomes a graph of states (a
 * nondeterministic automaton, Thompson's construction), and all states that a text reaches are followed at once.
 *
 * It refuses some patterns that RE2 takes: `[[:name:]]`, `\Q...\E`, `\p{LC}`, octal characters, and patterns of more than
 * 2,000 states.
 */

/** A compiled pattern. */
export interface Pattern {
  readonly start: PatternState
  /** The number of UTF-16 units of a text that are matched: the text is treated as if it ended there. */
  readonly longestText: number
}

/** A place in a pattern: `matches` consumes a character, `holds` tests the position, and `next` are the places after it. */
interface PatternState {
  readonly matches?: (character: string) => boolean
  readonly holds?: (characters: readonly string[], position: number) => boolean
  next: readonly PatternState[]
}

const MATCHED: PatternState = { next: [] }

/** In states. */
const LONGEST_PATTERN = 2000

const LONGEST_TEXT = 10_000

/** The product of states and characters, which bounds the time of a match to a fraction of a second. */
const MOST_STEPS = 1_000_000

/** Compiles a pattern; `undefined` if RE2 refuses it (look-around, for example) or if it is too large. */
export function compilePattern(source: string): Pattern | undefined {
  const tokens = source.match(PATTERN_TOKEN) ?? []
  try {
    const { piece, end } = parseChoice(tokens, 0, '')
    if (end < tokens.length) return undefined
    const size = { states: 1 }
    const start = piece(MATCHED, size)
    return { start, longestText: Math.min(LONGEST_TEXT, Math.floor(MOST_STEPS / size.states)) }
  } catch {
    return undefined
  }
}

/** True if the pattern matches anywhere in the text. */
export function matchesPattern({ start, longestText }: Pattern, text: string): boolean {
  const characters = Array.from(text.slice(0, longestText))
  let reached: readonly PatternState[] = []
  for (let position = 0; position <= characters.length; position++) {
    const states = statesAt([start, ...reached], characters, position)
    if (states.has(MATCHED)) return true
    const character = characters[position] ?? ''
    reached = [...states].flatMap(({ matches, next }) => (matches?.(character) === true ? next : []))
  }
  return false
}

/** The given states and all that follow from them without consuming a character. */
function statesAt(states: readonly PatternState[], characters: readonly string[], position: number): Set<PatternState> {
  const seen = new Set<PatternState>()
  const open = [...states]
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    if (seen.has(current)) continue
    seen.add(current)
    const passes = current.matches === undefined && current.holds?.(characters, position) !== false
    if (passes) open.push(...current.next)
  }
  return seen
}

/** One token of a pattern: a class, an escape, the opening of a group, a counted repetition, or a single character. */
const PATTERN_TOKEN =
  /\[\^?\]?(?:\\[^]|[^\]\\])*\]|\\(?:[pP]\{\^?\w+\}|[pP]\w|x\{[\da-fA-F]{1,6}\}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|[^])|\(\?(?:[:=!]|P?<\w+>|<[=!]|[imsU]*(?:-[imsU]+)?[:)])|\{\d+(?:,\d*)?\}|[^]/gu

/** Builds the states of a part of the pattern, given the state that follows, and counts them in `size`. */
type PatternPiece = (next: PatternState, size: { states: number }) => PatternState

interface Parsed {
  readonly piece: PatternPiece
  /** The index of the first token after it. */
  readonly end: number
}

/** Counts a new state. Throws if the pattern has too many. */
function state(size: { states: number }, made: PatternState): PatternState {
  size.states += 1
  if (size.states > LONGEST_PATTERN) throw new Error('The pattern is too large')
  return made
}

function parseChoice(tokens: readonly string[], start: number, flags: string): Parsed {
  const alternatives = [parseSequence(tokens, start, flags)]
  let [last] = alternatives
  while (last !== undefined && tokens[last.end] === '|') {
    last = parseSequence(tokens, last.end + 1, last.flags)
    alternatives.push(last)
  }
  return {
    piece: (next, size) => state(size, { next: alternatives.map(({ piece }) => piece(next, size)) }),
    end: last?.end ?? start,
  }
}

/** A flag inside a group applies up to the end of the group, so `flags` go on to the next alternative. */
function parseSequence(tokens: readonly string[], start: number, outer: string): Parsed & { readonly flags: string } {
  const pieces: PatternPiece[] = []
  let flags = outer
  let end = start
  for (let token = tokens[end]; token !== undefined && token !== '|' && token !== ')'; token = tokens[end]) {
    const changed = flagsIn(token, flags)
    if (changed === undefined || token.endsWith(':')) {
      const parsed = parseRepetition(tokens, end, flags)
      pieces.push(parsed.piece)
      end = parsed.end
    } else {
      flags = changed
      end += 1
    }
  }
  return { piece: (next, size) => pieces.reduceRight((following, piece) => piece(following, size), next), end, flags }
}

/** The flags that apply after `(?i-s)` or inside `(?i-s:`; `undefined` for any other token. */
function flagsIn(token: string, flags: string): string | undefined {
  const [found, added = '', removed = ''] = /^\(\?([imsU]*)(?:-([imsU]+))?[:)]$/.exec(token) ?? []
  if (found === undefined) return undefined
  return Array.from(flags + added)
    .filter((flag) => !removed.includes(flag))
    .join('')
}

const REPETITION = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})$/

function parseRepetition(tokens: readonly string[], start: number, flags: string): Parsed {
  const { piece, end } = parseAtom(tokens, start, flags)
  const [found, sign, least = '0', comma = '', most = ''] = REPETITION.exec(tokens[end] ?? '') ?? []
  if (found === undefined) return { piece, end }
  const minimum = sign === '+' ? 1 : Number(least)
  const maximum =
    sign === '?' ? 1 : sign !== undefined || (comma !== '' && most === '') ? Infinity : Number(most || least)
  // A lazy repetition matches the same texts as a greedy one.
  const isLazy = tokens[end + 1] === '?'
  return { piece: repeated(piece, minimum, maximum), end: end + (isLazy ? 2 : 1) }
}

function repeated(piece: PatternPiece, minimum: number, maximum: number): PatternPiece {
  return (next, size) => {
    let rest = next
    if (maximum === Infinity) {
      const loop = state(size, { next: [] })
      loop.next = [piece(loop, size), next]
      rest = loop
    } else {
      for (let optional = maximum - minimum; optional > 0; optional--) {
        rest = state(size, { next: [piece(rest, size), next] })
      }
    }
    for (let count = 0; count < minimum; count++) rest = piece(rest, size)
    return rest
  }
}

function parseAtom(tokens: readonly string[], start: number, flags: string): Parsed {
  const token = tokens[start] ?? ''
  const inner = /^\((\?P?<\w.*)?$/.test(token) ? flags : flagsIn(token, flags)
  if (inner !== undefined) {
    const { piece, end } = parseChoice(tokens, start + 1, inner)
    if (tokens[end] !== ')') throw new Error('A group is not closed')
    return { piece, end: end + 1 }
  }
  const holds = positionTest(token, flags)
  if (holds !== undefined) return { piece: (next, size) => state(size, { holds, next: [next] }), end: start + 1 }
  // Only tokens for one character are left; look-around and a repetition of nothing are errors in RE2.
  if (/^(\(\?|[*+?)]|\{\d)/.test(token)) throw new Error('RE2 refuses this token')
  const matches = characterTest(token, flags)
  return { piece: (next, size) => state(size, { matches, next: [next] }), end: start + 1 }
}

function positionTest(token: string, flags: string): PatternState['holds'] {
  const isWord = (character: string | undefined): boolean => /^\w$/.test(character ?? '')
  const isLineBreak = (character: string | undefined): boolean => flags.includes('m') && character === '\n'
  switch (token) {
    case '^':
      return (characters, position) => position === 0 || isLineBreak(characters[position - 1])
    case '$':
      return (characters, position) => position === characters.length || isLineBreak(characters[position])
    case '\\A':
      return (_, position) => position === 0
    case '\\z':
      return (characters, position) => position === characters.length
    case '\\b':
      return (characters, position) => isWord(characters[position - 1]) !== isWord(characters[position])
    case '\\B':
      return (characters, position) => isWord(characters[position - 1]) === isWord(characters[position])
    default:
      return undefined
  }
}

function characterTest(token: string, flags: string): (character: string) => boolean {
  if (token === '.') return (character) => character !== '\n' || flags.includes('s')
  const isLiteral = !/^[\\[]/.test(token)
  if (isLiteral && !flags.includes('i')) return (character) => character === token
  // Without case, JavaScript's negated properties match every letter.
  if (flags.includes('i') && /\\(P|p\{\^)/.test(token)) throw new Error('A negated property without case is ambiguous')
  const source = isLiteral ? token.replace(SYNTAX, '\\$&') : escapesOfRE2(token)
  const pattern = new RegExp(`^${source}$`, flags.includes('i') ? 'iu' : 'u')
  return (character) => pattern.test(character)
}

const SYNTAX = /[\^$\\.*+?()[\]{}|/]/

/** Translates a class or an escape from RE2 to JavaScript. Throws if RE2 refuses it, and for `[[:name:]]`. */
function escapesOfRE2(token: string): string {
  const isClass = token.startsWith('[')
  if (/\[:\^?\w+:\]/.test(token.slice(1))) throw new Error('Named classes are not supported')
  // In RE2 a `]` that comes first in a class stands for itself.
  const written = token.replace(/^(\[\^?)\]/, '$1\\]')
  const escapes = /\\([pPx]\{[^}]*\}|[pP]\w|x[\da-fA-F]{2}|u[\da-fA-F]{4}|[^])(-(?!\]))?/gu
  return written.replace(escapes, (_, escape: string, hyphen: string | undefined = '') => {
    // After a class of characters a hyphen stands for itself.
    const isRange = hyphen !== '' && !/^[dDwWsSpP]/.test(escape)
    return escapeOfRE2(escape, isClass) + (isRange ? '-' : hyphen && '\\-')
  })
}

function escapeOfRE2(escape: string, isClass: boolean): string {
  const [, sign, isNegated = '', name = ''] = /^([pP])\{?(\^?)(\w+)\}?$/.exec(escape) ?? []
  if (sign !== undefined) {
    const property = /^([LMNPSZC][a-z]?|Any)$/.test(name) ? name : `Script=${name}`
    return `\\${(sign === 'p') === (isNegated === '') ? 'p' : 'P'}{${property}}`
  }
  if (escape === 's') return isClass ? BLANKS : `[${BLANKS}]`
  if (escape === 'S') return isClass ? `\\S${OTHER_BLANKS}` : `[^${BLANKS}]`
  if (escape === 'a') return '\\x07'
  if (escape.startsWith('x{')) return `\\u${escape.slice(1)}`
  if (/^([dDwWnrtfv]|[xu][\da-fA-F]+)$/.test(escape)) return `\\${escape}`
  if (!/^[ -/:-@[-`{-~]$/.test(escape)) throw new Error('RE2 refuses this escape')
  return SYNTAX.test(escape) || (isClass && escape === '-') ? `\\${escape}` : escape
}

/** The blanks of `\\s` in RE2. */
const BLANKS = '\\t\\n\\f\\r '

/** The other blanks of `\\s` in JavaScript. */
const OTHER_BLANKS = '\\v\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff'
