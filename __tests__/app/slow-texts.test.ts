/** Long texts take linear time: one that took quadratic time would take minutes here. */
import fc from 'fast-check'
import { parseSettings } from '../../src/settings/settings'
import { withoutSecrets } from '../../src/redact'
import { always } from '../properties/runs'
import { apiKey, eventWith, translated } from './setup'

/** Milliseconds, generous for a busy machine. */
const LIMIT = 1000

function millisecondsOf(run: () => void): number {
  const start = performance.now()
  run()
  return performance.now() - start
}

const units = [
  ' ',
  'a',
  '@',
  '%40',
  '{',
  '"',
  '=',
  '/',
  '-',
  '?',
  'a ',
  'not ',
  'is ',
  'http://',
  'a@',
  '\n',
  '1',
  '[{',
  '/*',
]

describe('plain filters with 30,000 spaces', () => {
  const blanks = ' '.repeat(30_000)
  it.each([
    ['before an operator', `plan${blanks}= pro`],
    ['before a word', `plan${blanks}contains pro`],
    ['in words', `plan is${blanks}not${blanks}set`],
    ['without an operator', `plan${blanks}pro`],
    ['after an operator', `plan =${blanks}pro`],
    ['many times', `plan${'  = '.repeat(8_000)}`],
  ])('%s', (_, eventFilters) => {
    const read = (): void => {
      try {
        parseSettings({ apiKey, eventFilters })
      } catch {
        // Some are refused.
      }
    }
    expect(millisecondsOf(read)).toBeLessThan(LIMIT)
  })
})

describe('a user ID of 300,000 characters', () => {
  it.each([...units, "'"])('is left out at once: %j', (unit) => {
    const id = `a${unit.repeat(300_000 / unit.length)}a`
    const translation = (): void => void translated(eventWith({}, { distinct_id: id }), { trackedEvents: 'purchase' })
    expect(millisecondsOf(translation)).toBeLessThan(LIMIT)
  })
})

describe('masking', () => {
  it.each(units)('reads a long text once: %j', (unit) => {
    const text = unit.repeat(300_000 / unit.length)
    expect(millisecondsOf(() => void withoutSecrets(text, apiKey))).toBeLessThan(LIMIT)
  })

  it.each([
    ['mail ada@example.com now', 'mail [email] now'],
    ['<ada@example.com>, "bob%40example.com"', '<[email]>, "[email]"'],
    ['at @ x, ada@ and @ada', 'at @ x, ada@ and @ada'],
    ['https://a.example/b?token=1 c', 'https://a.example/b c'],
    ['HTTP://?q', 'HTTP://'],
    [`a\nb ${apiKey.toUpperCase()}`, 'a b [API key]'],
  ])('of %j', (text, masked) => {
    expect(withoutSecrets(text, apiKey)).toBe(masked)
  })

  const words = fc.array(fc.constantFrom(...units, 'b', 'https://x', '<', "'", 'é', '\u2028'), { maxLength: 20 })

  always('is that of patterns which read a text often', words, (pieces) => {
    const text = pieces.join('')
    const masked = text
      .replace(/(https?:\/\/[^\s?]*)\?\S*/gi, '$1')
      .replace(/[^\s"'<>]+(@|%40)[^\s"'<>]+/gi, '[email]')
      .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    expect(withoutSecrets(text, apiKey)).toBe(masked)
  })
})
