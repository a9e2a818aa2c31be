import { eventWith } from '../app/setup'
import { globalsOf, loadDestination } from './setup'
import type { LoadedDestination, Values } from './setup'

let destination: LoadedDestination

beforeAll(async () => {
  destination = await loadDestination()
})

type Identity = { email?: string; userId?: string } | string
const byDefault = { action: 'event', email: '{person.properties.email}', userId: '{event.distinct_id}' }
const ada = { $set: { email: 'ada@example.com' } }
const nobody = 'Nothing is sent: the event has neither an email address nor a user ID.'
const excluded = 'Nothing is sent: the settings exclude its email address.'

/** Who the request is about, or the sentence in the log. */
function identityOf(properties: Record<string, unknown>, values: Values = {}, distinct_id = 'user_1'): Identity {
  const globals = globalsOf(eventWith(properties, { distinct_id }))
  const { request, sentences } = destination.first(globals, { ...byDefault, ...values })
  if (request === undefined) return sentences.join(' ')
  const { eventName, eventProperties, ...identity } = request.body
  return identity
}

describe('email', () => {
  const ladder = '{[person.properties.email, event.properties.email, concat(person.properties.login, "@example.org")]}'
    .split('"')
    .join("'")
  const long = 'a'.repeat(243)
  it.each<[string, Record<string, unknown>, string, string | undefined]>([
    ['what the person has', ada, byDefault.email, 'ada@example.com'],
    ['what is set once', { $set_once: { email: 'ada@example.com' } }, byDefault.email, 'ada@example.com'],
    ['blanks around it', { $set: { email: ' ada@example.com\n\u00a0' } }, byDefault.email, 'ada@example.com'],
    ["somebody else's in the event", { email: 'b@example.com' }, byDefault.email, undefined],
    ["somebody else's, if asked for", { email: 'b@example.com' }, '{event.properties.email}', 'b@example.com'],
    ['the first of a list', { ...ada, email: 'b@example.com' }, ladder, 'ada@example.com'],
    ['the first valid one', { $set: { email: 'unknown' }, email: 'b@example.com' }, ladder, 'b@example.com'],
    ['text around a placeholder', { $set: { email: '', login: 'ada' } }, ladder, 'ada@example.org'],
    ['text around nothing', {}, ladder, undefined],
    ['two with ??', { email: 'b@example.com' }, '{person.properties.email ?? event.properties.email}', 'b@example.com'],
    ['an empty one', { $set: { email: '' } }, byDefault.email, undefined],
    ['no domain', { $set: { email: 'ada@localhost' } }, byDefault.email, undefined],
    ['two addresses', { $set: { email: 'a@example.com, b@example.com' } }, byDefault.email, undefined],
    ['a name around it', { $set: { email: 'Ada <ada@example.com>' } }, byDefault.email, undefined],
    ['a line break inside', { $set: { email: 'ada@example.com\nb@example.com' } }, byDefault.email, undefined],
    ['an empty label', { $set: { email: 'ada@example..com' } }, byDefault.email, undefined],
    ['255 characters', { $set: { email: `${long}@example.com` } }, byDefault.email, undefined],
    [
      '254 characters',
      { $set: { email: `${long.slice(1)}@example.com` } },
      byDefault.email,
      `${long.slice(1)}@example.com`,
    ],
    ['letters of any script', { $set: { email: 'adá@exámple.com' } }, byDefault.email, 'adá@exámple.com'],
    ['a plus', { $set: { email: 'ada+loops@mail.example.com' } }, byDefault.email, 'ada+loops@mail.example.com'],
    ['a number', { $set: { email: 5 } }, byDefault.email, undefined],
    ['an object', { $set: { email: { a: 'ada@example.com' } } }, byDefault.email, undefined],
    ['an empty input', ada, '', undefined],
    // The app takes no list; the destination cannot tell it from several places.
    ['a list of addresses', { $set: { email: ['ada@example.com'] } }, byDefault.email, 'ada@example.com'],
  ])('%s', (_, properties, email, expected) => {
    expect(identityOf(properties, { email })).toEqual({
      ...(expected !== undefined && { email: expected }),
      userId: 'user_1',
    })
  })

  it('is not made of an anonymous ID', () => {
    const anonymous = '018f0000-0000-7000-8000-00000000000a'
    const values = { email: '{event.distinct_id}@example.com' }
    expect(identityOf({ $is_identified: false }, values, anonymous)).toBe(nobody)
  })
})

describe('userId', () => {
  const device = '018f0000-0000-7000-8000-00000000000d'
  const own = '{event.properties.account}'
  it.each<[string, string, Record<string, unknown>, string, string | undefined]>([
    [
      'an identified person',
      'user_1',
      { $is_identified: true, $device_id: 'd', $lib: 'web' },
      byDefault.userId,
      'user_1',
    ],
    ['an event of a server', 'user_1', {}, byDefault.userId, 'user_1'],
    ['a person who is not identified', 'anon-1', { $is_identified: false }, byDefault.userId, undefined],
    ['$is_identified as a number', 'user_1', { $is_identified: 0 }, byDefault.userId, 'user_1'],
    ['$is_identified as text', 'user_1', { $is_identified: '' }, byDefault.userId, 'user_1'],
    ['the ID of the device', 'anon-1', { $device_id: 'anon-1' }, byDefault.userId, undefined],
    ['an event without a profile', 'user_1', { $process_person_profile: false }, byDefault.userId, undefined],
    ['an event with a profile', 'user_1', { $process_person_profile: true }, byDefault.userId, 'user_1'],
    ['an ID without cookies', 'cookieless_5f3a', {}, byDefault.userId, undefined],
    ['the sign of no cookies', '$posthog_cookieless', {}, byDefault.userId, undefined],
    ['an event without cookies', 'user_1', { $cookieless_mode: true }, byDefault.userId, undefined],
    ['a group', '$company_acme', {}, byDefault.userId, undefined],
    ['an old browser', 'user_1', { $lib: 'web', $device_id: 'd' }, byDefault.userId, undefined],
    [
      'an old browser that knows the user',
      'user_1',
      { $lib: 'web', $device_id: 'd', $user_id: 'user_1' },
      byDefault.userId,
      'user_1',
    ],
    [
      'an old browser after a reset',
      'anon-2',
      { $lib: 'web', $device_id: 'd', $user_id: 'user_1' },
      byDefault.userId,
      undefined,
    ],
    ['a phone', 'user_1', { $lib: 'posthog-ios', $device_id: 'd' }, byDefault.userId, 'user_1'],
    ['a $lib that is false', 'user_1', { $lib: false, $device_id: 'd' }, byDefault.userId, 'user_1'],
    ['an empty input', 'user_1', {}, '', undefined],
    ['a property', 'user_1', { account: 'acme' }, own, 'acme'],
    ['a property of an anonymous event', 'anon-1', { $is_identified: false, account: 'acme' }, own, 'acme'],
    ['a property with the anonymous ID', 'anon-1', { $is_identified: false, account: 'anon-1' }, own, undefined],
    ['a property with the device', 'user_1', { $device_id: 'd' }, '{event.properties.$device_id}', undefined],
    ['a number', 'user_1', { account: 42 }, own, '42'],
    ['a missing property', 'user_1', {}, own, undefined],
    ['an object', 'user_1', { account: { id: 1 } }, own, undefined],
    ['a list', 'user_1', { account: ['a'] }, own, undefined],
    ['a truth', 'user_1', { account: true }, own, undefined],
    ['text around it', 'user_1', {}, 'posthog-{event.distinct_id}', 'posthog-user_1'],
    ['text around an anonymous ID', device, { $is_identified: false }, 'posthog-{event.distinct_id}', undefined],
    ['text around the device', 'user_1', { $device_id: device }, 'd-{event.properties.$device_id}', undefined],
    ['an ID as long as allowed', 'i'.repeat(498), {}, byDefault.userId, 'i'.repeat(498)],
    ['a longer one', 'i'.repeat(499), {}, byDefault.userId, undefined],
    // The app sees the parts of a text, and leaves these out.
    ['text around a missing property', 'user_1', {}, 'acc-{event.properties.account}', 'acc-'],
    ['text around a shared ID', 'null', {}, 'posthog-{event.distinct_id}', 'posthog-null'],
  ])('%s', (_, distinct_id, properties, userId, expected) => {
    expect(identityOf({ ...properties, ...ada }, { userId }, distinct_id)).toEqual({
      email: 'ada@example.com',
      ...(expected !== undefined && { userId: expected }),
    })
  })

  it.each([
    ...['anonymous', 'guest', 'distinctid', 'distinct_id', 'id', 'not_authenticated', 'email', 'undefined', 'true'],
    ...['false', 'null', 'none', 'nan', '0', '[object object]', '', ' ', '[object Object]', 'NaN', 'None', 'Anonymous'],
    ...['"undefined"', "'null'", '""', ' "Guest" ', "''", '\u2003null\ufeff'],
  ])('is never %p, which many people share', (distinct_id) => {
    expect(identityOf(ada, {}, distinct_id)).toEqual({ email: 'ada@example.com' })
  })

  it.each(['identity', 'guest1', '00', 'nullable', 'my id'])('may be %p', (distinct_id) => {
    expect(identityOf(ada, {}, distinct_id)).toEqual({ email: 'ada@example.com', userId: distinct_id })
  })
})

describe('skipped', () => {
  const both = { email: 'ada@example.com', userId: 'user_1' }
  const refused = (entry: string): string =>
    `Error executing function on event 018f0000-0000-7000-8000-000000000001: Error('Excluded emails: "${entry}" is neither an address nor a domain: write ` +
    `ada@example.org, example.com or *.example.com.')`
  it.each<[string, Record<string, unknown>, unknown, Identity]>([
    ['nobody', { $is_identified: false }, '', nobody],
    ['a user ID only', {}, 'example.com', { userId: 'user_1' }],
    ['an address', ada, 'ADA@example.com', excluded],
    ['a domain', ada, 'example.org, Example.COM ', excluded],
    ['a domain with @', ada, '@example.com', excluded],
    ['a domain with *@', ada, '*@example.com', excluded],
    ['a domain and all below, for the domain', ada, '*.example.com', excluded],
    ['a domain below', { $set: { email: 'ada@eu.mail.example.com' } }, '*.example.com', excluded],
    [
      'a domain below without *',
      { $set: { email: 'ada@mail.example.com' } },
      'example.com',
      { ...both, email: 'ada@mail.example.com' },
    ],
    [
      'a domain that ends the same',
      { $set: { email: 'ada@myexample.com' } },
      '*.example.com',
      { ...both, email: 'ada@myexample.com' },
    ],
    [
      'a domain that only begins the same',
      { $set: { email: 'ada@a.example.com.au' } },
      '*.example.com',
      { ...both, email: 'ada@a.example.com.au' },
    ],
    ['capital letters in the address', { $set: { email: 'Ada@EXAMPLE.com' } }, 'example.com', excluded],
    ['another address', ada, 'bob@example.com', both],
    ['other domains', ada, 'ample.com, mail.example.com,,', both],
    ['a list', ada, ['bob@example.org', 'example.com'], excluded],
    ['nothing', ada, null, both],
    ['a word', ada, 'example.com, competitors', refused('competitors')],
    ['a star in the middle', ada, 'ada@*.com', refused('ada@*.com')],
    ['a semicolon', ada, 'a.com; b.com', refused('a.com; b.com')],
    ['a number', ada, 5, refused('a value of type integer')],
  ])('%s', (_, properties, excludedEmails, expected) => {
    expect(identityOf(properties, { excludedEmails })).toEqual(expected)
  })
})
