import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { exported, newFolder, person, startPostHog } from './setup'

const IMPORT =
  'In Loops: Audience -> Import -> CSV. Leave "Trigger loops" off, unless each contact should get the emails for new contacts.\n'

const ada = person(
  { email: 'ada@example.com', firstname: 'Ada', plan: 'pro' },
  { distinct_ids: ['018f2ad5-0000-7000-8000-0000000000a1', 'user_ada'] },
)

describe('npm run export-contacts', () => {
  it('writes the persons that the settings want, and says how many it leaves out and why', async () => {
    const { url } = await startPostHog([
      ada,
      person(
        { email: 'grace@example.com', firstname: 'Grace', lastname: 'Hopper, "Amazing"\r\nUSN' },
        { distinct_ids: ['7', '8'] },
      ),
      person({ name: 'Nobody' }),
      person({ email: 'eve@spam.example' }),
      person({ email: "=cmd|'/C'!A0@example.com" }),
      person({ email: 'old@example.com' }, { created_at: '2020-02-29T00:00:00Z' }),
    ])
    const config = { excludedEmails: 'spam.example', apiKey: 'not-a-good-key!' }
    const result = await exported(url, { config, args: ['--since', '2021-01-01'] })
    expect(result).toEqual({
      exitCode: 0,
      told: '',
      waits: [],
      said: [
        'FOLDER/contacts.csv: 2 of 6 persons.',
        '  1 left out: PostHog created them before --since',
        '  1 left out: they have no email',
        '  1 left out: the settings exclude their email',
        '  1 left out: a spreadsheet would run their email as a formula',
        '  1 without a user ID: no ID, or several, can be their own (--user-id names a property)',
        IMPORT,
      ].join('\n'),
      contacts: [
        { Email: 'ada@example.com', 'User ID': 'user_ada', 'First Name': 'Ada', 'Last Name': '' },
        {
          Email: 'grace@example.com',
          'User ID': '',
          'First Name': 'Grace',
          'Last Name': 'Hopper, "Amazing"\r\nUSN',
        },
      ],
    })
  })

  it('leaves nothing but the CSV, which only its owner can read', async () => {
    const folder = newFolder()
    const { url } = await startPostHog([ada])
    await exported(url, { folder })
    expect(readdirSync(folder)).toEqual(['contacts.csv'])
    expect(statSync(join(folder, 'contacts.csv')).mode & 0o777).toBe(0o600)
  })

  it.each(['cursor', 'offset'] as const)(
    'reads all pages by %s, also those that are shorter than their limit',
    async (paging) => {
      const persons = Array.from({ length: 2500 }, (_, place) => person({ email: `p${place}@example.com`, place }))
      const hidden = ({ properties: { place } }: { properties: { place?: unknown } }): boolean =>
        Number(place) % 50 === 0
      const posthog = await startPostHog(persons, { paging, hidden })
      const { contacts, said } = await exported(posthog.url)
      expect(posthog.asked).toHaveLength(3)
      expect(said).toContain('2,450 of 2,450 persons')
      expect(contacts?.map(({ Email }) => Email)).toEqual(
        persons.filter((one) => !hidden(one)).map(({ properties }) => properties.email),
      )
    },
  )

  it('asks the given server for the next page, whatever URL that names', async () => {
    const other = await startPostHog([])
    const body = JSON.stringify({ next: `${other.url}/api/projects/1/persons/?cursor=abc`, results: [] })
    const posthog = await startPostHog([ada], {
      fault: (request) => (request === 1 ? { status: 200, body } : undefined),
    })
    expect((await exported(`${posthog.url}/`, { args: ['--project', '1'] })).exitCode).toBe(0)
    expect(posthog.asked).toEqual(['/api/projects/1/persons/?limit=1000', '/api/projects/1/persons/?cursor=abc'])
    expect(other.asked).toEqual([])
  })

  it('has a column for each property that any person has, with "include all"', async () => {
    const { url } = await startPostHog([
      person({ email: 'a@example.com', plan: 'pro', $os: 'Linux', id: 7, subscribed: true }),
      person({ email: 'b@example.com', zeal: 0, 'a.b': true, tags: ['x', 'y'], nested: { deep: 1 }, constructor: 'c' }),
      person({
        email: 'c@example.com',
        Email: 'd@example.com',
        first_name: 'C',
        '=1+1': 'name',
        bio: '@SUM(1)',
      }),
      person({ email: 'd@example.com', plan: '\u2028line\u2029', phone: '+1 (555) 123', handle: '@ada', delta: -1 }),
    ])
    const config = {
      includeAllPersonProperties: 'Yes',
      contactProperties: 'tier: {person.properties.plan}',
      userId: '',
    }
    const { contacts, said } = await exported(url, { config })
    const none = {
      tier: '',
      'a.b': '',
      constructor: '',
      delta: '',
      handle: '',
      phone: '',
      plan: '',
      tags: '',
      zeal: '',
    }
    expect(contacts).toEqual([
      { ...none, Email: 'a@example.com', tier: 'pro', plan: 'pro' },
      { ...none, Email: 'b@example.com', zeal: '0', 'a.b': 'true', tags: 'x, y', constructor: 'c' },
      { ...none, Email: 'c@example.com' },
      {
        ...none,
        Email: 'd@example.com',
        tier: '\u2028line\u2029',
        plan: '\u2028line\u2029',
        phone: '+1 (555) 123',
        handle: '@ada',
        delta: '-1',
      },
    ])
    expect(Object.keys(contacts?.[0] ?? {})).toEqual(['Email', ...Object.keys(none)])
    expect(said).toBe(
      [
        'FOLDER/contacts.csv: 4 of 4 persons.',
        '  2 properties left out: a spreadsheet would run the value or the name as a formula',
        '  no column for "Email", "first_name": Loops might confuse it with its own property; map it to another name',
        IMPORT,
      ].join('\n'),
    )
  })

  it('writes one of the persons with one email, and gives a user ID to the newest of its contacts', async () => {
    const { url } = await startPostHog([
      person({ email: 'ada@example.com', n: 1, uid: 'u1' }, { created_at: '2024-01-01T00:00:00Z' }),
      person({ email: 'ADA@example.com', n: 2, uid: 'u2' }, { created_at: '2024-03-01T00:00:00Z' }),
      person({ email: 'bob@example.com', n: 3, uid: 'u2' }, { created_at: '2024-02-01T00:00:00Z' }),
      person({ email: 'eve@example.com', n: 4, uid: 'u1' }, { created_at: '2023-01-01T00:00:00Z' }),
      person({ email: 'Max@example.com', n: 5, uid: 'u1' }, { created_at: '2023-01-02T00:00:00Z' }),
      ada,
      ada,
    ])
    const config = { contactProperties: 'n: {person.properties.n}' }
    const { contacts, said } = await exported(url, { config, args: ['--user-id', 'uid'] })
    expect(contacts).toEqual([
      { Email: 'ADA@example.com', 'User ID': 'u2', n: '2' },
      { Email: 'bob@example.com', 'User ID': '', n: '3' },
      { Email: 'eve@example.com', 'User ID': '', n: '4' },
      { Email: 'Max@example.com', 'User ID': 'u1', n: '5' },
    ])
    expect(said).toBe(
      [
        'FOLDER/contacts.csv: 4 of 7 persons.',
        '  3 left out: another person with their email is written, or PostHog listed them twice',
        '  2 without a user ID: a newer contact has the same one',
        IMPORT,
      ].join('\n'),
    )
  })

  it('writes of several persons with one email the newest that has an ID of its own', async () => {
    const { url } = await startPostHog([
      person({ email: 'ada@example.com', n: 1, uid: 'u1' }, { created_at: '2024-01-01T00:00:00Z' }),
      person({ email: 'ada@example.com', n: 2, uid: 'u2' }, { created_at: '2024-02-01T00:00:00Z' }),
      person({ email: 'ada@example.com', n: 3 }, { created_at: '2024-03-01T00:00:00Z' }),
    ])
    const config = { contactProperties: 'n: {person.properties.n}' }
    const { contacts } = await exported(url, { config, args: ['--user-id', 'uid'] })
    expect(contacts).toEqual([{ Email: 'ada@example.com', 'User ID': 'u2', n: '2' }])
  })

  it('takes the UUID for the ID of a person', async () => {
    const { url } = await startPostHog([ada])
    const { contacts } = await exported(url, { config: { userId: '{person.id}', contactProperties: '' } })
    expect(contacts).toEqual([{ Email: 'ada@example.com', 'User ID': ada.uuid }])
  })

  it('refuses more columns than anybody maps', async () => {
    const { url } = await startPostHog(
      Array.from({ length: 1001 }, (_, place) => person({ email: 'a@example.com', [`property ${place}`]: 1 })),
    )
    const { exitCode, told } = await exported(url, { config: { includeAllPersonProperties: 'Yes' } })
    expect({ exitCode, told }).toEqual({
      exitCode: 1,
      told: 'The persons have more than 1000 properties: map those that Loops needs, instead of "include all".\n',
    })
  })
})
