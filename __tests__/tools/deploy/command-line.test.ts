import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../../tools/deploy/run'
import { apiKey } from '../../app/setup'
import { posthogKey } from '../../simulators/posthog/rest-api/setup'

const KEY_OF_POSTHOG = `phx_${'Ab3'.repeat(15)}`

/** Texts of files that are wrong, each with its sentence. */
const files: readonly (readonly [text: string, sentence: string])[] = [
  [
    '{"trackedEvents": "a", "contactEvents": "", "trackedEvents": "b"}',
    'has "trackedEvents" twice: write it once, with both texts joined by a comma.',
  ],
  ['{"trackedEvents": "a", "dryRun": "No", "dryRun": "No"}', 'has "dryRun" twice: remove one of the two.'],
  [
    '{"inputs": {}, "mappings": [{"name": "Send events", "inputs": {"eventProperties": {"a": 1, "a": 2}}}]}',
    'has "a" twice: remove one of the two.',
  ],
  ['{"trackedEvents": "a"}\n{"trackedEvents": "b"}', 'has more than one JSON value: write a single one.'],
  ['{"trackedEvents": "a"},\n{"trackedEvents": "b"}', 'has more than one JSON value: write a single one.'],
  ['{"trackedEvents": "a"}}', 'has "}" after the end of its JSON: remove it.'],
  ['{"trackedEvents": ', 'is not valid JSON: it is cut off.'],
]

let directory = ''

function fileWith(text: string): string {
  if (directory === '') directory = mkdtempSync(join(tmpdir(), 'deploy-'))
  const path = join(directory, `${files.findIndex(([one]) => one === text)}.given.json`)
  writeFileSync(path, text)
  return path
}

afterAll(() => {
  rmSync(directory, { recursive: true })
})

describe('the command line', () => {
  const right = { POSTHOG_API_KEY: posthogKey, LOOPS_API_KEY: apiKey }
  const address = ['--posthog', 'https://eu.posthog.com']
  it.each<[string[], NodeJS.ProcessEnv, string]>([
    [[], right, '--posthog is missing: write --posthog https://eu.posthog.com.'],
    [['--posthog', 'eu.posthog.com'], right, '--posthog must be the URL of a server, like https://eu.posthog.com.'],
    [
      ['--posthog', 'https://eu.posthog.com/project/7'],
      right,
      '--posthog "https://eu.posthog.com/project/7" is the URL of a page: write https://eu.posthog.com.',
    ],
    [
      [...address, '--project', 'acme'],
      right,
      `--project "acme" must be a number: copy it from any PostHog URL (/project/12345/).`,
    ],
    [
      ['--posthog', 'http://posthog.example.com'],
      right,
      'http://posthog.example.com is plain http, over which both keys would travel unencrypted: write https, or add --insecure in a network that you trust.',
    ],
    [
      ['--posthog', 'http://posthog.example.com', '--insecure', '--config', '/nowhere/settings.json'],
      right,
      'There is no file /nowhere/settings.json.',
    ],
    [
      [...address, '--events', 'purchase', '--config', 'settings.json'],
      right,
      '--events and --config both say which events are sent: leave one of them out.',
    ],
    ...['', ' , ,', '[]'].map((events): [string[], NodeJS.ProcessEnv, string] => [
      [...address, '--events', events],
      right,
      '--events is empty: name the events, like --events "user signed up, order completed".',
    ]),
    ...[KEY_OF_POSTHOG, `purchase, ${KEY_OF_POSTHOG}`, KEY_OF_POSTHOG.replace('phx', 'phc')].map(
      (events): [string[], NodeJS.ProcessEnv, string] => [
        [...address, '--events', events],
        right,
        'The settings are rejected:\n  Events to send: "[API key]" is an API key of PostHog: remove it.',
      ],
    ),
    [
      [...address, '--events', apiKey],
      right,
      'The settings are rejected:\n  Events to send: "[API key]" is an API key: write it into "Loops API key" only.',
    ],
    [
      ['https://eu.posthog.com'],
      right,
      `Unexpected argument 'https://eu.posthog.com': write " -- " before the options, like npm run deploy -- --posthog. See npm run deploy -- --help.`,
    ],
    [
      ['7', '--posthog', 'https://eu.posthog.com'],
      right,
      `Unexpected argument '7': write " -- " before the options, like npm run deploy -- --posthog. See npm run deploy -- --help.`,
    ],
    ...[
      ['user', 'signed', 'up', '--dry-run', 'user signed up'],
      ['user', 'signed', 'up,', 'order', 'completed', 'user signed up, order completed'],
    ].map((words): [string[], NodeJS.ProcessEnv, string] => [
      [...address, '--events', ...words.slice(0, -1)],
      right,
      `Unexpected argument 'signed': put a value with spaces into quotes, like --events "${words.at(-1)}". See npm run deploy -- --help.`,
    ]),
    [
      [...address, '--events', '$pageview,', 'sign', 'up'],
      right,
      `Unexpected argument 'sign': put a value with spaces into quotes, like --events '$pageview, sign up'. See npm run deploy -- --help.`,
    ],
    [[...address, '--dry-run', 'purchase'], right, "Unexpected argument 'purchase'. See npm run deploy -- --help."],
    [
      address,
      { ...right, npm_config_dry_run: 'true' },
      'npm has taken --dry-run: write it after " -- ", like npm run deploy -- --dry-run.',
    ],
    [[...address, '--key', 'x'], right, "Unknown option '--key'. See npm run deploy -- --help."],
    [
      address,
      { LOOPS_API_KEY: apiKey },
      'POSTHOG_API_KEY is missing: create a personal API key (phx_...) with the scope hog_function:write in PostHog, Settings -> Personal API keys, and put it into the environment.',
    ],
    [
      address,
      { ...right, POSTHOG_API_KEY: 'phc_project' },
      'POSTHOG_API_KEY is a key of the project, not a personal one: create a personal API key (phx_...) with the scope hog_function:write in PostHog, Settings -> Personal API keys.',
    ],
    [
      address,
      { ...right, POSTHOG_API_KEY: 'phx_with a blank' },
      'POSTHOG_API_KEY is not a key of PostHog: create a personal API key (phx_...) with the scope hog_function:write in PostHog, Settings -> Personal API keys.',
    ],
    [
      address,
      { POSTHOG_API_KEY: posthogKey },
      'LOOPS_API_KEY is missing: copy one from Loops, Settings -> API, and put it into the environment.',
    ],
    [
      address,
      { ...right, LOOPS_API_KEY: posthogKey },
      'LOOPS_API_KEY is not a key of Loops: copy one from Loops, Settings -> API.',
    ],
    ...['https://app.example.com', 'http://127.0.0.1.example.com', 'http://user@10.0.0.1'].map(
      (LOOPS_SIMULATOR): [string[], NodeJS.ProcessEnv, string] => [
        address,
        { ...right, LOOPS_SIMULATOR },
        'LOOPS_SIMULATOR is for trials on this machine: write it like http://127.0.0.1:8012, or unset it.',
      ],
    ),
    [[...address, '--config', '/nowhere/settings.json'], right, 'There is no file /nowhere/settings.json.'],
    ...files.map(([text, sentence]): [string[], NodeJS.ProcessEnv, string] => [
      [...address, '--config', fileWith(text)],
      right,
      `FILE ${sentence}`,
    ]),
  ])('%j', async (args, environment, sentence) => {
    let told = ''
    const code = await run(args, environment, { say: () => undefined, tell: (text) => (told += text) })
    expect([code, told.replaceAll(/\S+\.given\.json/g, 'FILE')]).toEqual([1, `${sentence}\n`])
  })

  it('shows its help without keys', async () => {
    let said = ''
    expect(await run(['--help'], {}, { say: (text) => (said += text), tell: () => undefined })).toBe(0)
    expect(said).toMatch(/^Installs the Loops destination in PostHog[^]*--dry-run/)
  })
})
