/** Property filters, and properties that they meet: of every type, missing and null, on both sides of each border. */
import fc from 'fast-check'

/** A filter as PostHog writes it. */
export interface WrittenFilter {
  readonly key: string
  readonly type?: 'event' | 'person'
  readonly operator?: string
  readonly value?: unknown
}

/** Operators that deny another, by the other. */
export const OPPOSITES = {
  exact: 'is_not',
  icontains: 'not_icontains',
  regex: 'not_regex',
  is_set: 'is_not_set',
} as const

const ORDERED = ['gt', 'gte', 'lt', 'lte']
const DATES = ['is_date_exact', 'is_date_before', 'is_date_after']

/** Few enough that filters and properties meet. */
const texts = [
  ...[
    'true',
    'false',
    'True',
    'FALSE',
    'yes',
    'on',
    '',
    ' ',
    'null',
    'undefined',
    'a',
    'A',
    'abc',
    'xABCx',
    'a%c',
    'a_c',
  ],
  ...[
    '5',
    '5.0',
    ' 5',
    '05',
    '0x5',
    '1e3',
    '1000',
    '-1',
    '+5',
    '.5',
    '5.',
    '0',
    '1',
    'Infinity',
    'NaN',
    '12x',
    '1_000',
  ],
  ...[
    '12345678901234567890',
    '12345678901234567891',
    '2024-05-01',
    '[object Object]',
    'a,b',
    '["a"]',
    "['a']",
    '{"a":1}',
  ],
  ...['\n', 'ß', 'ſ', 'K', 'k', 'İ', '😀', "it's", 'C:\\a'],
]
const scalars = fc.constantFrom<unknown>(
  ...texts,
  true,
  false,
  0,
  1,
  5,
  -1,
  5.5,
  1000,
  0.1,
  Number('12345678901234567890'),
  1e21,
)
const nested = fc.constantFrom<unknown>([], [1], ['1'], ['a'], ['a', 'b'], [null], [['a']], {}, { a: 1 }, [{ a: 1 }])

/** What a property may be; `undefined` stands for a missing one. */
export const anyFound = fc.oneof(
  { weight: 8, arbitrary: scalars },
  { weight: 2, arbitrary: nested },
  { weight: 1, arbitrary: fc.constantFrom(null, undefined) },
)

const patterns = fc.constantFrom(
  'a',
  '^a',
  'a$',
  '^$',
  '[a-c]+',
  '(?:a|b)c',
  '.',
  '\\d',
  'x.*x',
  '5',
  'null',
  '(?i)K',
  '',
)
const numbers = fc.constantFrom<unknown>('5', '5.0', ' 5', '1e3', '-1', '+5', '.5', '0', 0, 1, 5, -1, 5.5, 1000)
const days = fc.constantFrom('2024-05-01', '2024-05-01T10:00:00Z', '2024-04-30 23:59:59')

function valuesOf(operator: string): fc.Arbitrary<unknown> {
  const one = operator.endsWith('regex')
    ? patterns
    : ORDERED.includes(operator)
      ? numbers
      : DATES.includes(operator)
        ? days
        : scalars
  const list = fc.array(operator === 'exact' || operator === 'is_not' ? fc.oneof(one, nested) : one, {
    minLength: 1,
    maxLength: 3,
  })
  return fc.oneof(one, list)
}

const keys = fc.constantFrom('a', 'a.b', 'constructor', '__proto__', 'toString', '$lib', ' ')

function filterWith(operator: string, key: fc.Arbitrary<string> = keys): fc.Arbitrary<WrittenFilter> {
  return fc.record({
    key,
    operator: fc.constant(operator),
    type: fc.constantFrom('event' as const, 'person' as const),
    value: valuesOf(operator),
  })
}

export const operators = [...Object.entries(OPPOSITES).flat(), ...ORDERED, ...DATES]

const anyFilter = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...operators).chain((operator) => filterWith(operator)) },
  { weight: 1, arbitrary: filterWith('exact').map(({ operator, ...filter }): WrittenFilter => filter) },
)

const properties = fc
  .array(fc.tuple(keys, anyFound), { maxLength: 5 })
  .map((entries): Record<string, unknown> => Object.fromEntries(entries.filter(([, value]) => value !== undefined)))

/** One to three filters, which must all match, and what they are held against. */
export const filterCase = fc.record({
  filters: fc.array(anyFilter, { minLength: 1, maxLength: 3 }),
  event: properties,
  person: properties,
})

/** One filter on the event property `a`, and the property. */
export const propertyCase = fc
  .constantFrom(...operators)
  .chain((operator) => fc.record({ operator: fc.constant(operator), value: valuesOf(operator), found: anyFound }))

/** A filter with its opposite, and the property. */
export const oppositesCase = fc
  .constantFrom(...(Object.keys(OPPOSITES) as (keyof typeof OPPOSITES)[]))
  .chain((operator) => fc.record({ operator: fc.constant(operator), value: valuesOf(operator), found: anyFound }))

/** PostHog's operators by their plain notation. */
const plainOperators = {
  ...{ '=': 'exact', '!=': 'is_not', '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' },
  ...{ contains: 'icontains', 'not contains': 'not_icontains', matches: 'regex' },
  ...{ 'is set': 'is_set', 'is not set': 'is_not_set' },
} as const

const plainTexts = ['a', 'A', 'abc', '5', '5.0', '1e3', '-1', '0', 'true', 'Yes', 'two words', "the user's", 'a.b']
const plainNumbers = ['5', '5.0', '1e3', '-1', '0']
const plainPatterns = ['a', '^a', 'a$', '[a-c]+', '(?:a|b)c', '\\d', 'x.*x', 'a;b', '[^=]', '5*']
const plainKeys = fc.constantFrom('a', 'a.b', 'full name', '$lib', 'constructor')

/** One filter in both notations. */
const plainFilter = fc
  .constantFrom(...(Object.keys(plainOperators) as (keyof typeof plainOperators)[]))
  .chain((sign) => {
    const operator = plainOperators[sign]
    const written = ORDERED.includes(operator) ? plainNumbers : operator === 'regex' ? plainPatterns : plainTexts
    return fc.record({
      ...{ sign: fc.constant(sign), operator: fc.constant(operator), key: plainKeys },
      type: fc.constantFrom('event' as const, 'person' as const),
      value: fc.constantFrom(...written),
      blank: fc.constantFrom(' ', '  '),
      isTight: fc.boolean(),
      isUpperCase: fc.boolean(),
    })
  })
  .map(({ sign, operator, key, type, value, blank, isTight, isUpperCase }) => {
    const between = isTight && !/[a-z]/.test(sign) ? '' : blank
    const property = type === 'person' ? `person.${key}` : key
    const word = isUpperCase ? sign.toUpperCase() : sign
    const ending = operator.endsWith('set') ? '' : between + value
    const filter: WrittenFilter = { key, type, operator, ...(!operator.endsWith('set') && { value }) }
    return { text: property + between + word + ending, filter }
  })

/** A property near the value of a filter, so that each operator meets both sides of its border. */
function near({ value }: WrittenFilter): fc.Arbitrary<unknown> {
  const text = typeof value === 'string' ? value : 'a'
  const number = Number(text)
  return fc.constantFrom<unknown>(text, text.toUpperCase(), `${text}x`, number, number + 1, number - 1, true)
}

const plainFilters = fc.array(plainFilter, { minLength: 1, maxLength: 2 }).chain((written) =>
  fc.record({
    written: fc.constant(written),
    separator: fc.constantFrom(',', ', ', ' , ', ',\n'),
    found: fc.tuple(...written.map(({ filter: one }) => fc.oneof(near(one), anyFound))),
  }),
)

/** One or two filters in both notations, and the properties that they look at. */
export const plainFilterCase = plainFilters.map(({ written, separator, found }) => {
  const propertiesOf = (type: string): Record<string, unknown> => {
    const entries = written.map(({ filter: one }, place) => [one, found[place]] as const)
    const present = entries.filter(([one, value]) => one.type === type && value !== undefined)
    return Object.fromEntries(present.map(([one, value]) => [one.key, value]))
  }
  return {
    text: written.map(({ text }) => text).join(separator),
    filters: written.map(({ filter: one }) => one),
    ...{ event: propertiesOf('event'), person: propertiesOf('person') },
  }
})

const HOUR = 3_600_000
const DAY = 24 * HOUR
const someTime = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2090, 0) })
const isoText = (time: number): string => new Date(time).toISOString()

/** The forms of a moment that people have. */
const notations: readonly ((time: number) => unknown)[] = [
  isoText,
  (time) => isoText(time).replace('T', ' ').replace('Z', ''),
  (time) => isoText(time).replace('T', ' ').replace('Z', ' UTC'),
  (time) => isoText(time).replace('Z', '456+0000'),
  (time) => isoText(time + 2 * HOUR).replace('Z', '+02:00'),
  (time) => isoText(time - 5.5 * HOUR).replace('Z', ' -0530'),
  (time) => isoText(time).replace(/[-:]/g, '').replace('.', ','),
  (time) => time,
  String,
  (time) => time / 1000,
  (time) => (time / 1000).toFixed(3),
]

/** Two times, near each other as a rule, of which the one is written in the filter and the other in the property. */
export const dateCase = fc
  .record({
    operator: fc.constantFrom('is_date_exact', 'is_date_before', 'is_date_after'),
    time: someTime,
    apart: fc.oneof(fc.constant(0), fc.integer({ min: -2 * DAY, max: 2 * DAY }), fc.constantFrom(1, -1, DAY, -DAY)),
    inFilter: fc.oneof(fc.constant('day' as const), fc.nat(notations.length - 1)),
    inProperty: fc.nat(notations.length - 1),
  })
  .map(({ operator, time, apart, inFilter, inProperty }) => {
    const start = inFilter === 'day' ? time - (time % DAY) : time
    const end = inFilter === 'day' ? start + DAY - 1 : start
    const value = inFilter === 'day' ? isoText(start).slice(0, 10) : notations[inFilter]?.(start)
    const moment = start + apart
    const matches = {
      is_date_exact: moment >= start && moment <= end,
      is_date_before: moment < start,
      is_date_after: moment > end,
    }[operator]
    return { filter: { key: 'at', operator, value }, property: notations[inProperty]?.(moment), matches }
  })
