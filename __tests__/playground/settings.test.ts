import type { Problem } from '../../tools/playground/contract'
import { problemsIn } from '../../tools/lib/settings-problems'
import { settings, question, post, answer } from './setup'

jest.setTimeout(60_000)

describe('settings', () => {
  test('that the app accepts have no problems', async () => {
    expect(await answer('settings', question)).toEqual([])
  })

  test.each(['1.30', '2023-11', '2025-09'])('have each problem at its field on PostHog %s', async (version) => {
    const wrong = { apiKey: '', email: 'x', trackedEvents: '!a', eventProperties: 'total' }
    const problems = await answer<Problem[]>('settings', { settings: wrong, server: version })
    expect(problems.map(({ key }) => key)).toEqual(['apiKey', 'email', 'trackedEvents', 'eventProperties'])
    expect(problems[1]?.sentence).toBe(
      '"x" would give everybody the same contact: write a placeholder like {person.properties.email}.',
    )
  })

  test.each<[string, string, Problem[]]>([
    [
      'a label that begins like another one',
      'Loops settings: Events to send: "" is empty. Events to send: mailing lists: "a" is wrong.',
      [
        { key: 'trackedEvents', sentence: '"" is empty.' },
        { key: 'eventMailingLists', sentence: '"a" is wrong.' },
      ],
    ],
    [
      'two sentences about one field',
      'Loops settings: User ID: "a" is wrong. User ID: "b" is wrong.',
      [
        { key: 'userId', sentence: '"a" is wrong.' },
        { key: 'userId', sentence: '"b" is wrong.' },
      ],
    ],
    ['a message of no field', 'Cannot import "a"!', [{ key: null, sentence: 'Cannot import "a"!' }]],
  ])('are taken apart: %s', (_name, message, problems) => {
    expect(problemsIn(message)).toEqual(problems)
  })

  test('of a file come without its key', async () => {
    expect(await answer('config-file', { name: 'a.json', text: JSON.stringify(settings) })).toEqual({
      ...settings,
      apiKey: undefined,
    })
    const refused = await post('config-file', { name: 'a.json', text: '{"a": "b"}' })
    expect(refused).toMatchObject({
      status: 400,
      body: expect.stringContaining('a.json has an unknown setting') as string,
    })
    const twice = await post('config-file', { name: 'a.json', text: '{"userId": "", "userId": "x"}' })
    expect(twice.body).toContain('a.json has \\"userId\\" twice')
  })
})
