import { compilePattern, matchesPattern } from '../../src/re2/pattern'
import {
  characterPattern,
  countCase,
  everyCharacter,
  flagPattern,
  matcherOfRE2,
  patternCase,
  shortTexts,
  textsTaken,
} from './patterns'
import type { TextMatcher } from './patterns'
import { always } from './runs'

/** The matcher of the app; `undefined` if it refuses the pattern. */
function matcherOfApp(source: string): TextMatcher | undefined {
  const pattern = compilePattern(source)
  return pattern && ((text) => matchesPattern(pattern, text) === true)
}

describe('a regular expression', () => {
  always('is one where RE2 takes it, and matches where RE2 does', patternCase, ({ source, text }) => {
    expect(matcherOfApp(source)?.(text)).toBe(matcherOfRE2(source)?.(text))
  })

  always('takes the characters that RE2 takes', characterPattern, (source) => {
    expect(textsTaken(matcherOfApp(source), everyCharacter)).toEqual(textsTaken(matcherOfRE2(source), everyCharacter))
  })

  always('keeps its flags as long as RE2 does', flagPattern, (source) => {
    expect(textsTaken(matcherOfApp(source), shortTexts)).toEqual(textsTaken(matcherOfRE2(source), shortTexts))
  })

  always('repeats a part as often as RE2 does, and no more often', countCase, ({ source, text }) => {
    const pattern = compilePattern(source)
    const found = pattern && matchesPattern(pattern, text)
    // The matcher gives up where a large pattern would cost too much.
    if (pattern === undefined || found !== undefined) expect(found).toBe(matcherOfRE2(source)?.(text))
  })
})
