import { eventWith, isWanted, problemsIn, settingsFor } from './setup'

/** Whether a `regex` filter holds; `undefined` if the settings refuse the pattern. */
function matcher(pattern: string): ((text: string) => boolean) | undefined {
  const filters = JSON.stringify([{ key: 'text', operator: 'regex', value: pattern }])
  try {
    const settings = settingsFor({ trackedEvents: '*', contactEvents: '', eventFilters: filters })
    return (text) => isWanted(eventWith({ text }), settings)
  } catch {
    return undefined
  }
}

describe('a regular expression', () => {
  it.each<[pattern: string, matching: string[], others: string[]]>([
    ['abc', ['abc', 'xabcx'], ['ab', 'ABC', '']],
    ['', ['', 'x'], []],
    ['^/docs/.*/edit$', ['/docs/a/edit', '/docs/a/b/edit'], ['/docs/edit', '/docs/a/edit/', 'x/docs/a/edit']],
    ['(foo|bar)+', ['foo', 'barfoo'], ['fo', 'ba']],
    ['^(a|b)*$', ['', 'abba'], ['abc']],
    ['^a{2,3}$', ['aa', 'aaa'], ['a', 'aaaa']],
    ['^a{2}$', ['aa'], ['a', 'aaa']],
    ['^a{2,}$', ['aa', 'aaaaa'], ['a']],
    ['^(ab?c){2}$', ['acabc'], ['ac', 'abcb']],
    ['^a+?b*?$', ['a', 'aab'], ['b']],
    ['[a-c\\d]x', ['bx', '7x'], ['dx', 'x']],
    ['[^a-c]x', ['dx'], ['ax', 'x']],
    ['[]a]', [']', 'a'], ['b']],
    ['\\.com$', ['x.com'], ['xcom', 'x.com ']],
    ['\\bcat\\b', ['a cat', 'cat!'], ['concat', 'cats']],
    ['\\Bcat', ['concat'], ['cat']],
    ['\\Aab\\z', ['ab'], ['xab', 'abx']],
    ['^\\d{4}-\\d\\d$', ['2024-05'], ['24-05']],
    ['a.c', ['abc', 'a😀c'], ['a\nc', 'ac']],
    ['(?s)a.c', ['a\nc'], ['ac']],
    ['(?i)ÄBC', ['äbc', 'ÄbC'], ['abc']],
    ['(?m)^b$', ['a\nb\nc'], ['ab']],
    ['(?im)^B$', ['a\nb'], ['ab']],
    ['(?:ab)+c', ['ababc'], ['c']],
    ['(?P<name>ab)c', ['abc'], ['ac']],
    ['(?<name>ab)c', ['abc'], ['ac']],
    ['\\p{Lu}x', ['Äx'], ['äx']],
    ['\\pLx', ['äx'], ['1x']],
    ['[😀]', ['😀'], ['😁']],
    ['a\\-b\\/c', ['a-b/c'], ['abc']],
    ['a|', ['', 'b'], []],
    ['(a*)*b', ['b', 'aab'], ['aa']],
    ['()*x', ['x'], ['y']],
    ['a.c', ['a\rc', 'a\u2028c'], ['a\nc']],
    ['^\\s$', [' ', '\t', '\n', '\f', '\r'], ['\v', '\u00a0', 'x']],
    ['^\\S$', ['\v', '\u00a0', 'x'], [' ', '\n']],
    ['^[\\s_]$', [' ', '_'], ['\v', '\u3000']],
    ['^[\\S]$', ['\v', '\ufeff', 'x'], [' ']],
    ['^[^\\S]$', [' ', '\r'], ['\v', 'x']],
    ['^\\x{41}\\x42\\u0043$', ['ABC'], ['abc']],
    ['^[\\x{1F600}]\\a$', ['😀\u0007'], ['😀a']],
    ['^[\\pL\\p{Nd}]$', ['é', '7'], ['-', 'pL']],
    ['^\\p{Greek}\\P{Greek}\\p{^Greek}$', ['αaa'], ['aaa', 'ααα']],
    ['^\\PL$', ['7'], ['a']],
    ['\\_\\"\\ \\%', ['_" %'], ['"']],
    ['(?i)^]}\\.X$', [']}.x'], ['].x']],
    ['^[\\]\\-\\^a]+$', ['a-^]'], ['b']],
    ['^[\\.{2}]+$', ['.{2}'], ['a']],
    ['^a[\\s-_]b$', ['a b', 'a-b', 'a_b'], ['aQb', 'a+b']],
    ['^[\\w-\\.]+@([\\w-]+\\.)+[\\w-]{2,4}$', ['ada-l.o@mail.example.com'], ['ada@', 'a b@c.de']],
    ['^[\\pL-x]+$', ['é-'], ['1']],
    ['^[\\--/]+$', ['-./'], [',']],
    ['^[\\[:]$', ['[', ':'], ['a']],
    ['^[[:]$', ['[', ':'], ['a']],
    ['(?i:ab)c', ['ABc', 'abc'], ['ABC']],
    ['^(?i)foo', ['FOO'], ['xfoo']],
    ['a(?i)b|c', ['aB', 'C'], ['AB']],
    ['(a(?i)b|c)d', ['aBd', 'Cd'], ['aBD', 'CD']],
    ['(?i)a(?-i)b', ['Ab'], ['AB']],
    ['(?is-i:a.)b', ['a\nb'], ['A\nb']],
    ['(?U)^a+$', ['aa'], ['b']],
    ['^[\\x41b]\\x41b$', ['bAb', 'AAb'], ['xAb']],
    ['^[[:alpha:]]$', ['a', 'Z'], ['1', 'é', ':']],
    ['^[^x[:^digit:]]$', ['1'], ['x', 'a']],
    ['(?i)^[[:lower:]]$', ['a', 'A', 'ſ', '\u212a'], ['1', 'É']],
    ['^[[:punct:][:space:]]$', ['[', '\\', '`', '{', '\v'], ['a', '\u00a0']],
    ['^\\Qa.b\\E.$', ['a.bc'], ['axbc']],
    ['^\\Qab\\E*$', ['a', 'abb'], ['abab']],
    ['^\\Qa|b', ['a|b'], ['a', 'b']],
    ['^\\0\\12\\101[\\60-\\71]$', ['\0\nA5'], ['\0\nAa']],
    ['^\\1011$', ['A1'], ['A']],
    ['^\\p{LC}$', ['a', 'Å', 'ǅ'], ['1', 'א']],
    ['(?i)^\\P{Lu}$', ['1'], ['a', 'A']],
    ['(?i)^[^\\P{Lu}]$', ['a', 'A'], ['1']],
    ['(?i)^\\W$', ['é'], ['ſ', '\u212a', 'k']],
    ['^[a-z]{1,1000}$', ['a'.repeat(1000)], ['', 'a'.repeat(1001)]],
    ['^(?:ab{10}){0,100}$', ['', 'abbbbbbbbbb'], ['ab']],
    ['^(?:(?:(?:ab|a)){1000,}){1,}$', ['a'.repeat(1000)], ['a'.repeat(999)]],
    ['^((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+$', ['aa'], ['']],
    ['^a{02}$', ['a{02}'], ['aa']],
    ['^a{,2}$', ['a{,2}'], ['aa']],
    ['^a(?i)*$', ['', 'aa'], ['A']],
    ['^a*\\Q\\E*$', ['', 'aa'], ['b']],
    ['^(?<1>a)(?)$', ['a'], ['b']],
    ['^[a-]\\\n$', ['-\n'], ['b\n']],
  ])('%s', (pattern, matching, others) => {
    const matches = matcher(pattern)
    expect(matching.filter((text) => matches?.(text) !== true)).toEqual([])
    expect(others.filter((text) => matches?.(text) !== false)).toEqual([])
  })

  it.each([
    '(',
    ')',
    'a)',
    '(a',
    '*',
    '+a',
    '?',
    'a**',
    'a{2}{3}',
    '[a',
    'a(?=b)',
    'a(?!b)',
    '(?<=a)b',
    '(?<!a)b',
    '(a)\\1',
    '\\k<n>',
    '[z-a]',
    '(?x)a',
    '(?i-)a',
    '(?<n>a)(?P<n>b)',
    '(?<é>a)',
    'x{1001}',
    'x{1001,}',
    'x{0,1001}',
    '(x{100}){11}',
    '((x{100}){11}){0}',
    'x{2,1}',
    'x{100000000000}',
    '{2}',
    '[[:letter:]]',
    '[[:alpha:]-z',
    '[a-\\d]',
    '\\1',
    '\\8',
    '\\p{Grek}',
    '\\p{greek}',
    '(?i',
    ...['\\C', '[\\1]', '[\\b]', '\\Z', '\\G', '\\cA', '\\é', '\\u00g0', '\\xg', '\\p{Klingon}', '\\p', '\\x{110000}'],
  ])('%s is rejected', (pattern) => {
    expect(problemsIn({ eventFilters: JSON.stringify([{ key: 'a', operator: 'regex', value: pattern }]) })).toContain(
      'is not valid for regex (filter on "a"): write a regular expression of RE2',
    )
  })

  it('is rejected if it would need too much memory', () => {
    expect(matcher('(a{10}){100}')).toBeDefined()
    expect(matcher(`(${'a'.repeat(9)}){1000}`)).toBeDefined()
    expect(matcher(`(${'a'.repeat(10)}){1000}`)).toBeUndefined()
    expect(matcher('a'.repeat(9_999))).toBeDefined()
    expect(matcher('a'.repeat(10_001))).toBeUndefined()
    expect(matcher(`(${'|'.repeat(9_999)})`)).toBeUndefined()
    expect(matcher(`${'('.repeat(1_000)}${')'.repeat(1_000)}`)).toBeUndefined()
    expect(matcher(`${'('.repeat(999)}${')'.repeat(999)}`)).toBeDefined()
  })

  it.each(['^(a+)+$', '(a|a)*b', '(a|aa)+$', '(.*)*x', '(x+x+)+y', '.*.*.*.*.*=.*', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
    'cannot hang the server: %s',
    (pattern) => {
      // JavaScript's own engine would be at it for longer than the universe is old.
      expect(matcher(pattern)?.(`${'a'.repeat(9_000)}!`)).toBeDefined()
    },
  )

  it('looks at the first 10,000 characters of a text', () => {
    const matches = matcher('x$')
    expect(matches?.(`${'a'.repeat(9_999)}x${'a'.repeat(1_000_000)}`)).toBe(true)
    expect(matches?.(`${'a'.repeat(20_000)}x`)).toBe(false)
  })

  it('gives up where a large pattern would cost too much', () => {
    const large = matcher(`${'a?'.repeat(4_500)}x$`)
    expect(large?.(`${'b'.repeat(100)}x`)).toBe(true)
    expect(large?.(`${'b'.repeat(1_000)}x`)).toBe(false)
  })

  const classes = Array.from({ length: 900 }, (_, place) => `[^\\x{${(200 + place).toString(16)}}]?`).join('')
  it.each([
    ['optional characters', `${'a?'.repeat(4_500)}x$`],
    ['repetitions', `${'a*'.repeat(3_000)}x`],
    ['nested repetitions', '(.{0,3}){300}x$'],
    ['classes, each another', `${classes}x`],
    ['classes in any case', `(?i)${classes}x`],
    ['a choice', `(${'a|'.repeat(900)}b)*x`],
    ['negated sets', '[\\W\\D\\PL]{0,1000}x'],
  ])('costs an event at most some 50 milliseconds: %s', (_, pattern) => {
    const matches = matcher(pattern)
    const texts = ['a', 'ab', '1a ', 'a\n', 'é汉😀a'].map((unit) => unit.repeat(Math.ceil(10_000 / unit.length)))
    const milliseconds = texts.map((text) => {
      const before = process.cpuUsage()
      expect(matches?.(text)).toBeDefined()
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    })
    // The median, and five times the time: other programs may have the processor meanwhile.
    expect(milliseconds.sort((one, other) => one - other)[2]).toBeLessThan(250)
  })
})
