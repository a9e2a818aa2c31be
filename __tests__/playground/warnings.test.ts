import { formOfApp } from '../../destination/from-settings/form'
import { TODAY } from '../../tools/playground/contract'
import type { Result } from '../../tools/playground/contract'
import { answer, event, resultFor, session, settings as usual } from './setup'

jest.setTimeout(60_000)

const ofInvited =
  "The email comes from {event.properties.invited}. It may be somebody else's, as in an invitation, and then Loops gives " +
  'that contact this user ID: write {person.properties.email}.'

describe('warnings', () => {
  const nested = { ...event.properties, items: [{ sku: 'a' }], shipping: { address: { city: 'Leeds' } } }
  const long = 'x'.repeat(600)
  test.each<[string, Parameters<typeof resultFor>[0], string[]]>([
    [
      'a name with a colon',
      { settings: { trackedEvents: '["a:b"]' }, event: { ...event, event: 'a:b' } },
      ['Loops forbids ":" in event names: "a:b" is named "a_b" there.'],
    ],
    [
      'a new name with a colon',
      { settings: { trackedEvents: '{"purchase": "my:purchase"}' } },
      ['Loops forbids ":" in event names: "my:purchase" is named "my_purchase" there.'],
    ],
    [
      'a value that is cut, alone and among text',
      {
        settings: { eventProperties: 'note: {event.properties.note}, text: Hello {event.properties.note}' },
        event: { ...event, properties: { ...event.properties, note: `${long}end` } },
      },
      ['note', 'text'].map(
        (name) => `"${name}" is cut to the 500 characters that Loops allows, quotes and escapes counted.`,
      ),
    ],
    [
      'a value that just fits',
      {
        settings: { eventProperties: 'note: {event.properties.note}' },
        event: { ...event, properties: { ...event.properties, note: 'x'.repeat(498), other: long } },
      },
      [],
    ],
    [
      'nested values, with all properties',
      { settings: { includeAllEventProperties: 'Yes' }, event: { ...event, properties: nested } },
      [
        '{event.properties.items} is left out, because it contains other values: map an inner value, like {event.properties.items.0.sku}.',
        '{event.properties.shipping} is left out, because it contains other values: map an inner value, like {event.properties.shipping.address.city}.',
      ],
    ],
    [
      'a nested value that is mapped',
      { settings: { eventProperties: 'to: {event.properties.shipping}' }, event: { ...event, properties: nested } },
      [
        '{event.properties.shipping} is left out, because it contains other values: map an inner value, like {event.properties.shipping.address.city}.',
      ],
    ],
    [
      'a nested value of the person',
      {
        settings: { contactEvents: 'purchase', includeAllPersonProperties: 'Yes' },
        event: { ...event, properties: { $set: { email: 'ada@example.com', company: { name: 'Acme' } } } },
      },
      [
        '{person.properties.company} is left out, because it contains other values: map an inner value, like {person.properties.company.name}.',
      ],
    ],
    [
      'no email address',
      { event: { ...event, properties: { total: 1 } } },
      ['There is no email address: Loops accepts this only if a contact has the user ID already.'],
    ],
    [
      'a user ID that is an email',
      { event: { ...event, distinct_id: 'ada@example.com', properties: { total: 1 } } },
      [
        'There is no email address: Loops accepts this only if a contact has the user ID already.',
        'The user ID is an email: write PLACES in "Email of the user".',
      ],
    ],
    [
      'no user ID',
      { event: { ...event, distinct_id: 'guest' } },
      ['There is no user ID: the one that the settings name is missing, anonymous, or shared by many people.'],
    ],
    [
      'a filter that holds the event back, while it updates its contact',
      { settings: { contactEvents: 'purchase', eventFilters: 'total > 100', contactProperties: '' } },
      ['GROUP: filter 1 does not match: total is 49.5, not > 100'],
    ],
    [
      "an email that may be somebody else's",
      {
        settings: { email: '{event.properties.invited}' },
        event: { ...event, properties: { ...event.properties, invited: 'somebody.else@example.com' } },
      },
      [ofInvited],
    ],
    [
      "an email that may be somebody else's, of a person without one",
      {
        settings: { email: '{event.properties.invited}' },
        event: { ...event, properties: { invited: 'b@example.com' } },
      },
      [ofInvited],
    ],
    [
      "an email that may be somebody else's, without a user ID",
      {
        settings: { email: '{event.properties.invited}', userId: '' },
        event: { ...event, properties: { invited: 'b@example.com' } },
      },
      [ofInvited.replace('gives that contact this user ID', 'writes to that contact')],
    ],
    [
      'an email of the event that is that of the person',
      {
        settings: { email: '{event.properties.invited}' },
        event: { ...event, properties: { ...event.properties, invited: 'Ada@example.com' } },
      },
      [],
    ],
    [
      'an email of the event that an event before has given the person',
      {
        settings: { email: '{event.properties.invited}' },
        event: { ...event, uuid: 'later', properties: { invited: 'ada@example.com' } },
      },
      [],
    ],
    [
      'an email of the event that is the distinct_id',
      {
        settings: { email: '{event.properties.invited}' },
        event: { ...event, distinct_id: 'b@example.com', properties: { invited: 'b@example.com' } },
      },
      [],
    ],
    ['no user ID where none is wanted', { event: { ...event, distinct_id: 'guest' }, settings: { userId: '' } }, []],
  ])('tell of %s, in both editions', async (_name, changes, warnings) => {
    const words = (group: string, places: string) =>
      warnings.map((warning) => warning.replace('GROUP', group).replace('PLACES', places))
    const inApp = words('Events to send', '{person.properties.email}, {event.distinct_id}')
    expect((await resultFor(changes)).warnings).toEqual(inApp)
    const form = formOfApp({ ...usual, ...changes.settings })
    if ('refusals' in form) throw new Error(form.refusals.join('\n'))
    const destination = { ...form, inputs: { ...form.inputs, apiKey: usual.apiKey } }
    const ofDestination = { settings: {}, server: TODAY, destination, event: changes.event ?? event }
    expect((await answer<Result>('mocked', ofDestination)).warnings).toEqual(
      words('Send events', '{[person.properties.email, event.distinct_id]}'),
    )
  })

  test.each(['2024-02', TODAY])('tell of what came before, on %s', async (server) => {
    const settings = { ...usual, email: '{event.properties.invited}', contactEvents: '' }
    const form = formOfApp(settings)
    if ('refusals' in form) throw new Error(form.refusals.join('\n'))
    const asked = { settings, server, destination: { ...form, inputs: { ...form.inputs, apiKey: usual.apiKey } } }
    const warningsOn = async (path: string, distinctId: string, changes: object = {}) => {
      const invitation = {
        ...event,
        uuid: distinctId,
        distinct_id: distinctId,
        properties: { invited: 'b@example.com' },
      }
      return (await answer<Result>(path, { ...asked, event: invitation, to: 'simulator', ...changes })).warnings
    }
    const before = (id: string) => [
      ofInvited,
      `An earlier request has this email with the user ID "${id}", which Loops replaces: it may be somebody else's email.`,
    ]
    expect(await warningsOn('mocked', 'user_9')).toEqual([ofInvited])
    expect(await warningsOn('mocked', 'user_10')).toEqual(before('user_9'))
    expect(await warningsOn('send', 'user_10')).toEqual(before('user_9'))
    expect(await warningsOn('send', 'user_9')).toEqual(before('user_10'))
    session.reset()
    expect(await warningsOn('send', 'user_10')).toEqual([ofInvited])
  })

  test.each<[string, Parameters<typeof resultFor>[0], string[]]>([
    [
      'the app’s own dry run',
      { settings: { dryRun: 'Yes' } },
      ['The app’s own setting "Dry run" is on: it logs this request and sends nothing.'],
    ],
    [
      'a PostHog that is not there',
      { settings: { posthogUrl: 'https://posthog.example.com' } },
      ['The playground has no PostHog to look up persons: on your server the app may find more about this person.'],
    ],
    [
      'a server that encodes the body twice',
      { settings: { delivery: 'webhook' }, server: '2023-11' },
      ['PostHog 2023-11 encodes this body a second time, and Loops rejects it: choose "direct".'],
    ],
  ])('of the app tell of %s', async (_name, changes, warnings) => {
    expect((await resultFor(changes)).warnings).toEqual(warnings)
  })
})
