import form from '../../destination/destination.json'
import { eventWith, uuid } from '../app/setup'
import { globalsOf, loadDestination } from './setup'
import type { LoadedDestination, Values } from './setup'

let destination: LoadedDestination

beforeAll(async () => {
  destination = await loadDestination()
})

type Identity = { email?: string; userId?: string } | string
const byDefault = { action: 'event', email: '{person.properties.email}', userId: '{event.distinct_id}' }
const ada = { $set: { email: 'ada@example.com' } }
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
  it.each<[string, Record<string, unknown>, string, string | undefined]>([
    ['what is set once, and stored', { $set_once: { email: 'ada@example.com' } }, byDefault.email, 'ada@example.com'],
    ['blanks of other scripts', { $set: { email: ' ada@example.com\n\u00a0' } }, byDefault.email, 'ada@example.com'],
    ['the first of a list', { ...ada, email: 'b@example.com' }, ladder, 'ada@example.com'],
    ['the first valid one', { $set: { email: 'unknown' }, email: 'b@example.com' }, ladder, 'b@example.com'],
    ['text around a placeholder', { $set: { email: '', login: 'ada' } }, ladder, 'ada@example.org'],
    ['text around nothing', {}, ladder, undefined],
    ['two with ??', { email: 'b@example.com' }, '{person.properties.email ?? event.properties.email}', 'b@example.com'],
    ['a number', { $set: { email: 5 } }, byDefault.email, undefined],
    ['an object', { $set: { email: { a: 'ada@example.com' } } }, byDefault.email, undefined],
    ['an empty input', ada, '', undefined],
  ])('%s', (_, properties, email, expected) => {
    expect(identityOf(properties, { email })).toEqual({
      ...(expected !== undefined && { email: expected }),
      userId: 'user_1',
    })
  })

  it.each<[string, Record<string, unknown>, Record<string, unknown>, string | undefined]>([
    ['what the event sets, newer than the stored one', ada, { email: 'old@example.com' }, 'ada@example.com'],
    ['the stored one', {}, { email: 'old@example.com' }, 'old@example.com'],
    [
      'the stored one, where the event sets none',
      { $set: { plan: 'pro' } },
      { email: 'o@example.com' },
      'o@example.com',
    ],
    ['what the event sets of an empty person', ada, {}, 'ada@example.com'],
    ['none', {}, {}, undefined],
  ])('is by default %s', (_, properties, stored, expected) => {
    const [field] = form.inputs_schema.filter(({ key }) => key === 'email')
    const globals = { ...globalsOf(eventWith(properties)), person: { id: 'person-1', properties: stored } }
    const { request } = destination.first(globals, { ...byDefault, email: field?.default })
    expect(request?.body['email']).toBe(expected)
  })
})

describe('userId', () => {
  const device = '018f0000-0000-7000-8000-00000000000d'
  it.each<[string, Record<string, unknown>, string, string | undefined]>([
    ['$is_identified as a number', { $is_identified: 0 }, byDefault.userId, 'user_1'],
    ['$is_identified as text', { $is_identified: '' }, byDefault.userId, 'user_1'],
    ['a $lib that is false', { $lib: false, $device_id: 'd' }, byDefault.userId, 'user_1'],
    ['a list', { account: ['a'] }, '{event.properties.account}', undefined],
    ['text around the device', { $device_id: device }, 'd-{event.properties.$device_id}', undefined],
    ['blanks of other scripts', { account: '\u2003null\ufeff' }, '{event.properties.account}', undefined],
  ])('%s', (_, properties, userId, expected) => {
    expect(identityOf({ ...properties, ...ada }, { userId })).toEqual({
      email: 'ada@example.com',
      ...(expected !== undefined && { userId: expected }),
    })
  })
})

describe('a property that is written without its braces', () => {
  const refused = (label: string, start: string, example: string): string =>
    `Error executing function on event ${uuid}: Error('${label}: it begins with "${start}", so everybody would have the same: write the ` +
    `property in one pair of braces, like ${example}.')`
  const refusedId = (start: string): string => refused('User ID', start, '{event.distinct_id}')
  const refusedEmail = (start: string): string => refused('Email of the user', start, '{person.properties.email}')
  it.each<[Values, string]>([
    [{ userId: 'event.distinct_id' }, refusedId('event.')],
    [{ userId: ' person.properties.id' }, refusedId('person.')],
    [{ userId: '\\{event.distinct_id}' }, refusedId('{')],
    [{ userId: '\\{\\{ event.distinct_id }}' }, refusedId('{')],
    [{ email: 'person.properties.email' }, refusedEmail('person.')],
    [{ email: ' event.properties.email@example.com' }, refusedEmail('event.')],
    [{ email: '\\{person.properties.email}' }, refusedEmail('{')],
    [{ email: "{['', 'person.properties.email']}" }, refusedEmail('person.')],
  ])('%j ends the run', (values, sentence) => {
    expect(identityOf(ada, values)).toBe(sentence)
  })

  it.each(['eventful', 'person', 'personnel.7', 'a{b}', 'my event.id'])('is not the ID %p', (userId) => {
    expect(identityOf(ada, { userId: `{'${userId}'}` })).toEqual({ email: 'ada@example.com', userId })
  })
})

describe('skipped', () => {
  const both = { email: 'ada@example.com', userId: 'user_1' }
  const refused = (entry: string): string =>
    `Error executing function on event 018f0000-0000-7000-8000-000000000001: Error('Excluded emails: "${entry}" is neither an email nor a domain: write ` +
    `ada@example.org, example.com or *.example.com.')`
  it.each<[string, Record<string, unknown>, unknown, Identity]>([
    ['a domain, the second entry', ada, 'example.org, Example.COM ', excluded],
    ['one in brackets of blanks', ada, ' \t\u00a0example.com\u2003', excluded],
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
    ['a word', ada, 'example.org, competitors', refused('competitors')],
    ['a star in the middle', ada, 'ada@*.com', refused('ada@*.com')],
    ['the name of a web page', ada, 'a.com, www.example.com', refused('www.example.com')],
    ['a sign of SQL', ada, '%@example.com', refused('%@example.com')],
    ['a hyphen in front', ada, '-example.com', refused('-example.com')],
    ['a line break between two', ada, 'a.com\nexample.com', refused('a.com\nexample.com')],
    ['a blank between two', ada, 'a.com example.com', refused('a.com example.com')],
    ['quotation marks', ada, '"example.com"', refused('"example.com"')],
    ['two stars', ada, '**.example.com', refused('**.example.com')],
    ['a wrong entry behind one that excludes', ada, 'example.com, x', refused('x')],
    ['a semicolon', ada, 'a.com; b.com', refused('a.com; b.com')],
    ['a number', ada, 5, refused('a value of type integer')],
  ])('%s', (_, properties, excludedEmails, expected) => {
    expect(identityOf(properties, { excludedEmails })).toEqual(expected)
  })
})
