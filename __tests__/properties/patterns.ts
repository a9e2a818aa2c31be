import fc from 'fast-check'
import { RE2JS } from 're2js'

const plain = ['a', 'b', 'A', 'k', 's', '1', '_', ' ', '-', ':', '/', 'é', 'É', 'α', 'ſ', '\u212a', 'ß', '😀', '\n']

/** One of RE2's own words most of the time, and now and then one that RE2 refuses. */
function mostly(words: readonly string[], refused: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 15, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: fc.constantFrom(...refused) },
  )
}

/** Whether re2js reads the pattern as RE2 does: it takes `[:]` in a class for a named class, which RE2 and Go do not. */
function isReadAlike(source: string): boolean {
  return !source.includes('[:]')
}

/** Escaped characters, which may stand in a class and outside. */
const escape = mostly(
  [
    ...['\\.', '\\\\', '\\-', '\\]', '\\[', '\\^', '\\_', '\\ ', '\\\n', '\\a', '\\f', '\\n', '\\r', '\\t', '\\v'],
    ...['\\0', '\\01', '\\12', '\\101', '\\1411', '\\60', '\\777', '\\x61', '\\x{41}', '\\x{1F600}', '\\x{0000e9}'],
  ],
  ['\\1', '\\8', '\\c', '\\e', '\\E', '\\é', '\\x4', '\\xg', '\\x{110000}', '\\x{}', '\\x{61'],
)
const propertyName = mostly(
  [
    ...['L', 'Ll', 'Lu', 'LC', 'N', 'Nd', 'P', 'Pd', 'S', 'Z', 'Zs', 'C', 'Cc', 'Cn', 'Any', 'Greek', 'Latin', 'Han'],
    ...['Thai', 'Common', 'Cyrillic', 'Old_Italic'],
  ],
  ['Klingon', 'Grek', 'greek', 'Lx', 'L_', '^', ''],
)
const set = fc.oneof(
  mostly(['\\d', '\\D', '\\s', '\\S', '\\w', '\\W', '\\pL', '\\PL', '\\pN'], ['\\pX', '\\p', '\\p{L', '\\p^']),
  fc
    .tuple(fc.constantFrom('\\p', '\\P'), fc.constantFrom('', '', '^'), propertyName)
    .map(([sign, not, name]) => `${sign}{${not}${name}}`),
)
const namedClass = fc
  .tuple(
    fc.constantFrom('', '', '^'),
    mostly(
      [
        ...['alnum', 'alpha', 'ascii', 'blank', 'cntrl', 'digit', 'graph', 'lower', 'print', 'punct', 'space'],
        ...['upper', 'word', 'xdigit'],
      ],
      ['Alpha', 'letter', ' alpha'],
    ),
  )
  .map(([not, name]) => `[:${not}${name}:]`)
const range = mostly(
  ['a-c', 'A-z', '0-9', ' -~', 'α-ω', 'a-', '--/', '+-[', '\\x61-\\x{7a}', '\\60-\\71'],
  ['z-a', 'a-\\d'],
)
const inClass = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...plain, '(', '*', '.', '$', '|', '{', '^', '&&', '[') },
  { weight: 2, arbitrary: range },
  { weight: 2, arbitrary: escape },
  { weight: 2, arbitrary: fc.oneof(set, namedClass) },
  { weight: 1, arbitrary: mostly(['-'], ['\\b', '\\Q', '\\E', '\\B', '\\z']) },
)
const characterClass = fc
  .tuple(
    fc.constantFrom('[', '[', '[^', '[]', '[^]'),
    fc.array(inClass, { minLength: 1, maxLength: 4 }),
    mostly([']', ']', '-]'], ['']),
  )
  .map(([open, parts, close]) => open + parts.join('') + close)

const quoted = fc
  .tuple(fc.constantFrom('', 'a', 'ab', '.*', '(', '|', '[', '\\d', '😀'), fc.constantFrom('\\E', '\\E', ''))
  .map(([text, end]) => `\\Q${text}${end}`)
const position = mostly(['^', '$', '\\b', '\\B', '\\A', '\\z'], ['\\Z', '\\G', '\\C'])
const flags = mostly(
  ['(?i)', '(?m)', '(?s)', '(?U)', '(?-i)', '(?i-s)', '(?)', '(?ims-U)'],
  ['(?i-)', '(?x)', '(?-)', '(?i'],
)
const opening = mostly(
  ['(', '(', '(?:', '(?:', '(?i:', '(?-i:', '(?s-m:', '(?ms:', '(?P<name>', '(?<n_1>', '(?<1>'],
  ['(?<é>', '(?<>', '(?P=name', '(?=', '(?!', '(?<=', '(?<!', '(?>', '(?#'],
)
const repetition = fc
  .tuple(
    mostly(
      ['', '', '', '', '', '*', '+', '?', '{2}', '{0}', '{0,2}', '{1,}', '{,2}', '{02}', '{', '{2', '}'],
      ['{2,1}', '{2}*', '**', '{2}{2}'],
    ),
    fc.constantFrom('', '', '?'),
  )
  .map(([count, lazy]) => (/[*+?}]$/.test(count) ? count + lazy : count))

/** The parts of a pattern that hold no others. */
const simplePart = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...plain, 'a', 'a', 'b', '.', '.') },
  { weight: 2, arbitrary: fc.oneof(escape, set) },
  { weight: 3, arbitrary: characterClass },
  { weight: 1, arbitrary: fc.oneof(quoted, flags) },
  { weight: 2, arbitrary: position },
)

/** RE2's whole syntax, and what is nearly RE2's. A pattern has few parts, so that RE2 takes about half of them. */
const { choice: pattern } = fc.letrec<{ choice: string; sequence: string; piece: string }>((tie) => ({
  choice: fc
    .array(tie('sequence'), { minLength: 1, maxLength: 3, depthIdentifier: 'pattern' })
    .map((ways) => ways.join('|')),
  sequence: fc.array(tie('piece'), { maxLength: 4, depthIdentifier: 'pattern' }).map((pieces) => pieces.join('')),
  piece: fc.oneof(
    { depthIdentifier: 'pattern', depthSize: 'small', maxDepth: 4 },
    { weight: 16, arbitrary: fc.tuple(simplePart, repetition).map(([part, count]) => part + count) },
    {
      weight: 5,
      arbitrary: fc.tuple(opening, tie('choice'), repetition).map(([open, inner, count]) => `${open}${inner})${count}`),
    },
    { weight: 1, arbitrary: mostly([']', '}', ','], ['(', ')', '*', '{2}', '[', '\\', '\\E']) },
  ),
}))

const text = fc.string({
  unit: fc.constantFrom(...plain, 'a', 'a', 'b', 'S', 'K', '\r', '\t', '\v', '.', '[', ']', 'ẞ', '\u00a0', '\u0007'),
  maxLength: 7,
})

export interface PatternCase {
  readonly source: string
  readonly text: string
}

export const patternCase: fc.Arbitrary<PatternCase> = fc.record({ source: pattern.filter(isReadAlike), text })

/** Every ASCII character, and others that have a case, a script or a blank's look. */
export const everyCharacter = [
  ...Array.from({ length: 128 }, (_, code) => String.fromCodePoint(code)),
  ...['\u0085', '\u00a0', 'é', 'É', 'ß', 'ẞ', 'ſ', '\u212a', 'ı', 'İ', 'ǅ', 'ǆ', 'α', 'Σ', 'σ', 'ς', 'я', 'ก', '汉'],
  ...['\u0301', '\u0378', '\u200b', '\u2028', '\ufeff', '٣', '€', '😀', '𐌀'],
]

/** A pattern for one character: a class, an escape, a set or the character itself. */
export const characterPattern = fc
  .tuple(
    fc.constantFrom('', '(?i)', '(?s)', '(?m)'),
    fc.oneof(
      { weight: 4, arbitrary: characterClass },
      { weight: 1, arbitrary: set },
      { weight: 1, arbitrary: escape },
      { weight: 1, arbitrary: fc.constantFrom('.', ...plain, ...everyCharacter) },
    ),
  )
  .map(([flag, one]) => `${flag}^(?:${one})$`)
  .filter(isReadAlike)

const letters = ['', 'a', 'A', 'b', '\n']
/** All texts of at most three of these letters. */
export const shortTexts = letters.flatMap((one) =>
  letters.flatMap((other) => letters.map((third) => one + other + third)),
)

/** A pattern whose flags change on the way: in the middle, in groups, and back at the end of a group. */
export const flagPattern = fc
  .letrec<{ parts: string; part: string }>((tie) => ({
    parts: fc.array(tie('part'), { maxLength: 4, depthIdentifier: 'flags' }).map((parts) => parts.join('')),
    part: fc.oneof(
      { depthIdentifier: 'flags', depthSize: 'small', maxDepth: 3 },
      { weight: 4, arbitrary: fc.constantFrom('a', 'A', 'b', '.', '^', '$', '|', '[a]', '[^a]', 'a*') },
      { weight: 2, arbitrary: flags },
      { weight: 3, arbitrary: fc.tuple(opening, tie('parts')).map(([open, inner]) => `${open}${inner})`) },
    ),
  }))
  .parts.chain((parts) => fc.constantFrom(parts, `\\A(?:${parts})\\z`))

/** Those of the texts that contain a match; `undefined` if the pattern was refused. */
export function textsTaken(matches: TextMatcher | undefined, texts: readonly string[]): string[] | undefined {
  return matches && texts.filter(matches)
}

const bound = fc.constantFrom(0, 1, 2, 3, 31, 32, 33, 333, 334, 500, 501, 999, 1000, 1001, 100_000_000)
const nestedCounts = fc
  .tuple(fc.constantFrom('a', '[ab]', '\\w', 'a?', '(?:ab|a)'), fc.array(fc.tuple(bound, bound), { maxLength: 3 }))
  .chain(([part, bounds]) =>
    fc.array(fc.constantFrom('exactly', 'least', 'range', 'any'), { minLength: 3, maxLength: 3 }).map((kinds) =>
      bounds.reduce<string>((inner, [least, most], place) => {
        const counts = { exactly: `{${least}}`, least: `{${least},}`, range: `{${least},${most}}`, any: '*' }
        return `(?:${inner})${counts[kinds[place] as keyof typeof counts]}`
      }, part),
    ),
  )

/** Counted repetitions around RE2's bound of 1,000, nested ones included, and texts with about as many characters. */
export const countCase: fc.Arbitrary<PatternCase> = fc.record({
  source: nestedCounts.chain((source) => fc.constantFrom(source, `^${source}$`, `${source}b`)),
  text: fc
    .tuple(
      fc.constantFrom(0, 1, 2, 31, 32, 33, 62, 999, 1000, 1001),
      fc.constantFrom('a', 'ab'),
      fc.constantFrom('', 'b'),
    )
    .map(([length, unit, end]) => unit.repeat(length).slice(0, length) + end),
})

/** Whether a text contains a match. */
export type TextMatcher = (text: string) => boolean

/** The matcher of re2js, a port of RE2; `undefined` if it refuses the pattern. */
export function matcherOfRE2(source: string): TextMatcher | undefined {
  try {
    const compiled = RE2JS.compile(source)
    return (subject) => compiled.test(subject)
  } catch (error) {
    if (error instanceof Error && error.name === 'RE2JSSyntaxException') return undefined
    throw error
  }
}
