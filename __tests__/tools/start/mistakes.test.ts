import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { another, config, event, file, folder, npmStart, runWith } from './setup'

function bytes(name: string, content: readonly number[]): string {
  writeFileSync(join(folder, name), Buffer.from(content))
  return join(folder, name)
}

describe('a mistake gives one sentence and exit code 1', () => {
  it.each<[string, () => string[], RegExp]>([
    ['an unknown option', () => ['--evnts', 'x'], /^Unknown option '--evnts'. See npm start -- --help\.\n$/],
    ['an option without its value', () => ['--events'], /^Option '--events <value>' argument missing. See npm start/],
    [
      'an option in place of a value',
      () => ['--events', '--dry-run'],
      /^Option '--events' argument is ambiguous\. See npm start -- --help\.\n$/,
    ],
    [
      'an unknown server',
      () => ['--server', '1.0'],
      /^--server: There is no server version '1.0'. There are: 1.30, .*, 2025-09, and today for the destination\.\n$/,
    ],
    [
      '--live without a key',
      () => ['--live'],
      /^--live needs the key of your Loops account in the environment variable/,
    ],
    ['no such file', () => ['--events', 'none.json'], /^There is no file none\.json\.\n$/],
    [
      'a file that is no JSON',
      () => ['--events', file('bad.json', '{"event": \n')],
      /bad\.json is not valid JSON: it is cut off\.\n$/,
    ],
    ['a folder', () => ['--events', folder], /^.*replay-\w+ is a folder: name a file in it\.\n$/],
    ['an empty file', () => ['--events', file('empty.json', '')], /empty\.json has no events\.\n$/],
    ['a file of blanks', () => ['--events', file('blank.json', '\uFEFF \n\n')], /blank\.json has no events\.\n$/],
    ['a file without events', () => ['--events', file('none.json', [])], /none\.json has no events\.\n$/],
    [
      'a file with something else',
      () => ['--events', file('else.json', '"text"')],
      /else\.json has no list of events: write/,
    ],
    ['no such settings', () => ['--config', 'none.json'], /^There is no file none\.json\.\n$/],
    [
      'settings that are no object',
      () => ['--config', file('l.json', [])],
      /l\.json contains no settings: write a JSON object/,
    ],
    [
      'an unknown setting',
      () => ['--config', file('u.json', { events: 'a' })],
      /u\.json has an unknown setting "events": use apiKey, /,
    ],
    [
      'the destination, for the app',
      () => ['--config', file('d.json', { inputs: {}, mappings: [{ name: 'Send events', events: ['purchase'] }] })],
      /d\.json has the inputs and mappings of the destination: add --server today\.\n$/,
    ],
    [
      'a setting that is no text',
      () => ['--config', file('n.json', { dryRun: true })],
      /n\.json has "dryRun", whose value must be text: write "No" or "Yes"\.\n$/,
    ],
    [
      'a list that is cut off',
      () => ['--events', file('l.json', `[\n${JSON.stringify(event)},\n{"event": "a"`)],
      /l\.json, line 3 is the last one, and the list has no end: event 2 is cut off\.\n$/,
    ],
    [
      'a file that gzip has compressed',
      () => ['--events', bytes('e.json.gz', [0x1f, 0x8b, 8, 0])],
      /e\.json\.gz is compressed with gzip: unpack it first, with gunzip\.\n$/,
    ],
    [
      'a file in UTF-16',
      () => ['--events', bytes('e.json', [0xff, 0xfe, 0x5b, 0])],
      /e\.json is written in UTF-16: save it as UTF-8\.\n$/,
    ],
    [
      'a CSV',
      () => ['--events', file('e.csv', 'uuid,event,properties\n1,purchase,"{""total"": 5}"\n')],
      /e\.csv looks like CSV: export the events as JSON or as JSON lines\.\n$/,
    ],
    [
      'something behind a list',
      () => ['--events', file('l.json', `[${JSON.stringify(event)}]\nx`)],
      /l\.json, line 2 has "x" after the end of the list\.\n$/,
    ],
    [
      'a comma too many',
      () => ['--events', file('l.json', `[${JSON.stringify(event)},\n]`)],
      /l\.json, line 2 has "]" without an event before it\.\n$/,
    ],
  ])('%s', async (_, args, sentence) => {
    const { exitCode, told } = await npmStart(...args())
    expect(told).toMatch(sentence)
    expect(told.trimEnd()).not.toContain('\n')
    expect(exitCode).toBe(1)
  })

  const deep = `{"event": "deep", "distinct_id": "a", "properties": ${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`
  it.each<[string, unknown, RegExp]>([
    ['a line that is no JSON', '{', /line 2 is not valid JSON: Expected property name or '}'/],
    [
      'an event of a name that is none',
      { name: 1 },
      /line 2 has no name: write it as "event", like {"event": "purchase"}/,
    ],
    [
      'a time that is none',
      { ...event, timestamp: 'x' },
      /line 2 has the timestamp "x", which is not a valid time: write it like/,
    ],
    [
      'a number for a time',
      { ...event, timestamp: 1714557600 },
      /line 2 has the timestamp 1714557600, which is not a valid time/,
    ],
    [
      'properties that are no object',
      { ...event, properties: 1 },
      /line 2 has "properties", which must be a JSON object/,
    ],
    [
      'a person that is none',
      { ...event, person_properties: '[' },
      /line 2 has "person_properties" whose text is not valid/,
    ],
    ['an event of nobody', { event: 'a' }, /line 2: The event 'a' has no distinct_id/],
    ['an event that is nested too deep', deep, /line 2 is nested deeper than 200 levels, the most that is read/],
  ])('is skipped with a sentence: %s', async (_, hostile, sentence) => {
    const line = (content: unknown) => (typeof content === 'string' ? content : JSON.stringify(content))
    const lines = [event, hostile, another].map(line).join('\n')
    const files = ['--events', file('h.jsonl', lines), '--config', file('c.json', config)]
    const { exitCode, said, told } = await npmStart(...files)
    expect(told).toMatch(/^Skipped: [^\n]*\.\n$/)
    expect(told).toMatch(sentence)
    expect(said).toContain('2 events, 1 skipped in ')
    expect(exitCode).toBe(0)
  })

  it('is said if all events are skipped', async () => {
    const { exitCode, told } = await npmStart('--events', file('e.json', `[\n\n {"event": ada@example.com}]`))
    expect(told).toMatch(
      /^Skipped: \S+e\.json, line 3 is not valid JSON: Unexpected token 'a'\.\nAll events were skipped\.\n$/,
    )
    expect(exitCode).toBe(1)
  })

  it('settings that the app rejects: one a line', async () => {
    const settings = { email: 'x', trackedEvents: '!a', eventProperties: 'total' }
    const { exitCode, told } = await npmStart('--config', file('r.json', settings))
    expect(told.split('\n').map((line) => line.split(': "')[0])).toEqual([
      'PostHog turns the app off, because of its settings:',
      'Email of the user',
      'Events to send',
      'Events to send: property mapping',
      '',
    ])
    expect(exitCode).toBe(1)
  })

  it.each([[[]], [['--events', 'mine.json']], [['--config', 'mine.json']]])('--live with %j alone', async (given) => {
    const { exitCode, told } = await runWith({ LOOPS_API_KEY: 'of-no-account' }, ['--live', ...given])
    expect(told).toBe('--live needs --events and --config: the samples are not for a real account.\n')
    expect(exitCode).toBe(1)
  })
})
