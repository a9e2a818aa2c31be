import { config, event, file, npmStart } from './setup'

jest.setTimeout(60_000)

const settings = {
  ...config,
  trackedEvents: 'invite sent',
  eventProperties: '',
  email: '{event.properties.invited.email}, {person.properties.email}',
}
const invite = (distinctId: string, email: string) => ({
  ...event,
  event: 'invite sent',
  uuid: `${distinctId} ${email}`.replace(/\W/g, '-'),
  distinct_id: distinctId,
  properties: { invited: { email } },
})
const identify = (distinctId: string, email: string, more: object = {}) => ({
  ...event,
  event: '$identify',
  uuid: distinctId,
  distinct_id: distinctId,
  properties: { $set: { email }, ...more },
})
const hint =
  "The email comes from {event.properties.invited.email}, and the person has another one: if it is somebody else's, " +
  'Loops gives that contact this user ID.'
const severalUserIds = (emails: string): string =>
  `${emails} sent with several user IDs, of which Loops keeps the last: if "Email of the user" names an event property, it may hold ` +
  "somebody else's email: write {person.properties.email}."

describe.each([
  ['2024-02', []],
  ['today', []],
  ['2024-02', ['--dry-run']],
  ['today', ['--dry-run']],
])("npm start and somebody else's email: %s %j", (server, options) => {
  const invited = 'somebody.else@example.com'
  it.each<[why: string, events: object[], settings: object, sentences: string[]]>([
    [
      'of a person whose email is known',
      [identify('user_9', 'ada@example.com'), invite('user_9', invited)],
      settings,
      [hint],
    ],
    [
      'of a person who has identified as another ID',
      [identify('user_9', 'ada@example.com', { $anon_distinct_id: 'anon' }), invite('anon', invited)],
      { ...settings, userId: '{event.properties.none}' },
      [hint.replace(/, Loops gives.*/, ', Loops writes to that contact.')],
    ],
    [
      'of a person whose email the file gives',
      [{ ...invite('user_9', invited), person_properties: { email: 'ada@example.com' } }],
      settings,
      [hint],
    ],
    [
      'of two people',
      [invite('user_9', invited), invite('user_10', invited)],
      settings,
      [severalUserIds('1 email was')],
    ],
    [
      'of two people, twice',
      [
        ...[invite('user_9', invited), invite('user_10', invited.toUpperCase()), invite('user_11', invited)],
        ...[invite('user_9', 'b@example.com'), invite('user_10', 'b@example.com')],
      ],
      settings,
      [severalUserIds('2 emails were')],
    ],
    ['of nobody else', [identify('user_9', 'ada@example.com'), invite('user_9', 'ADA@example.com')], settings, []],
    ['that the event sets', [identify('user_9', 'a@example.com'), identify('user_9', 'b@example.com')], settings, []],
  ])('%s', async (_, events, given, sentences) => {
    const files = ['--events', file('e.json', events), '--config', file('c.json', given)]
    const { said } = await npmStart('--server', server, ...options, ...files)
    expect(said.match(/The email comes from .*|\d+ emails? (?:was|were) .*/g) ?? []).toEqual(sentences)
  })
})
