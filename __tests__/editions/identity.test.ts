import type { CapturedEvent } from '../../src/posthog/event'
import { eventWith } from '../app/setup'
import { editions, expectedOf, loadEditions } from './editions'
import type { Difference, Edition } from './editions'

beforeAll(loadEditions)

type Identity = Readonly<Record<string, unknown>> | string | undefined

function identityOf({ resultOf }: Edition, event: CapturedEvent, config = {}): Identity {
  const result = resultOf(event, { trackedEvents: '*', contactEvents: '', eventProperties: '', ...config })
  if (result === undefined || 'skipped' in result) return result?.skipped
  const { eventName, eventProperties, ...identity } = result.request.body
  return identity
}

/** An ID like those that PostHog's SDKs make: the destination finds one of more than 15 characters inside a text. */
const anonymousId = '018f0000-0000-7000-8000-00000000000a'
const FILLED_IN = 'PostHog fills in the parts of a text before the destination sees it'
const nobody = 'it has neither an email address nor a user ID'
const anonymousPerson = 'it has no email, and its distinct_id is anonymous'
const excluded = 'the settings exclude its email address'
const nothing = 'it has only a user ID, so its update would change nothing'
const emailIsId =
  'its only email is its distinct_id: write {person.properties.email}, {event.distinct_id} in "Email of the user"'
const ada = { $set: { email: 'ada@example.com' } }
const update = { trackedEvents: '', contactEvents: '*' }

describe.each(editions)('email of the %s', (_, edition) => {
  const byDefault = '{person.properties.email}'
  const ladder = '{person.properties.email}, {event.properties.email}, {person.properties.login}@example.org'
  it.each<[string, Record<string, unknown>, string, string | undefined, Difference<string>?]>([
    ['what the event sets', ada, byDefault, 'ada@example.com'],
    [
      'what it sets once, which may be old',
      { $set_once: { email: 'ada@example.com' } },
      byDefault,
      undefined,
      { destination: 'ada@example.com', because: 'PostHog gives the destination the stored person, who decides' },
    ],
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
    [
      'text around a missing part',
      {},
      'mail-{event.properties.account}@example.com',
      undefined,
      { destination: 'mail-@example.com', because: FILLED_IN },
    ],
    [
      'text around an empty part',
      { account: '' },
      'mail-{event.properties.account}@example.com',
      undefined,
      { destination: 'mail-@example.com', because: FILLED_IN },
    ],
    [
      'text around a shared ID',
      { account: 'null' },
      '{event.properties.account}@example.com',
      undefined,
      { destination: 'null@example.com', because: FILLED_IN },
    ],
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
    [
      'a list of addresses',
      { $set: { email: ['ada@example.com'] } },
      byDefault,
      undefined,
      { destination: 'ada@example.com', because: 'the input of the destination may itself be a list of places' },
    ],
    ['a $set that is no object', { $set: 'email' }, byDefault, undefined],
    ['a $set that is a list', { $set: ['ada@example.com'] }, '{person.properties.0}', undefined],
  ])('%s', (...[, properties, setting, expected, difference]) => {
    const email = expectedOf(edition, expected, difference)
    expect(identityOf(edition, eventWith(properties), { email: setting })).toEqual({
      ...(email !== undefined && { email }),
      userId: 'user_1',
    })
  })

  it('is not made of an anonymous ID', () => {
    const event = eventWith({ $is_identified: false }, { distinct_id: anonymousId })
    expect(identityOf(edition, event, { email: '{event.distinct_id}@example.com' })).toBe(anonymousPerson)
  })

  it('is found at the top level of the event, where an old server leaves $set', () => {
    expect(identityOf(edition, eventWith({}, { $set: { email: 'ada@example.com' } }))).toEqual({
      email: 'ada@example.com',
      userId: 'user_1',
    })
  })
})

describe.each(editions)('userId of the %s', (_, edition) => {
  const byDefault = '{event.distinct_id}'
  it.each<[string, string, Record<string, unknown>, string, string | undefined, Difference<string>?]>([
    ['an identified person', 'user_1', { $is_identified: true, $device_id: 'd' }, byDefault, 'user_1'],
    ['a server-side event', 'user_1', {}, byDefault, 'user_1'],
    ['a person who is not identified', 'anon-1', { $is_identified: false }, byDefault, undefined],
    ['the ID of the device', 'anon-1', { $device_id: 'anon-1' }, byDefault, undefined],
    ['an ID that equals the anonymous one', 'anon-1', { $anon_distinct_id: 'anon-1' }, byDefault, undefined],
    ['an ID beside another anonymous one', 'user_1', { $anon_distinct_id: 'anon-1' }, byDefault, 'user_1'],
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
    [
      'text around a missing property',
      'user_1',
      {},
      'acc-{event.properties.account}',
      undefined,
      { destination: 'acc-', because: FILLED_IN },
    ],
    ['text around an anonymous ID', anonymousId, { $is_identified: false }, 'posthog-{event.distinct_id}', undefined],
    [
      'text around a short anonymous ID',
      'anon-1',
      { $is_identified: false },
      'posthog-{event.distinct_id}',
      undefined,
      {
        destination: 'posthog-anon-1',
        because: 'a short ID may be a part of any text; the IDs that SDKs make are long',
      },
    ],
    [
      'text around a shared ID',
      'null',
      {},
      'posthog-{event.distinct_id}',
      undefined,
      { destination: 'posthog-null', because: FILLED_IN },
    ],
    ['an ID as long as allowed', 'i'.repeat(498), {}, byDefault, 'i'.repeat(498)],
    ['a longer one, which cutting would make shared', 'i'.repeat(499), {}, byDefault, undefined],
    ['a person property', 'user_1', { $set: { uid: 'u7' } }, '{person.properties.uid}', 'u7'],
  ])('%s', (...[, distinct_id, properties, setting, expected, difference]) => {
    const event = eventWith(
      { ...properties, $set: { email: 'ada@example.com', ...(properties.$set as object) } },
      { distinct_id },
    )
    const userId = expectedOf(edition, expected, difference)
    expect(identityOf(edition, event, { userId: setting })).toEqual({
      email: 'ada@example.com',
      ...(userId !== undefined && { userId }),
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
    expect(identityOf(edition, eventWith(ada, { distinct_id }))).toEqual({ email: 'ada@example.com' })
  })

  it.each(['identity', 'guest1', '00', 'nullable', 'my id'])('may be %p', (distinct_id) => {
    expect(identityOf(edition, eventWith(ada, { distinct_id }))).toEqual({
      email: 'ada@example.com',
      userId: distinct_id,
    })
  })
})

/** An ID like those that mobile SDKs make, and a server's of the same form. */
const uuid7 = '019a722d-e216-7ab1-8568-77f33fac4303'
const otherUuid7 = '019a722d-0000-7ab1-8568-77f33fac4399'
const uuid4 = 'f79bad49-bb3d-4176-ae8f-add941d5f3d2'

describe.each(editions)('userId of the %s from a mobile SDK', (_, edition) => {
  const mobile = [
    ...['posthog-react-native', 'posthog-ios', 'posthog-android', 'posthog-flutter', 'posthog-js-lite'],
  ].map((lib): [string, Record<string, unknown>, string, boolean] => [lib, { $lib: lib }, 'purchase', false])
  it.each<[string, Record<string, unknown>, event: string, isSent: boolean]>([
    ...mobile,
    ['that identifies', { $lib: 'posthog-ios', $anon_distinct_id: otherUuid7 }, '$identify', true],
    ['that identifies by the same ID', { $lib: 'posthog-ios', $anon_distinct_id: uuid7 }, '$identify', false],
    ['that identifies by no other ID', { $lib: 'posthog-ios' }, '$identify', false],
    ['that names an anonymous ID elsewhere', { $lib: 'posthog-ios', $anon_distinct_id: otherUuid7 }, '$screen', false],
    ['that says who has identified', { $lib: 'posthog-react-native', $is_identified: true }, 'purchase', true],
    ['that says who has not', { $lib: 'posthog-react-native', $is_identified: false }, 'purchase', false],
    ['that says so otherwise', { $lib: 'posthog-react-native', $is_identified: 'true' }, 'purchase', false],
    ['of a server', { $lib: 'posthog-python' }, 'purchase', true],
    ['without a name', {}, 'purchase', true],
    ['of a browser that knows the user', { $lib: 'web', $is_identified: true }, 'purchase', true],
  ])('%s, for an ID of UUID version 7', (__, properties, event, isSent) => {
    for (const distinct_id of [uuid7, uuid7.toUpperCase()]) {
      const $anon_distinct_id = properties.$anon_distinct_id === uuid7 ? distinct_id : properties.$anon_distinct_id
      const changed = { ...properties, ...($anon_distinct_id !== undefined && { $anon_distinct_id }), ...ada }
      expect(identityOf(edition, eventWith(changed, { event, distinct_id }))).toEqual({
        email: 'ada@example.com',
        ...(isSent && { userId: distinct_id }),
      })
    }
  })

  it.each([uuid4, 'user_1', `${uuid7}0`, `user-${uuid7}`, '019a722de2167ab1856877f33fac4303'])(
    'is the ID if it has another form: %s',
    (distinct_id) => {
      const event = eventWith({ $lib: 'posthog-react-native', ...ada }, { distinct_id })
      expect(identityOf(edition, event)).toEqual({ email: 'ada@example.com', userId: distinct_id })
    },
  )

  it('is a property of their own, whatever its form', () => {
    const event = eventWith({ $lib: 'posthog-ios', account: otherUuid7, ...ada }, { distinct_id: uuid7 })
    expect(identityOf(edition, event, { userId: '{event.properties.account}' })).toEqual({
      email: 'ada@example.com',
      userId: otherUuid7,
    })
  })
})

describe.each(editions)('skipped of the %s', (_, edition) => {
  const shared = (name: string, word: string) => `it has no email, and its ${name} "${word}" is shared by many people`
  const account = { userId: '{event.properties.account}' }
  it.each<[string, string, Record<string, unknown>, Record<string, unknown>, string]>([
    ['a person who is not identified', 'anon-1', { $is_identified: false }, {}, anonymousPerson],
    ['the ID of the device', 'anon-1', { $device_id: 'anon-1' }, {}, anonymousPerson],
    ['a mobile SDK', uuid7, { $lib: 'posthog-ios' }, {}, anonymousPerson],
    ['a group', '$company_acme', {}, {}, anonymousPerson],
    [
      'text around an anonymous ID',
      anonymousId,
      { $is_identified: false },
      { userId: 'p-{event.distinct_id}' },
      anonymousPerson,
    ],
    [
      'a property that is anonymous',
      'user_1',
      { account: 'd', $device_id: 'd' },
      account,
      'it has no email, and its user ID is anonymous',
    ],
    ['a shared ID', 'guest', {}, {}, shared('distinct_id', 'guest')],
    ['a shared ID of an anonymous event', 'guest', { $is_identified: false }, {}, shared('distinct_id', 'guest')],
    ['a shared ID in quotes', ' "Guest"\n', {}, {}, shared('distinct_id', 'guest')],
    ['a property that is shared', 'user_1', { account: 'NULL' }, account, shared('user ID', 'null')],
    ['a number that is shared', 'user_1', { account: 0 }, account, shared('user ID', '0')],
    ['an empty property', 'user_1', { account: '' }, account, nobody],
    ['a property of quotes', 'user_1', { account: '""' }, account, nobody],
    ['a missing property', 'guest', {}, account, nobody],
    ['a property that is no text', 'guest', { account: {} }, account, nobody],
    ['an empty setting', 'guest', { $is_identified: false }, { userId: '' }, nobody],
    ['an ID that is too long', 'i'.repeat(499), {}, {}, nobody],
    ['an anonymous ID that is too long', 'i'.repeat(499), { $is_identified: false }, {}, nobody],
  ])('nobody: %s', (__, distinct_id, properties, config, reason) => {
    expect(identityOf(edition, eventWith(properties, { distinct_id }), config)).toBe(reason)
  })

  it.each<[string, Record<string, unknown>, Record<string, unknown>, Identity]>([
    ['a user ID only', {}, {}, { userId: 'user_1' }],
    ['an update that writes nothing', {}, update, nothing],
    ['an update of empty values', { $set: { firstname: '', lastname: null } }, update, nothing],
    ['an update of a value', { $set: { firstname: 'Ada' } }, update, { firstName: 'Ada', userId: 'user_1' }],
    ['an update of the email', ada, update, { email: 'ada@example.com', userId: 'user_1' }],
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
  ])('%s', (__, properties, config, expected) => {
    expect(identityOf(edition, eventWith(properties), config)).toEqual(expected)
  })

  it.each<[string, Record<string, unknown>, Record<string, unknown>, Identity]>([
    ['an update by nothing else', { $set: { name: 'Ada' } }, update, emailIsId],
    ['an event without a user ID', {}, { userId: '' }, emailIsId],
    ['an event by the user ID', {}, {}, { userId: 'ada@example.com' }],
    [
      'an update with the remedy',
      {},
      { ...update, email: '{person.properties.email}, {event.distinct_id}' },
      { email: 'ada@example.com', userId: 'ada@example.com' },
    ],
  ])('%s, of a person whose distinct_id is the email', (__, properties, config, expected) => {
    expect(identityOf(edition, eventWith(properties, { distinct_id: 'ada@example.com' }), config)).toEqual(expected)
  })
})
