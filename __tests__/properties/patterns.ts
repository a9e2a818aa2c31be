import fc from 'fast-check'

const character = fc.constantFrom(
  ...['a', 'b', 'A', '1', '_', ' ', '-', '.', '\\.', '\\n', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '😀', '\\x61'],
  ...['[ab]', '[^a]', '[a-c1]', '[\\w-]', '[^\\d\\s]', '[.]', '[$^]', '\\$', '\\(', '\\p{Lu}'],
)
const position = fc.constantFrom('^', '$', '\\b', '\\B')
const repetition = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{0}', '{0,2}', '{1,}', '*?', '+?', '??', '{1,2}?')

/** What RE2 and JavaScript have in common. */
const { choice: pattern } = fc.letrec<{ choice: string; sequence: string; piece: string }>((tie) => ({
  choice: fc
    .array(tie('sequence'), { minLength: 1, maxLength: 3, depthIdentifier: 'pattern' })
    .map((ways) => ways.join('|')),
  sequence: fc.array(tie('piece'), { maxLength: 4, depthIdentifier: 'pattern' }).map((pieces) => pieces.join('')),
  piece: fc.oneof(
    { depthIdentifier: 'pattern', depthSize: 'small', maxDepth: 6 },
    { weight: 6, arbitrary: fc.tuple(character, repetition).map(([one, times]) => one + times) },
    { weight: 1, arbitrary: position },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('(', '(?:', '(?<name>'), tie('choice'), repetition)
        .map(([open, inner, times]) => `${open}${inner})${times}`),
    },
  ),
}))

/** A regular expression with its flags, and a text that it may match. */
export const patternCase = fc
  .record({
    flags: fc.subarray(['i', 'm', 's']).map((flags) => flags.join('')),
    // A name may stand once in a pattern.
    source: pattern.map((source) => {
      let names = 0
      return source.replace(/\?<name>/g, () => `?<name${++names}>`)
    }),
    text: fc.string({
      unit: fc.constantFrom('a', 'a', 'b', 'A', '1', '_', ' ', '\n', '-', '.', '😀', '$'),
      maxLength: 7,
    }),
  })
  .map(({ flags, source, text }) => ({
    ...{ flags, source },
    // V8 finds a place that is no word boundary between the halves of a surrogate pair.
    text: source.includes('\\B') ? text.replace(/😀/g, 'é') : text,
    written: flags === '' ? source : `(?${flags})${source}`,
  }))

/** JavaScript's own answer, by Unicode characters as RE2 reads them. */
export function matchesInJavaScript({ flags, source, text }: { flags: string; source: string; text: string }): boolean {
  return new RegExp(source, `${flags}u`).test(text)
}
