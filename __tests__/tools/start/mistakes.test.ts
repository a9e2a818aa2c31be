import { event, file, folder, npmStart, runWith } from './setup'

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
      /^--server: There is no server version '1.0'. There are: 1.30, .*\n$/,
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
    [
      'a line that is no JSON',
      () => ['--events', file('bad.jsonl', `${JSON.stringify(event)}\n{`)],
      /bad\.jsonl, line 2 is not valid JSON: Expected property name or '}'\.\n$/,
    ],
    [
      'a first line that is no JSON',
      () => ['--events', file('bad.jsonl', `\uFEFF{"event": \n${JSON.stringify(event)}\n`)],
      /bad\.jsonl, line 1 is not valid JSON/,
    ],
    ['a folder', () => ['--events', folder], /^.*replay-\w+ is a folder: name a file in it\.\n$/],
    ['an empty file', () => ['--events', file('empty.json', '')], /empty\.json holds no events\.\n$/],
    ['a file of blanks', () => ['--events', file('blank.json', '\uFEFF \n\n')], /blank\.json holds no events\.\n$/],
    [
      'a time that is none',
      () => ['--events', file('t.json', [event, { ...event, timestamp: 'garbage' }])],
      /t\.json, event 2 has the timestamp "garbage", which is no time: write it like "2024-05-01T10:00:00Z", or leave it out\.\n$/,
    ],
    [
      'a number for a time',
      () => ['--events', file('t.jsonl', JSON.stringify({ ...event, timestamp: 1714557600 }))],
      /t\.jsonl, line 1 has the timestamp 1714557600, which is no time/,
    ],
    ['a file without events', () => ['--events', file('none.json', [])], /none\.json holds no events\.\n$/],
    [
      'a file with something else',
      () => ['--events', file('else.json', '"text"')],
      /else\.json holds no list of events: write/,
    ],
    [
      'something else than an event',
      () => ['--events', file('e.json', [{ name: 1 }])],
      /e\.json, event 1 has no name: write it as "event"/,
    ],
    [
      'properties that are no object',
      () => ['--events', file('p.json', [{ ...event, properties: 1 }])],
      /p\.json, event 1 has "properties" that are no JSON object/,
    ],
    [
      'an event of nobody',
      () => ['--events', file('d.json', [{ event: 'a' }])],
      /d\.json, event 1: .* has no distinct_id/,
    ],
    ['no such settings', () => ['--config', 'none.json'], /^There is no file none\.json\.\n$/],
    [
      'settings that are no object',
      () => ['--config', file('l.json', [])],
      /l\.json holds no settings: write a JSON object/,
    ],
    [
      'an unknown setting',
      () => ['--config', file('u.json', { events: 'a' })],
      /u\.json has an unknown setting "events": use apiKey, /,
    ],
    [
      'a setting that is no text',
      () => ['--config', file('n.json', { dryRun: true })],
      /n\.json gives "dryRun" no text: put its/,
    ],
    [
      'a broken event of a list',
      () => ['--events', file('l.json', `[\n${JSON.stringify(event)},\n\n  {"event": ada@example.com}]`)],
      /l\.json, line 4 is not valid JSON: Unexpected token 'a'\.\n$/,
    ],
    [
      'a list that is cut off',
      () => ['--events', file('l.json', `[\n${JSON.stringify(event)},\n{"event": "a"`)],
      /l\.json, line 3 is the last one, and the list has no end: event 2 is cut off\.\n$/,
    ],
    [
      'something behind a list',
      () => ['--events', file('l.json', `[${JSON.stringify(event)}]\nx`)],
      /l\.json, line 2 has "x" behind the end of the list\.\n$/,
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

  it('settings that the app refuses: one a line', async () => {
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
