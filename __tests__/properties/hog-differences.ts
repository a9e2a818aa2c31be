/**
 * Where PostHog's Hog VM, in which its filters run today, answers otherwise than PostHog's page on property filters says.
 * The page wins in both editions: each row has the reason, and a filter in which the two differ.
 */
export interface FilterCase {
  readonly operator: string
  readonly value: unknown
  readonly found: unknown
}

export interface HogDifference {
  readonly because: string
  readonly example: FilterCase
  readonly applies: (one: FilterCase) => boolean
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isNothing = (value: unknown): boolean => value === null || value === undefined
const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null
const isDecimal = (text: string): boolean => /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text)
const isDecimalText = (value: unknown): boolean => isText(value) && isDecimal(value)
const isBooleanText = (value: unknown): boolean => isText(value) && /^(true|false)$/i.test(value)
const valuesOf = ({ value }: FilterCase): readonly unknown[] => (Array.isArray(value) ? value : [value])

const searches = ({ operator }: FilterCase): boolean => operator.endsWith('contains') || operator.endsWith('regex')
const equates = ({ operator }: FilterCase): boolean => operator === 'exact' || operator === 'is_not'
const orders = ({ operator }: FilterCase): boolean => /^[gl]te?$/.test(operator)
const compares = (one: FilterCase): boolean => equates(one) || orders(one)

/** True if one of the two is of the first kind and the other of the second. */
function meet(one: FilterCase, isFirst: (side: unknown) => boolean, isSecond: (side: unknown) => boolean): boolean {
  const { found } = one
  return valuesOf(one).some((value) => (isFirst(found) && isSecond(value)) || (isFirst(value) && isSecond(found)))
}

export const hogDifferences: readonly HogDifference[] = [
  {
    because: 'a missing property has no text; Hog searches the text "null"',
    example: { operator: 'icontains', value: 'nul', found: undefined },
    applies: (one) => searches(one) && isNothing(one.found),
  },
  {
    because: 'a missing property has no number; Hog counts it as 0',
    example: { operator: 'lt', value: 5, found: null },
    applies: (one) => orders(one) && isNothing(one.found),
  },
  {
    because: 'a text that is no number in decimal notation is none; Hog reads "" as 0, "0x5" as 5 and "Infinity"',
    example: { operator: 'exact', value: 0, found: '' },
    applies: (one) =>
      compares(one) &&
      meet(
        one,
        (side) => typeof side === 'number',
        (side) => isText(side) && !isDecimal(side),
      ),
  },
  {
    because: 'texts that are numbers or booleans compare as such; Hog compares two texts letter by letter',
    example: { operator: 'gt', value: '100', found: '49.5' },
    applies: (one) =>
      (orders(one) && meet(one, isText, isText)) ||
      (equates(one) && (meet(one, isDecimalText, isDecimalText) || meet(one, isBooleanText, isBooleanText))),
  },
  {
    because: 'true is no number; Hog counts it as 1',
    example: { operator: 'exact', value: 1, found: true },
    applies: (one) =>
      compares(one) &&
      meet(
        one,
        (side) => typeof side === 'boolean',
        (side) => typeof side === 'number',
      ),
  },
  {
    because: 'only true and false, in any case, are booleans; Hog takes each text but "true" for false',
    example: { operator: 'exact', value: 'pro', found: false },
    applies: (one) =>
      compares(one) &&
      meet(
        one,
        (side) => typeof side === 'boolean',
        (side) => isText(side) && !/^(true|false)$/.test(side),
      ),
  },
  {
    because: 'true is no number; Hog orders it',
    example: { operator: 'gt', value: '0', found: true },
    applies: (one) => orders(one) && typeof one.found === 'boolean',
  },
  {
    because: 'one value in a list means the same as alone; Hog compares several without converting them',
    example: { operator: 'exact', value: ['5', '6'], found: 5 },
    applies: (one) =>
      equates(one) && valuesOf(one).length > 1 && valuesOf(one).some((value) => typeof value !== typeof one.found),
  },
  {
    because:
      'lists and objects compare as their JSON; for Hog none equals another, and it orders them as JavaScript does',
    example: { operator: 'exact', value: '["a"]', found: ['a'] },
    applies: (one) => compares(one) && (isNested(one.found) || valuesOf(one).some(isNested)),
  },
  {
    because: 'the text of a list or an object is its JSON; Hog writes it with single quotes and blanks',
    example: { operator: 'icontains', value: '["a"]', found: ['a'] },
    applies: (one) => searches(one) && isNested(one.found),
  },
  {
    because: '% and _ stand for themselves; Hog takes them for wildcards if there is one value',
    example: { operator: 'icontains', value: 'a_c', found: 'abc' },
    applies: (one) =>
      one.operator.endsWith('contains') && valuesOf(one).length === 1 && /[%_]/.test(String(valuesOf(one)[0])),
  },
  {
    because: 'capitals are those of JavaScript; Hog takes ſ and K for s and k if there is one value',
    example: { operator: 'icontains', value: 's', found: 'ſ' },
    applies: (one) =>
      one.operator.endsWith('contains') &&
      valuesOf(one).length === 1 &&
      [one.found, ...valuesOf(one)].some((side) => /[^\0-\x7f]/.test(String(side))),
  },
  {
    because: 'an empty text may match an expression, and an empty expression matches each text; for Hog neither does',
    example: { operator: 'regex', value: '^$', found: '' },
    applies: (one) => one.operator.endsWith('regex') && (one.found === '' || valuesOf(one).includes('')),
  },
  {
    because: 'a day is a whole day; for Hog it is the midnight at its start',
    example: { operator: 'is_date_exact', value: '2024-05-01', found: '2024-05-01T10:00:00Z' },
    applies: (one) =>
      one.operator.startsWith('is_date') && valuesOf(one).some((value) => /^\d{4}-\d\d-\d\d$/.test(String(value))),
  },
  {
    because:
      'Unix times, " UTC", blanks before offsets and dates without hyphens are dates, too; Hog reads none of them',
    example: { operator: 'is_date_after', value: '2024-05-01T00:00:00Z', found: 1772323200 },
    applies: (one) =>
      one.operator.startsWith('is_date') &&
      [one.found, ...valuesOf(one)].some(
        (side) => !/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(String(side)),
      ),
  },
]
