import fc from 'fast-check'
import type { CapturedEvent } from '../../src/posthog/event'

/** Text of any UTF-16 units: halves of surrogate pairs, line breaks and control characters too. */
const anyUnits = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 12 })

/** Any text, mostly short. */
export const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: anyUnits },
)

const MEGABYTE = 1_000_000
const longTexts = [
  ...['x', '"', '\u0001', '😀', '\ud83d', ' ', 'ab, '].flatMap((unit) => [unit.repeat(249), unit.repeat(700)]),
  `x${'😀'.repeat(249)}`,
  `ada@${'\ud83d'.repeat(100)}.example`,
]
const hugeTexts = ['x', '😀', '\ud83d', '@', ' '].map((unit) => unit.repeat(MEGABYTE / unit.length))

/** Names that JavaScript, PostHog, Loops or the settings' notation give a meaning. */
const specialNames = [
  ...['email', 'userId', 'eventName', 'eventProperties', 'mailingLists', 'id', 'listId', 'teamId', 'updatedAt'],
  ...['softDeleteAt', 'optInStatus', 'subscribed', 'firstName', 'createdAt', 'source', 'token', 'distinct_id', 'login'],
  ...[
    '$device_id',
    '$is_identified',
    '$pathname',
    '$set',
    '$set_once',
    '$unset',
    '$',
    'plan',
    'company',
    'a',
    'a.b',
    'b',
  ],
  ...[
    'company.name',
    'full name',
    ' a',
    'a ',
    '',
    ' ',
    '.',
    '..',
    '0',
    '1',
    '-1',
    'length',
    '😀',
    '\ud83d',
    'a:b',
    'a,b',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'valueOf',
    'toJSON',
    'then',
    'hasOwnProperty',
    '{a}',
    'a\nb',
  ],
  ...['n'.repeat(498), 'n'.repeat(499), '"'.repeat(250)],
]

/** Names of properties; settings use the same, so that they meet. */
export const propertyName = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('email', 'plan', 'company', 'subscribed', '$pathname', 'a') },
  { weight: 5, arbitrary: fc.constantFrom(...specialNames) },
  { weight: 1, arbitrary: anyText },
)

const scalars = fc.oneof(
  { weight: 8, arbitrary: anyText },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '',
      'True',
      'false',
      'no',
      '1',
      'null',
      'undefined',
      'phc_project',
      'ada@example.com',
      'user_1',
      'pro',
    ),
  },
  { weight: 4, arbitrary: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })) },
  { weight: 3, arbitrary: fc.boolean() },
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom(...longTexts) },
)

/** What `String()` and `JSON.stringify` would call, if it were a function. */
const uncallable = fc.constantFrom<unknown>(
  { toString: 1, valueOf: 1 },
  { toJSON: 'x', constructor: null },
  { length: 3, 0: 'a' },
)

/** A list or an object in itself, so many times. */
function nested([depth, isList]: [number, boolean]): unknown {
  let value: unknown = 'inside'
  for (let level = 0; level < depth; level++) value = isList ? [value] : { a: value }
  return value
}

/** Objects whose own `__proto__` is a property like any other, as `JSON.parse` makes them. */
export function objectOf(value: fc.Arbitrary<unknown>, maxLength: number): fc.Arbitrary<Record<string, unknown>> {
  return fc.array(fc.tuple(propertyName, value), { maxLength }).map((entries) => Object.fromEntries(entries))
}

/** Any value that JSON knows: wide, deep and long ones seldom, since each takes time. */
export const jsonValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 120, arbitrary: scalars },
  { weight: 16, arbitrary: fc.array(scalars, { maxLength: 4 }) },
  { weight: 16, arbitrary: objectOf(scalars, 4) },
  { weight: 6, arbitrary: uncallable },
  { weight: 8, arbitrary: objectOf(fc.oneof(scalars, objectOf(scalars, 2), fc.array(fc.array(scalars))), 3) },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 100, max: 3000 }), fc.boolean()).map(nested) },
  { weight: 1, arbitrary: fc.constantFrom(...hugeTexts) },
)

const manyProperties = fc
  .tuple(fc.integer({ min: 1000, max: 10_000 }), jsonValue)
  .map(([count, value]) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`property ${index}`, value])),
  )

const someProperties = fc.oneof(
  { weight: 60, arbitrary: objectOf(jsonValue, 8) },
  { weight: 1, arbitrary: manyProperties },
)

/** What settings ask for as a rule, and names that the contact must not have. */
const likelyProperties = fc.record(
  {
    email: fc.constantFrom('ada@example.com', ' Bob@Example.com\n', 'eve@example.net', 'al@a.Example.com', 'unknown'),
    plan: fc.constantFrom('pro', 1, false, 'off'),
    createdAt: fc.constantFrom(1599264000, '1599264000', 1599264000000, '2020-09-05', -1.5, 1e11),
    teamId: fc.constant(1),
    subscribed: fc.constantFrom(true, 'yes', 'OFF', 0),
    mailingLists: fc.constant({ l1: 'True', l2: 0, l3: 'maybe' }),
  },
  { requiredKeys: [] },
)

/** What should be an object of person properties. */
const personChanges = fc.oneof(
  { weight: 6, arbitrary: someProperties },
  { weight: 6, arbitrary: likelyProperties },
  { weight: 2, arbitrary: jsonValue },
  { weight: 1, arbitrary: fc.constant(undefined) },
)

const unset = fc.oneof(
  { weight: 4, arbitrary: fc.array(propertyName, { maxLength: 3 }) },
  { weight: 2, arbitrary: objectOf(scalars, 3) },
  { weight: 1, arbitrary: jsonValue },
)

const mobileSdks = ['posthog-react-native', 'posthog-ios', 'posthog-android', 'posthog-flutter', 'posthog-js-lite']
/** As mobile SDKs make them. */
const uuid7 = '019a722d-e216-7ab1-8568-77f33fac4303'

/** What SDKs write of the person, the device and themselves. */
const sdkProperties = fc.record(
  {
    $is_identified: fc.constantFrom(true, false, true, false, null),
    $device_id: fc.constantFrom('user_1', 'device', null),
    $user_id: fc.constantFrom('user_1', 'device', null),
    $lib: fc.constantFrom('web', 'web', 'posthog-node', ...mobileSdks),
    $anon_distinct_id: fc.constantFrom('user_1', 'device', uuid7, '', null),
    $process_person_profile: fc.constantFrom(true, true, false),
    $cookieless_mode: fc.constantFrom(false, false, true),
  },
  { requiredKeys: [] },
)

const properties = fc
  .tuple(
    someProperties,
    likelyProperties,
    fc.record({ $set: personChanges, $set_once: personChanges, $unset: unset }, { requiredKeys: ['$set'] }),
    fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 3, arbitrary: sdkProperties }),
  )
  .map((parts): Record<string, unknown> => Object.fromEntries(parts.flatMap((part) => Object.entries(part))))

const anonymousIds = ['cookieless_4f1', '$posthog_cookieless', '$company_acme', '$', 'cookieless', 'Cookieless_a']
const sharedIds = ['anonymous', 'Guest', 'distinct_id', 'id', 'null', '"undefined"', "''", ' 0 ', '[object Object]', '']

/** What tells a person: IDs that are someone's own, and those that many share. */
export const distinctId = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('user_1', 'device', 'ada@example.com') },
  { weight: 2, arbitrary: fc.constantFrom(uuid7, uuid7.toUpperCase()) },
  { weight: 2, arbitrary: fc.constantFrom(...sharedIds, ...anonymousIds) },
  { weight: 2, arbitrary: anyText },
  { weight: 1, arbitrary: fc.constantFrom(...longTexts) },
)

const timestamp = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  anyText,
  fc.date({ noInvalidDate: false }),
)

const uuid = fc.oneof(fc.uuid(), anyText, fc.constantFrom('a\r\nX-Evil: 1', 'a'.repeat(100), 'a'.repeat(101), ''))

/** Names of events; patterns in the settings match some of them. */
export const eventName = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('purchase', '$identify', '$set', '$pageview', 'order paid', 'a:b', '__proto__'),
  },
  { weight: 2, arbitrary: anyText },
  { weight: 1, arbitrary: fc.constantFrom(...longTexts) },
)

/** Any event that a server may hand to a hook, and some that it never does. */
export const capturedEvent: fc.Arbitrary<CapturedEvent> = fc.record(
  {
    uuid,
    event: eventName,
    distinct_id: distinctId,
    timestamp,
    properties: fc.oneof(
      { weight: 30, arbitrary: properties },
      { weight: 1, arbitrary: fc.constant(null as unknown as Record<string, unknown>) },
    ),
    $set: personChanges,
    $set_once: personChanges,
  },
  { requiredKeys: ['event', 'distinct_id', 'timestamp'] },
)

/** Freezes without recursion, so that depth is no limit. From then on a change to the value throws. */
export function frozen<Value>(value: Value): Value {
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue
    Object.freeze(next)
    for (const inner of Object.values(next)) waiting.push(inner)
  }
  return value
}
