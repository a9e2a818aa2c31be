import fc from 'fast-check'
import { settingFields } from '../../src/settings/field'
import type { Config, SettingKey } from '../../src/settings/field'
import { anyText, propertyName } from './events'

/** A part of a template, as it was meant before it is written down. */
export type Part =
  | { readonly text: string }
  | { readonly event: 'event' | 'uuid' | 'distinct_id' | 'timestamp' }
  | { readonly eventProperty: string }
  | { readonly personProperty: string }
  | { readonly personId: true }

export type Parts = readonly Part[]

/** A mapping or the mailing lists, as meant. */
export type MeantMapping = readonly (readonly [name: string, value: Parts | string | number | boolean])[]

/** Settings as meant, beside the texts that say the same. */
export interface MeantSettings {
  readonly config: Config & { readonly apiKey: string }
  readonly email: readonly Parts[]
  readonly userId: Parts
  readonly excludedEmails: readonly string[]
  readonly eventMapping: MeantMapping
  readonly contactMapping: MeantMapping
  readonly eventMailingLists: MeantMapping
  readonly contactMailingLists: MeantMapping
}

/** A key such as Loops gives out, or of any characters that RFC 6750 allows behind `Bearer`. */
export const anyKey = fc
  .tuple(fc.constantFrom('0123456789abcdef', 'ABCxyz019-._~+/'), fc.constantFrom('', '', '=', '=='))
  .chain(([signs, end]) =>
    fc
      .string({ unit: fc.constantFrom(...Array.from(signs)), minLength: 20, maxLength: 40 })
      .map((beginning) => beginning + end),
  )

/** The notation has no way to name a property with braces, or with a blank at its end. */
const placeholderName = propertyName.filter((name) => name !== '' && !/[{}]/.test(name) && name.trimEnd() === name)

const ownPart: fc.Arbitrary<Part> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ event: 'distinct_id' } as const) },
  { weight: 4, arbitrary: placeholderName.map((name) => ({ eventProperty: name })) },
  { weight: 6, arbitrary: placeholderName.map((name) => ({ personProperty: name })) },
  { weight: 1, arbitrary: fc.constant({ personId: true } as const) },
)
const textPart = fc.constantFrom('acc-', '@example.org', '-', 'é', '😀', '[', '"').map((text) => ({ text }))
const part: fc.Arbitrary<Part> = fc.oneof(
  { weight: 4, arbitrary: ownPart },
  { weight: 1, arbitrary: fc.constantFrom('event', 'uuid', 'timestamp').map((event) => ({ event }) as const) },
  { weight: 1, arbitrary: textPart },
)

/** A template that differs from person to person. */
const ownTemplate: fc.Arbitrary<Parts> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(ownPart) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.array(textPart, { maxLength: 1 }), ownPart, fc.array(fc.oneof(ownPart, textPart), { maxLength: 2 }))
      .map((parts) => parts.flat()),
  },
)
const template: fc.Arbitrary<Parts> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(ownPart) },
  { weight: 1, arbitrary: fc.array(part, { maxLength: 4 }) },
)

/** The template in the notation of the settings. */
export function written(parts: Parts): string {
  return parts
    .map((one) => {
      if ('text' in one) return one.text
      if ('event' in one) return `{event.${one.event}}`
      if ('eventProperty' in one) return `{event.properties.${one.eventProperty}}`
      return 'personProperty' in one ? `{person.properties.${one.personProperty}}` : '{person.id}'
    })
    .join('')
}

/** A template of which an address may come: no address has these signs, two `@`, or a domain from nowhere. */
const addressTemplate = ownTemplate.filter((parts) => {
  const text = parts.map((one) => ('text' in one ? one.text : '{}')).join('')
  return !/["[]|@.*@|^@/.test(text) && (parts.filter((one) => !('text' in one)).length < 2 || text.includes('@'))
})

/**
 * True for a text that says the same in JSON and outside it: without the signs that separate, quote or compute, without
 * blanks and dots where a name has none, and not in the notation of a regular expression.
 */
function isPlain(text: string): boolean {
  return (
    /^[\p{L}\p{N}_$@.{}:*!😀 -]+$/u.test(text) &&
    !/^[ .-]|^![ .-]|\.[ .]|[ .]$|[ .]\}| [-*]|\.\*[.}]|\} |: |^(?:null|undefined)$/.test(text)
  )
}

/** Written with commas where that says the same, and in JSON elsewhere. */
export function writtenList(entries: readonly string[]): string {
  return entries.every(isPlain) ? entries.join(' , ') : JSON.stringify(entries)
}

function writtenMapping(mapping: MeantMapping): string {
  const entries = mapping.map(([name, value]) => [name, typeof value === 'object' ? written(value) : value] as const)
  const isPlainMapping = entries.every(
    ([name, value]) =>
      /^[\w$]+$/.test(name) &&
      typeof value === 'string' &&
      name !== value &&
      isPlain(value) &&
      /\{|^[a-z]+$/.test(value),
  )
  if (isPlainMapping) return entries.map(([name, value]) => `${name}: ${value}`).join(', ')
  return writtenObject(entries)
}

/** JSON with its keys in the order given, `__proto__` too. */
export function writtenObject(entries: readonly (readonly [string, unknown])[]): string {
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(', ')}}`
}

const OWN_SETTING = ['email', 'userId', 'eventName', 'eventProperties', 'mailingLists']
const RESERVED = ['id', 'listId', 'softDeleteAt', 'teamId', 'updatedAt', 'optInStatus']

const eventMappingName = propertyName.filter(
  (name) => name !== '' && name.trim() === name && name !== '__proto__' && JSON.stringify(name).length <= 500,
)
/** The mapping without a text for `subscribed`, which is true or false. */
const contactMapping = mappingOf(
  eventMappingName.filter((name) => ![...OWN_SETTING, ...RESERVED].includes(name)),
).filter((mapping) => mapping.every(([name, value]) => name !== 'subscribed' || isChoice(value)))

function isChoice(value: Parts | string | number | boolean): boolean {
  if (typeof value === 'object') return value.length === 1 && value.every((one) => !('text' in one))
  return ['true', 'false'].includes(String(value))
}

function mappingOf(name: fc.Arbitrary<string>): fc.Arbitrary<MeantMapping> {
  const value = fc.oneof(
    { weight: 6, arbitrary: template },
    {
      weight: 1,
      arbitrary: fc.oneof(
        fc.boolean(),
        fc.integer(),
        anyText.filter((text) => !/[{}]/.test(text)),
      ),
    },
  )
  return fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 5 })
}

const mailingLists: fc.Arbitrary<MeantMapping> = fc.uniqueArray(
  fc.tuple(eventMappingName, fc.oneof(fc.boolean(), fc.tuple(ownPart), fc.constantFrom('true', 'false'))),
  { selector: ([id]) => id, maxLength: 3 },
)

const filter = fc.record({
  key: propertyName.filter((key) => key !== ''),
  type: fc.constantFrom('event', 'person'),
  operator: fc.constantFrom('exact', 'is_not', 'icontains', 'not_icontains', 'is_set', 'is_not_set', 'is_not_set'),
  value: fc.oneof(anyText, fc.constantFrom('pro', 1, true)),
})
const filters = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.array(filter, { maxLength: 2 }).map((list) => JSON.stringify(list)) },
)

const sendAll = ['*', '*, !other*', '["*"]', '{"purchase": "Bought: it", "*": "Any"}', '*, !$identify']
const someEvents = ['', 'purchase', '$identify, $set', '$*, purchase', 'a:b, order*']
const yesOrNo = fc.constantFrom('Yes', 'No')

function isKnownToEvents(parts: Parts): boolean {
  return parts.every((one) => !('personId' in one))
}

/** Settings that are right, so that the app must take them. */
export const meantSettings: fc.Arbitrary<MeantSettings> = fc
  .record({
    apiKey: anyKey,
    email: fc.array(addressTemplate, { minLength: 1, maxLength: 3 }),
    userId: fc.oneof(
      ownTemplate.filter(isKnownToEvents),
      fc.constant([{ event: 'distinct_id' }] as const),
      fc.constant([]),
    ),
    excludedEmails: fc.subarray([
      ...['example.com', '@Example.ORG', '*@example.net', '*.Example.com', 'ADA@example.net', 'bob@example.com'],
    ]),
    trackedEvents: fc.constantFrom(...sendAll, ...someEvents),
    eventFilters: filters,
    eventMapping: mappingOf(eventMappingName),
    includeAllEventProperties: yesOrNo,
    eventMailingLists: mailingLists,
    contactEvents: fc.constantFrom('*', '["*"]', ...someEvents),
    contactFilters: filters,
    contactMapping,
    includeAllPersonProperties: yesOrNo,
    contactMailingLists: mailingLists,
    mailingListsFromEvents: yesOrNo,
  })
  .filter(({ trackedEvents, contactEvents }) => trackedEvents !== '' || contactEvents !== '')
  .map(({ email, userId, excludedEmails, eventMapping, contactMapping, ...rest }) => ({
    ...{ email, userId, excludedEmails, eventMapping, contactMapping },
    eventMailingLists: rest.eventMailingLists,
    contactMailingLists: rest.contactMailingLists,
    config: {
      ...rest,
      delivery: 'webhook',
      maxEventAge: '',
      email: writtenList(email.map(written)),
      userId: userId.length === 0 ? '' : writtenList([written(userId)]),
      excludedEmails: writtenList(excludedEmails),
      eventProperties: writtenMapping(eventMapping),
      contactProperties: writtenMapping(contactMapping),
      eventMailingLists: writtenMapping(rest.eventMailingLists),
      contactMailingLists: writtenMapping(rest.contactMailingLists),
    },
  }))

/** Pieces of the settings' notation, right and wrong. */
const fragment = fc.constantFrom(
  ...['{event.properties.', '{person.', '}', '{', '[', ']', '{"', '"', ':', ',', '!', '*', '\n', '\r\n', '\u2028', ' '],
  ...['{person.properties.email}', '{event.distinct_id}', 'a: b', 'a\nb: 1', '{"a": ', '[{"key": "a", "operator": "'],
  ...['"value": ', 'exact', 'regex', '(', '"}]', 'email', '__proto__: 1', '"__proto__"', 'Yes', '10', 'http://', '@'],
  ...[
    "'",
    '“',
    '”',
    '`',
    ';',
    '|',
    '=',
    ' = ',
    '!=',
    ' > ',
    ' contains ',
    ' is set',
    '- ',
    '\t',
    '\u200b',
    '${',
    '%',
    '\\"',
  ],
  ...['example.com', '*.', '*@', 'event.properties.total', 'person.plan = pro', '[“a”,', "{'a': 'b',}", '<', '>', '//'],
  ...['['.repeat(20_000), 'x'.repeat(3000), '\ud83d', '\\', '\u0000', 'webhook', '[{}]', '[null]', '1', 'true'],
)
const notation = fc.array(fc.oneof(fragment, anyText), { maxLength: 8 }).map((pieces) => pieces.join(''))

/** A deep JSON text where a short one is expected. */
const deepJson = fc.constantFrom(
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  `[{"key":"a","value":${'['.repeat(20_000)}${']'.repeat(20_000)}}]`,
)

/** A name with a line break, twice: right up to the second. */
const repeated = anyText.map((name) => `${name}: 1, ${name}: 2`)

const keys = Object.keys(settingFields) as SettingKey[]

/** Settings in which any field may hold anything, the key by mistake included. */
export const anySettings: fc.Arbitrary<Config & { readonly apiKey: string }> = fc
  .tuple(
    anyKey,
    fc.constantFrom('', ' ', '\n', '\t\r\n'),
    fc.array(
      fc.tuple(
        fc.constantFrom(...keys.filter((key) => key !== 'apiKey')),
        fc.oneof(
          { weight: 30, arbitrary: notation },
          { weight: 6, arbitrary: repeated },
          { weight: 6, arbitrary: fc.jsonValue({ maxDepth: 2 }).map((json) => JSON.stringify(json)) },
          { weight: 6, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: deepJson },
        ),
        fc.constantFrom('before', 'behind', 'in JSON', 'not', 'not', 'not'),
      ),
      { maxLength: 5 },
    ),
  )
  .map(([key, blank, fields]) => ({
    ...Object.fromEntries(fields.map(([name, text, place]) => [name, withKey(text, key, place)])),
    apiKey: blank + key + blank,
  }))

function withKey(text: string | undefined, key: string, place: string): string | undefined {
  if (place === 'before') return key + (text ?? '')
  if (place === 'behind') return (text ?? '') + key
  return place === 'in JSON' ? JSON.stringify([{ key, value: text ?? '' }]) : text
}

/** Settings without a key, or with a text too short for one, whose key stands in another field. */
export const misplacedKey = fc
  .record({
    key: fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: 32, maxLength: 32 }),
    apiKey: fc.constantFrom('', ' ', 'key', 'x'),
    field: fc.constantFrom(...keys.filter((key) => key !== 'apiKey')),
    text: fc.oneof(fc.constant(''), notation),
    place: fc.constantFrom('before', 'behind', 'in JSON'),
  })
  .map(({ key, apiKey, field, text, place }) => ({ key, config: { apiKey, [field]: withKey(text, key, place) } }))
