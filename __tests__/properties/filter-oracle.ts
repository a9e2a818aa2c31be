import fc from 'fast-check'

/** A filter as PostHog writes it. */
export interface WrittenFilter {
  readonly key: string
  readonly type?: 'event' | 'person'
  readonly operator?: string
  readonly value?: unknown
}

const trueWords = ['y', 'yes', 't', 'true', 'on', '1']
const falseWords = ['n', 'no', 'f', 'false', 'off', '0']

/** As ClickHouse casts: the words for true and false first, then what JavaScript makes a number of. */
function cast(value: unknown): number {
  const word = String(value).toLowerCase()
  if (trueWords.includes(word)) return 1
  return falseWords.includes(word) ? 0 : Number(value)
}

function nullAsText(value: unknown): unknown {
  return value === null ? 'null' : value
}

type Comparison = (found: unknown, listed: unknown) => boolean

/** Compares first as JavaScript does; values of different types once more as numbers. */
function compared(compare: Comparison): Comparison {
  return (found, listed) => {
    const [left, right] = [nullAsText(found), nullAsText(listed)]
    return compare(left, right) || (typeof left !== typeof right && compare(cast(left), cast(right)))
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** JavaScript's own comparisons, of whatever there is. */
const ordered: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  gt: (left, right) => left > right,
  gte: (left, right) => left >= right,
  lt: (left, right) => left < right,
  lte: (left, right) => left <= right,
}

const comparisons: Readonly<Record<string, Comparison>> = {
  exact: compared((left, right) => left == right),
  is_not: compared((left, right) => left != right),
  icontains: (found, listed) => String(found).toLowerCase().includes(textOf(listed).toLowerCase()),
  regex: (found, listed) => new RegExp(textOf(listed)).test(String(found)),
  is_set: () => true,
  is_not_set: () => false,
  ...Object.fromEntries(
    Object.entries(ordered).map(([name, order]): [string, Comparison] => [
      name,
      (found, listed) => order(cast(nullAsText(found)), cast(nullAsText(listed))),
    ]),
  ),
}

const takesText = ['icontains', 'not_icontains', 'regex', 'not_regex']
const holdsWithoutProperty = ['is_not', 'not_icontains', 'not_regex', 'is_not_set']

/** Whether PostHog's action matcher lets the properties pass. */
export function passesFilter(filter: WrittenFilter, properties: Readonly<Record<string, unknown>>): boolean {
  const { operator = 'exact' } = filter
  const found = Object.hasOwn(properties, filter.key) ? properties[filter.key] : undefined
  const isWrongType =
    (takesText.includes(operator) && typeof found !== 'string') ||
    (operator in ordered && typeof found !== 'number' && typeof found !== 'boolean')
  if (found === undefined || isWrongType) return holdsWithoutProperty.includes(operator)
  // Filters come from another text than the event, so that an object is never the same as that of the event.
  const value = JSON.parse(JSON.stringify(filter.value ?? null)) as unknown
  const listed: unknown[] = Array.isArray(value) ? value : [value]
  const opposite = comparisons[operator.replace('not_', '')]
  const comparison = comparisons[operator]
  return listed.some((one) => (comparison ? comparison(found, one) : opposite?.(found, one) === false))
}

/** Few enough that filters and properties meet, of every type and on both sides of each cast. */
const values = fc.constantFrom<unknown>(
  ...[
    ...trueWords,
    ...falseWords,
    'Yes',
    'OFF',
    '',
    ' ',
    'null',
    'a',
    'A',
    'abc',
    'xABCx',
    '5',
    '5.0',
    ' 5',
    '0x5',
    '1e3',
  ],
  ...[null, true, false, 0, 1, 5, -1, 5.5, 1000, 'Infinity', '2024-05-01', '[object Object]', 'a,b', ',', '["a"]'],
  ...[[], [1], ['1'], ['a'], ['a', 'b'], [null], [null, null], [['a']], {}, { a: 1 }, [{ a: 1 }]],
)
const patterns = fc.constantFrom(
  'a',
  '^a',
  'a$',
  '^$',
  '',
  '[a-c]+',
  '(?:a|b)c',
  '.',
  '\\d',
  'x.*x',
  '5',
  5,
  true,
  null,
  ['a'],
)
const numbers = values.filter((value) => !Number.isNaN(cast(nullAsText(value))))

const keys = fc.constantFrom('a', 'a.b', 'constructor', '__proto__', 'toString', '$lib', ' ')

function listOr(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const isOne = (one: unknown): boolean => !Array.isArray(one)
  return fc.oneof(value.filter(isOne), fc.array(value, { minLength: 1, maxLength: 3 }))
}

function valuesOf(operator: string): fc.Arbitrary<unknown> {
  if (operator.endsWith('regex')) return listOr(patterns)
  return listOr(operator in ordered ? numbers : values)
}

const operators = [...Object.keys(comparisons), 'not_icontains', 'not_regex']
const anyFilter: fc.Arbitrary<WrittenFilter> = fc
  .tuple(fc.constantFrom(...operators), fc.boolean())
  .chain(([operator, isNamed]) =>
    fc.record({
      key: keys,
      ...(isNamed || operator !== 'exact' ? { operator: fc.constant(operator) } : {}),
      type: fc.constantFrom('event' as const, 'person' as const),
      value: valuesOf(operator),
    }),
  )

const properties = fc
  .array(fc.tuple(keys, values), { maxLength: 4 })
  .map((entries): Record<string, unknown> => Object.fromEntries(entries))

/** One to three filters, which must all pass, and what they are held against. */
export const filterCase = fc.record({
  filters: fc.array(anyFilter, { minLength: 1, maxLength: 3 }),
  event: properties,
  person: properties,
})

/** PostHog's operators by their plain notation. */
const plainOperators = {
  ...{ '=': 'exact', '!=': 'is_not', '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' },
  ...{ contains: 'icontains', 'not contains': 'not_icontains', matches: 'regex' },
  ...{ 'is set': 'is_set', 'is not set': 'is_not_set' },
} as const

const plainTexts = [
  'a',
  'A',
  'abc',
  '5',
  '5.0',
  '1e3',
  '-1',
  '0',
  'true',
  'Yes',
  'null',
  'two words',
  "the user's",
  'a.b',
]
const plainPatterns = ['a', '^a', 'a$', '[a-c]+', '(?:a|b)c', '\\d', 'x.*x', 'a;b', '[^=]', '5*']
const plainKeys = fc.constantFrom('a', 'a.b', 'full name', '$lib', 'constructor')

/** One filter in both notations. */
const plainFilter = fc
  .constantFrom(...(Object.keys(plainOperators) as (keyof typeof plainOperators)[]))
  .chain((sign) => {
    const operator = plainOperators[sign]
    const isNumber = (text: string): boolean => !Number.isNaN(cast(text))
    const texts = operator in ordered ? plainTexts.filter(isNumber) : plainTexts
    return fc.record({
      ...{ sign: fc.constant(sign), operator: fc.constant(operator), key: plainKeys },
      type: fc.constantFrom('event' as const, 'person' as const),
      value: fc.constantFrom(...(operator === 'regex' ? plainPatterns : texts)),
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
  return fc.constantFrom<unknown>(
    text,
    text.toUpperCase(),
    `${text}x`,
    cast(text),
    cast(text) + 1,
    cast(text) - 1,
    true,
  )
}

const plainFilters = fc.array(plainFilter, { minLength: 1, maxLength: 2 }).chain((written) =>
  fc.record({
    written: fc.constant(written),
    separator: fc.constantFrom(',', ', ', ' , ', ',\n'),
    found: fc.tuple(...written.map(({ filter: one }) => fc.oneof(near(one), values, fc.constant(undefined)))),
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

const DAY = 86_400_000
const someTime = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2090, 0) })
const notations: readonly ((time: number) => unknown)[] = [
  (time) => new Date(time).toISOString(),
  (time) => new Date(time).toISOString().replace('T', ' ').replace('Z', ''),
  (time) => new Date(time + DAY / 12).toISOString().replace('Z', '+02:00'),
  (time) => time,
]

/** Two times, near each other as a rule, of which the one is written in the filter and the other in the property. */
export const dateCase = fc
  .record({
    operator: fc.constantFrom('is_date_exact', 'is_date_before', 'is_date_after'),
    time: someTime,
    apart: fc.oneof(fc.constant(0), fc.integer({ min: -2 * DAY, max: 2 * DAY }), fc.constantFrom(1, -1, DAY, -DAY)),
    inFilter: fc.constantFrom('day' as const, 0, 1, 2, 3),
    inProperty: fc.constantFrom(0, 1, 2, 3),
  })
  .map(({ operator, time, apart, inFilter, inProperty }) => {
    const start = inFilter === 'day' ? time - (time % DAY) : time
    const end = inFilter === 'day' ? start + DAY - 1 : start
    const value = inFilter === 'day' ? new Date(start).toISOString().slice(0, 10) : notations[inFilter]?.(start)
    const moment = start + apart
    const holds = {
      is_date_exact: moment >= start && moment <= end,
      is_date_before: moment < start,
      is_date_after: moment > end,
    }[operator]
    return { filter: { key: 'at', operator, value }, property: notations[inProperty]?.(moment), holds }
  })
