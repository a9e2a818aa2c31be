import type { CapturedEvent } from '../../src/event'
import { eventWith, translated } from './given'

type Identity = { email?: string; userId?: string } | string | undefined

function identityOf(event: CapturedEvent, config = {}): Identity {
  const translation = translated(event, { trackedEvents: '*', contactEvents: '', eventProperties: '', ...config })
  if (translation === undefined || !('request' in translation)) {
    return translation && 'skipped' in translation ? translation.skipped : undefined
  }
  const { eventName, eventProperties, ...identity } = translation.request.body
  return identity
}

const nobody = 'it has neither an email address nor a user ID'
const excluded = 'the settings exclude its email address'
const ada = { $set: { email: 'ada@example.com' } }

describe('email', () => {
  const byDefault = '{person.properties.email}'
  const ladder = '{person.properties.email}, {event.properties.email}, {person.properties.login}@example.org'
  it.each<[string, Record<string, unknown>, string, string | undefined]>([
    ['what the event sets', ada, byDefault, 'ada@example.com'],
    ['what it sets once', { $set_once: { email: 'ada@example.com' } }, byDefault, 'ada@example.com'],
    [
      '$set over $set_once',
      { $set_once: { email: 'old@example.com' }, $set: { email: 'ada@example.com' } },
      byDefault,
      'ada@example.com',
    ],
    ['blanks around it', { $set: { email: ' ada@example.com\n' } }, byDefault, 'ada@example.com'],
    ["somebody else's in the event", { email: 'invited@example.com' }, byDefault, undefined],
    [
      "somebody else's, where the settings ask for it",
      { email: 'b@example.com' },
      '{event.properties.email}',
      'b@example.com',
    ],
    ['the first of the ladder', { ...ada, email: 'b@example.com' }, ladder, 'ada@example.com'],
    ['the first that is valid', { $set: { email: 'unknown' }, email: 'b@example.com' }, ladder, 'b@example.com'],
    ['text around a placeholder', { $set: { email: '', login: 'ada' } }, ladder, 'ada@example.org'],
    ['text around nothing', { $set: {} }, ladder, undefined],
    ['text around a missing part', {}, 'mail-{event.properties.account}@example.com', undefined],
    ['text around an empty part', { account: '' }, 'mail-{event.properties.account}@example.com', undefined],
    ['text around a shared ID', { account: 'null' }, '{event.properties.account}@example.com', undefined],
    ['text around an ID', {}, '{event.distinct_id}@example.com', 'user_1@example.com'],
    [
      'a list in JSON',
      { email: 'b@example.com' },
      '["{person.properties.email}", "{event.properties.email}"]',
      'b@example.com',
    ],
    ['an empty one', { $set: { email: '' } }, byDefault, undefined],
    ['none at all', {}, byDefault, undefined],
    ['no domain', { $set: { email: 'ada@localhost' } }, byDefault, undefined],
    ['two addresses', { $set: { email: 'a@example.com, b@example.com' } }, byDefault, undefined],
    ['a name around it', { $set: { email: 'Ada <ada@example.com>' } }, byDefault, undefined],
    ['a line break inside', { $set: { email: 'ada@example.com\nb@example.com' } }, byDefault, undefined],
    ['an empty label', { $set: { email: 'ada@example..com' } }, byDefault, undefined],
    ['255 characters', { $set: { email: `${'a'.repeat(243)}@example.com` } }, byDefault, undefined],
    [
      '254 characters',
      { $set: { email: `${'a'.repeat(242)}@example.com` } },
      byDefault,
      `${'a'.repeat(242)}@example.com`,
    ],
    ['letters of any script', { $set: { email: 'adá@exámple.com' } }, byDefault, 'adá@exámple.com'],
    ['a plus', { $set: { email: 'ada+loops@mail.example.com' } }, byDefault, 'ada+loops@mail.example.com'],
    ['a list of addresses', { $set: { email: ['ada@example.com'] } }, byDefault, undefined],
    ['a $set that is no object', { $set: 'email' }, byDefault, undefined],
    ['a $set that is a list', { $set: ['ada@example.com'] }, '{person.properties.0}', undefined],
  ])('%s', (_, properties, email, expected) => {
    expect(identityOf(eventWith(properties), { email })).toEqual({
      ...(expected !== undefined && { email: expected }),
      userId: 'user_1',
    })
  })

  it('is not made of an anonymous ID', () => {
    expect(identityOf(eventWith({ $is_identified: false }), { email: '{event.distinct_id}@example.com' })).toBe(nobody)
  })

  it('is found at the top level of the event, where an old server leaves $set', () => {
    expect(identityOf(eventWith({}, { $set: { email: 'ada@example.com' } }))).toEqual({
      email: 'ada@example.com',
      userId: 'user_1',
    })
  })
})

describe('userId', () => {
  const byDefault = '{event.distinct_id}'
  it.each<[string, string, Record<string, unknown>, string, string | undefined]>([
    ['an identified person', 'user_1', { $is_identified: true, $device_id: 'd' }, byDefault, 'user_1'],
    ['a server-side event', 'user_1', {}, byDefault, 'user_1'],
    ['a person who is not identified', 'anon-1', { $is_identified: false }, byDefault, undefined],
    ['the ID of the device', 'anon-1', { $device_id: 'anon-1' }, byDefault, undefined],
    ['an empty setting', 'user_1', {}, '', undefined],
    ['a property', 'user_1', { account: 'acme' }, '{event.properties.account}', 'acme'],
    [
      'a property of an anonymous event',
      'anon-1',
      { $is_identified: false, account: 'acme' },
      '{event.properties.account}',
      'acme',
    ],
    [
      'a property that holds the anonymous ID',
      'anon-1',
      { $is_identified: false, distinct_id: 'anon-1' },
      '{event.properties.distinct_id}',
      undefined,
    ],
    ['a property that holds the device', 'user_1', { $device_id: 'd' }, '{event.properties.$device_id}', undefined],
    ['a number', 'user_1', { account: 42 }, '{event.properties.account}', '42'],
    ['a missing property', 'user_1', {}, '{event.properties.account}', undefined],
    ['an object', 'user_1', { account: { id: 1 } }, '{event.properties.account}', undefined],
    ['a truth', 'user_1', { account: true }, '{event.properties.account}', undefined],
    ['text around it', 'user_1', {}, 'posthog-{event.distinct_id}', 'posthog-user_1'],
    ['text around a missing property', 'user_1', {}, 'acc-{event.properties.account}', undefined],
    ['text around an anonymous ID', 'anon-1', { $is_identified: false }, 'posthog-{event.distinct_id}', undefined],
    ['text around a shared ID', 'null', {}, 'posthog-{event.distinct_id}', undefined],
    ['an ID as long as allowed', 'i'.repeat(498), {}, byDefault, 'i'.repeat(498)],
    ['a longer one, which cutting would make shared', 'i'.repeat(499), {}, byDefault, undefined],
    ['a person property', 'user_1', { $set: { uid: 'u7' } }, '{person.properties.uid}', 'u7'],
  ])('%s', (_, distinct_id, properties, userId, expected) => {
    const event = eventWith(
      { ...properties, $set: { email: 'ada@example.com', ...(properties.$set as object) } },
      { distinct_id },
    )
    expect(identityOf(event, { userId })).toEqual({
      email: 'ada@example.com',
      ...(expected !== undefined && { userId: expected }),
    })
  })

  it.each([
    ...[
      'anonymous',
      'guest',
      'distinctid',
      'distinct_id',
      'id',
      'not_authenticated',
      'email',
      'undefined',
      'true',
      'false',
    ],
    ...['null', 'none', 'nan', '0', '[object object]', '', ' ', '[object Object]', 'NaN', 'None', 'NULL', 'Anonymous'],
    ...['"undefined"', "'null'", '""', ' "Guest" ', "''"],
  ])('is never %p, which many people share', (distinct_id) => {
    expect(identityOf(eventWith(ada, { distinct_id }))).toEqual({ email: 'ada@example.com' })
  })

  it.each(['identity', 'guest1', '00', 'nullable', 'my id'])('may be %p', (distinct_id) => {
    expect(identityOf(eventWith(ada, { distinct_id }))).toEqual({ email: 'ada@example.com', userId: distinct_id })
  })
})

describe('skipped', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>, Identity]>([
    ['nobody', { $is_identified: false }, {}, nobody],
    ['a user ID only', {}, {}, { userId: 'user_1' }],
    ['an address that is left out', ada, { excludedEmails: 'ADA@example.com' }, excluded],
    ['a domain that is left out', ada, { excludedEmails: 'example.org, Example.COM' }, excluded],
    ['a domain with its @', ada, { excludedEmails: '@example.com' }, excluded],
    [
      'capital letters in the address',
      { $set: { email: 'Ada@EXAMPLE.com' } },
      { excludedEmails: 'example.com' },
      excluded,
    ],
    ['another address', ada, { excludedEmails: 'bob@example.com' }, { email: 'ada@example.com', userId: 'user_1' }],
    [
      'another domain',
      ada,
      { excludedEmails: 'ample.com, mail.example.com' },
      { email: 'ada@example.com', userId: 'user_1' },
    ],
    ['nobody to leave out', {}, { excludedEmails: 'example.com' }, { userId: 'user_1' }],
    [
      'the first address, though the second is not left out',
      { ...ada, email: 'b@example.org' },
      { email: '{person.properties.email}, {event.properties.email}', excludedEmails: 'example.com' },
      excluded,
    ],
  ])('%s', (_, properties, config, expected) => {
    expect(identityOf(eventWith(properties), config)).toEqual(expected)
  })
})
