import { contactOf } from '../../../tools/export/contact'
import type { Person } from '../../../tools/export/contact'
import { exportSettings } from '../../../tools/export/export-settings'

const createdAt = Date.UTC(2024, 4, 1)
const uuid = '018e0000-0000-7000-8000-00000000ada1'
const anonymous = '018f2ad5-1111-7000-8000-0000000000a1'

const ada: Person = {
  id: uuid,
  createdAt,
  distinctIds: ['user_ada', anonymous],
  properties: { email: 'ada@example.com', firstname: 'Ada', plan: 'pro', total: 120, $browser: 'Chrome' },
}

function outcome(
  person: Partial<Person>,
  config: Record<string, string> = {},
  { userIdProperty, since }: { userIdProperty?: string; since?: number } = {},
): unknown {
  const { settings } = exportSettings({ contactProperties: '', ...config }, userIdProperty)
  return contactOf({ ...ada, ...person }, settings, since)
}

const contact = { createdAt, email: 'ada@example.com', userId: 'user_ada', properties: {} }
const { userId: _, ...withoutUserId } = contact

describe('the user ID of a person', () => {
  it.each<[string, readonly string[], string | undefined]>([
    ['the only one', ['user_ada'], 'user_ada'],
    ['the only one beside UUIDs', [anonymous, 'user_ada', '5b6e0fd4-9d7c-4f3e-8a61-6b1f2c3d4e5f'], 'user_ada'],
    [
      'the only one beside an ID of older posthog-js',
      ['user_ada', '17fd7a1c8e6b2a-0d8a3e5f6b7c8d-1c3f6450-1fa400-17fd7a1c8e71a2b'],
      'user_ada',
    ],
    ['the only one beside IDs that many share', ['user_ada', 'guest', '"null"', '0', ' [object Object] '], 'user_ada'],
    [
      'the only one beside those of a group and of visitors without cookies',
      ['$company_acme', '$posthog_cookieless', 'cookieless_x', 'user_ada'],
      'user_ada',
    ],
    ['the only one beside one that is too long', ['x'.repeat(499), 'user_ada'], 'user_ada'],
    ['an address', ['ada@example.com'], 'ada@example.com'],
    ['two that can be their own', ['user_ada', 'ada@example.com'], undefined],
    ['one made by an SDK', [anonymous], undefined],
    ['one that a spreadsheet runs', ['=HYPERLINK("http://evil.example")'], undefined],
    ['none', [], undefined],
  ])('among distinct_ids: %s', (_name, distinctIds, userId) => {
    expect(outcome({ distinctIds })).toEqual(userId === undefined ? withoutUserId : { ...contact, userId })
  })

  it.each<[string, Record<string, string>, string | undefined, string | undefined]>([
    ['none if the setting is empty', { userId: '' }, undefined, undefined],
    ['the ID of the person', { userId: '{person.id}' }, undefined, uuid],
    ['a text around the distinct_id', { userId: 'shop-{event.distinct_id}' }, undefined, 'shop-user_ada'],
    ['a property', { userId: '{person.properties.plan}' }, undefined, 'pro'],
    ['the property of --user-id', {}, 'plan', 'pro'],
    ['a number in the property of --user-id', { userId: '' }, 'total', '120'],
    ['none if the person lacks the property of --user-id', {}, 'user_id', undefined],
  ])('by the settings: %s', (_name, config, userIdProperty, userId) => {
    const options = userIdProperty === undefined ? {} : { userIdProperty }
    expect(outcome({}, config, options)).toEqual(userId === undefined ? withoutUserId : { ...contact, userId })
  })
})

describe('the email of a person', () => {
  it.each<[string, Partial<Person>, string, string | undefined]>([
    [
      'without blanks around it',
      { properties: { email: ' ada@example.com ' } },
      '{person.properties.email}',
      'ada@example.com',
    ],
    [
      'the first that is one',
      { properties: { email: 'none', mail: 'ada@example.org' } },
      '{person.properties.email}, {person.properties.mail}',
      'ada@example.org',
    ],
    ['among distinct_ids', { distinctIds: [anonymous, 'ada@example.net'] }, '{event.distinct_id}', 'ada@example.net'],
    [
      'not one of two distinct_ids',
      { distinctIds: ['ada@example.net', 'eve@example.net'] },
      '{event.distinct_id}',
      undefined,
    ],
    [
      'behind two distinct_ids',
      { distinctIds: ['ada@example.net', 'eve@example.net'] },
      '{event.distinct_id}, {person.properties.email}',
      'ada@example.com',
    ],
    ['nowhere', { properties: {} }, '{person.properties.email}', undefined],
    ['nowhere, without a distinct_id', { properties: {}, distinctIds: [] }, '{event.distinct_id}', undefined],
  ])('is found %s', (_name, person, email, address) => {
    const expected = address === undefined ? 'they have no email' : { ...withoutUserId, email: address }
    expect(outcome(person, { email, userId: '' })).toEqual(expected)
  })
})

describe('a person', () => {
  it.each<[string, Record<string, string>, { since?: number }, unknown]>([
    ['is left out by its address', { excludedEmails: 'ADA@example.com' }, {}, 'the settings exclude their email'],
    ['is left out by a domain', { excludedEmails: 'Example.com' }, {}, 'the settings exclude their email'],
    ['is left out by a filter', { contactFilters: 'person.total > 120' }, {}, 'a property filter does not match'],
    ['is kept by all filters', { contactFilters: 'person.total >= 120, person.plan is set' }, {}, contact],
    ['is left out by --since', {}, { since: createdAt + 1 }, 'PostHog created them before --since'],
    ['is kept by --since', {}, { since: createdAt }, contact],
  ])('%s', (_name, config, options, expected) => {
    expect(outcome({}, config, options)).toEqual(expected)
  })

  it.each<[string, Record<string, string>, Record<string, unknown>]>([
    [
      'the mapping',
      { contactProperties: 'tier: {person.properties.plan}, key: {person.id}, kind: a {person.properties.plan} plan' },
      { tier: 'pro', key: uuid, kind: 'a pro plan' },
    ],
    [
      'the mapping with $ names and constants',
      { contactProperties: '{"browser": "{person.properties.$browser}", "vip": true}' },
      { browser: 'Chrome', vip: true },
    ],
    [
      'all without $ names and those that Loops keeps',
      { includeAllPersonProperties: 'Yes' },
      { firstname: 'Ada', plan: 'pro', total: 120 },
    ],
    [
      'all, and the mapping over them',
      { includeAllPersonProperties: 'Yes', contactProperties: 'plan: x{person.properties.plan}' },
      { firstname: 'Ada', plan: 'xpro', total: 120 },
    ],
    [
      'no event',
      {
        contactProperties:
          'plan: {event.properties.plan}, name: {event.event}, key: {event.distinct_id}, tier: {person.properties.plan}',
      },
      { tier: 'pro' },
    ],
  ])('has the properties of %s', (_name, config, properties) => {
    expect(outcome({}, config)).toEqual({ ...contact, properties })
  })
})
