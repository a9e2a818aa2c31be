import { exportSettings } from '../../../tools/export/export-settings'
import { parseOptions } from '../../../tools/export/options'
import { exported, key } from './setup'

const posthog = 'https://eu.posthog.com'
const NEEDED = ['--posthog', posthog, '--out', 'contacts.csv']

describe('the command line', () => {
  it.each<[string, string[], object]>([
    ['what is needed', NEEDED, {}],
    [
      'a path and a slash',
      ['--posthog', 'http://localhost:8000/posthog/', '--out', 'contacts.csv'],
      { posthog: 'http://localhost:8000/posthog' },
    ],
    [
      'plain http in a network that one trusts',
      ['--posthog', 'http://posthog.example.com', '--insecure', '--out', 'contacts.csv'],
      { posthog: 'http://posthog.example.com' },
    ],
    [
      'the address that takes events',
      ['--posthog', 'https://us.i.posthog.com', '--out', 'contacts.csv'],
      { posthog: 'https://us.posthog.com' },
    ],
    [
      'everything',
      [...NEEDED, '--project', '7', '--since', '2024-05-01', '--user-id', 'user id'],
      { project: '7', since: Date.UTC(2024, 4, 1), userIdProperty: 'user id' },
    ],
  ])('takes %s', (_name, args, changes) => {
    const usual = { posthog, project: '@current', out: 'contacts.csv', config: { settings: {} }, key }
    expect(parseOptions(args, { POSTHOG_API_KEY: key })).toEqual({ ...usual, ...changes })
  })

  const where =
    'create a personal API key (phx_...) with the scope person:read in PostHog, Settings -> Personal API keys'
  it.each<[string, string[], string, string]>([
    ['no address', ['--out', 'x.csv'], key, '--posthog is missing: write --posthog https://eu.posthog.com.'],
    ['no file', ['--posthog', posthog], key, '--out is missing: write --out contacts.csv.'],
    [
      'no web address',
      ['--posthog', 'eu.posthog.com', '--out', 'x.csv'],
      key,
      '--posthog must be the URL of a server, like https://eu.posthog.com.',
    ],
    [
      'another kind of address',
      ['--posthog', 'file:///etc', '--out', 'x.csv'],
      key,
      '--posthog must be the URL of a server, like https://eu.posthog.com.',
    ],
    [
      'the address of a page',
      ['--posthog', `${posthog}/project/7`, '--out', 'x.csv'],
      key,
      `--posthog "${posthog}/project/7" is the URL of a page: write ${posthog}.`,
    ],
    [
      'a password in the address',
      ['--posthog', 'https://a:b@posthog.example', '--out', 'x.csv'],
      key,
      '--posthog must be the URL of a server, like https://eu.posthog.com.',
    ],
    ...['http://posthog.example.com', 'http://127.0.0.1.example.com'].map(
      (address): [string, string[], string, string] => [
        `plain http to another machine, ${address}`,
        ['--posthog', address, '--out', 'x.csv'],
        key,
        `${address} is plain http, over which the key would travel unencrypted: write https, or add --insecure in a network that you trust.`,
      ],
    ),
    [
      'a project that is no number',
      [...NEEDED, '--project', 'shop'],
      key,
      `--project "shop" must be a number: copy it from any PostHog URL (/project/12345/).`,
    ],
    [
      'a date that is none',
      [...NEEDED, '--since', 'May'.repeat(2)],
      key,
      "--since takes a date like 2024-05-01, not 'MayMay'.",
    ],
    [
      'braces',
      [...NEEDED, '--user-id', '{person.properties.id}'],
      key,
      '--user-id takes the name of a person property without braces, like --user-id user_id.',
    ],
    [
      'an unknown option',
      [...NEEDED, '--key', 'x'],
      key,
      "Unknown option '--key'. See npm run export-contacts -- --help.",
    ],
    ['no settings', [...NEEDED, '--config', 'nowhere.json'], key, 'There is no file nowhere.json.'],
    ['no key', NEEDED, '', `POSTHOG_API_KEY is missing: ${where}, and put it into the environment.`],
    [
      'a key of a project',
      NEEDED,
      'phc_abcdefgh',
      `POSTHOG_API_KEY is a key of the project, not a personal one: ${where}.`,
    ],
    ['a key with a line break', NEEDED, `${key}\n`, `POSTHOG_API_KEY is not a key of PostHog: ${where}.`],
  ])('refuses %s', (_name, args, given, sentence) => {
    expect(() => parseOptions(args, { POSTHOG_API_KEY: given })).toThrow(new Error(sentence))
  })

  it('shows help', async () => {
    const { exitCode, said } = await exported(posthog, { args: ['--help'], environment: {} })
    expect(exitCode).toBe(0)
    expect(said).toMatch(/^Writes a CSV[^]* npm run export-contacts -- --posthog URL --out FILE/)
  })
})

describe('the settings', () => {
  const without = 'which a person does not have'

  it.each<[string, Record<string, string>, string[]]>([
    ['nothing', {}, []],
    [
      'mappings of the event',
      {
        contactProperties:
          'a: {event.properties.x}, b: {person.properties.b}, c: at {event.timestamp}, d: {event.distinct_id}',
      },
      ['a', 'c', 'd'].map(
        (name) => `Update contacts: property mapping: "${name}" reads the event, ${without}: it has no column.`,
      ),
    ],
    [
      'an address in the event, beside others',
      { email: '{event.properties.email}, {person.properties.email}' },
      [
        `Email of the user: {event.properties.email} reads the event, ${without}: the export reads the other properties.`,
      ],
    ],
    [
      'mailing lists',
      { contactMailingLists: 'cm1: true, cm2: {person.properties.news}' },
      ['Update contacts: mailing lists: a CSV cannot contain mailing lists ("cm1", "cm2"): add the contacts in Loops.'],
    ],
  ])('tell what is left out: %s', (_name, config, notices) => {
    expect(exportSettings(config).notices).toEqual(notices)
  })

  it.each<[string, Record<string, string>, string]>([
    [
      'filters on the event',
      { contactFilters: 'person.plan = pro, total > 10, os is not set' },
      ['2 looks at the event property "total"', '3 looks at the event property "os"']
        .map(
          (what) =>
            `Update contacts: property filters: filter ${what}, ${without}: write person.${/"(.*)"/.exec(what)?.[1] ?? ''}, or export with settings without this filter.`,
        )
        .join('\n'),
    ],
    [
      'a user ID in the event',
      { userId: '{event.properties.id}' },
      `User ID: {event.properties.id} reads the event, ${without}: name the person property with --user-id.`,
    ],
    [
      'an address in the event only',
      { email: '{event.properties.email}, {event.properties.mail}' },
      `Email of the user: {event.properties.email}, {event.properties.mail} read the event, ${without}: name a person property too.`,
    ],
    [
      'what the app refuses',
      { email: 'me', contactFilters: 'plan ~ pro', apiKey: 'loops-key-of-9' },
      'Loops settings: Email of the user: "me" would give everybody the same contact',
    ],
  ])('are refused: %s', (_name, config, sentence) => {
    expect(() => exportSettings(config)).toThrow(sentence)
  })

  it('never show a key, also one that was pasted into another field', () => {
    const config = { apiKey: 'loops-key-of-9', contactProperties: 'loops-key-of-9' }
    expect(() => exportSettings(config)).toThrow('"[API key]" is not "name: value"')
  })
})
