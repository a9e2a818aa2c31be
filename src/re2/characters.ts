/** Whether one character of a text fits. A character is a Unicode code point. */
export type CharacterTest = (character: string) => boolean

/** A part of a class. */
export interface CharacterSet {
  /** The set as JavaScript writes it between brackets: `a-z`, `\w`, `\p{Greek}`. */
  readonly source: string
  /** Whether the part stands for the characters outside the set: `\W`, `\P{Greek}`. */
  readonly isNegated: boolean
}

/**
 * Makes the test of a class from its parts. If `ignoresCase` is set, RE2 adds the other case of each character before it
 * negates a set, so every set is compiled as it stands and its answer is negated here. Throws for an unknown script.
 */
export function classTest(parts: readonly CharacterSet[], isNegated: boolean, ignoresCase: boolean): CharacterTest {
  const compile = (source: string): RegExp => new RegExp(`[${source}]`, ignoresCase ? 'iu' : 'u')
  const sourcesOf = (negated: boolean): string[] =>
    parts.filter((part) => part.isNegated === negated).map(({ source }) => source)
  const included = compile(sourcesOf(false).join(''))
  const excluded = sourcesOf(true).map(compile)
  return rememberingLast(
    (character) => (included.test(character) || excluded.some((set) => !set.test(character))) !== isNegated,
  )
}

/** A part that is repeated 1,000 times has one test for its 1,000 states, which all look at the same character in turn. */
function rememberingLast(test: CharacterTest): CharacterTest {
  let last: string | undefined
  let answer = false
  return (character) => {
    if (character !== last) {
      answer = test(character)
      last = character
    }
    return answer
  }
}

export function literalTest(character: string, ignoresCase: boolean): CharacterTest {
  if (!ignoresCase) return (other) => other === character
  return classTest([rangeOf(character, character)], false, true)
}

/** Throws if the range has no character. */
export function rangeOf(first: string, last: string): CharacterSet {
  const [from = 0, to = 0] = [first.codePointAt(0), last.codePointAt(0)]
  if (from > to) throw new Error('The range is empty')
  return { source: `\\u{${from.toString(16)}}-\\u{${to.toString(16)}}`, isNegated: false }
}

const PERL_CLASSES: Readonly<Record<string, string>> = { d: '0-9', s: '\\t\\n\\f\\r ', w: '\\w' }

/** The class of `\d`, `\s` or `\w`, or of its negation in capitals. */
export function perlClass(letter: string): CharacterSet {
  const name = letter.toLowerCase()
  return { source: PERL_CLASSES[name] ?? '', isNegated: letter !== name }
}

/** The classes that `[[:name:]]` names; RE2 knows them for ASCII only. */
const NAMED_CLASSES = new Map([
  ['alnum', '0-9A-Za-z'],
  ['alpha', 'A-Za-z'],
  ['ascii', '\\x00-\\x7f'],
  ['blank', '\\t '],
  ['cntrl', '\\x00-\\x1f\\x7f'],
  ['digit', '0-9'],
  ['graph', '!-~'],
  ['lower', 'a-z'],
  ['print', ' -~'],
  ['punct', '!-\\/:-@\\[-`\\{-~'],
  ['space', '\\t-\\r '],
  ['upper', 'A-Z'],
  ['word', '\\w'],
  ['xdigit', '0-9A-Fa-f'],
])

/** The class that stands between `[:` and `:]`. Throws if RE2 knows no class of that name. */
export function namedClass(written: string): CharacterSet {
  const isNegated = written.startsWith('^')
  const source = NAMED_CLASSES.get(isNegated ? written.slice(1) : written)
  if (source === undefined) throw new Error('The class has no known name')
  return { source, isNegated }
}

/** JavaScript also takes a script's code of four letters, such as `Grek`. RE2 takes these names only. */
const NAMES_OF_FOUR_LETTERS = ['Ahom', 'Cham', 'Kawi', 'Lisu', 'Miao', 'Modi', 'Newa', 'Thai', 'Toto']

/** The set after `\p` or, if `isNegated` is set, `\P`: a general category, a script, or `Any`; `^` negates it. */
export function unicodeClass(written: string, isNegated: boolean): CharacterSet {
  const name = written.replace(/^\^/, '')
  if (/^[A-Z][a-z]{3}$/.test(name) && !NAMES_OF_FOUR_LETTERS.includes(name)) throw new Error('The script is unknown')
  const property = /^(?:[LMNPSZC][a-z]?|LC|Any)$/.test(name) ? name : `Script=${name}`
  return { source: `\\p{${property}}`, isNegated: isNegated !== (name !== written) }
}

/** Whether a position between two characters of a text fits; position 0 is before the first. */
export type PositionTest = (characters: readonly string[], position: number) => boolean

function isWord(character: string | undefined): boolean {
  if (character === undefined) return false
  return (
    (character >= 'a' && character <= 'z') ||
    (character >= 'A' && character <= 'Z') ||
    (character >= '0' && character <= '9') ||
    character === '_'
  )
}

/** The tests of a position, by how RE2 writes them. `(?m)` replaces the first two by those of `LINE_TESTS`. */
export const POSITION_TESTS: ReadonlyMap<string, PositionTest> = new Map<string, PositionTest>([
  ['^', (_, position) => position === 0],
  ['$', (characters, position) => position === characters.length],
  ['\\A', (_, position) => position === 0],
  ['\\z', (characters, position) => position === characters.length],
  ['\\b', (characters, position) => isWord(characters[position - 1]) !== isWord(characters[position])],
  ['\\B', (characters, position) => isWord(characters[position - 1]) === isWord(characters[position])],
])

export const LINE_TESTS: ReadonlyMap<string, PositionTest> = new Map<string, PositionTest>([
  ['^', (characters, position) => position === 0 || characters[position - 1] === '\n'],
  ['$', (characters, position) => position === characters.length || characters[position] === '\n'],
])
