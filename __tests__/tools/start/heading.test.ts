import { builtDestination } from '../../../destination/from-settings/body'
import { event, file, npmStart } from './setup'

jest.setTimeout(60_000)

const today = ['--server', 'today']
const theApp =
  'The app is for self-hosted servers built until 2025-07-24. For PostHog Cloud and newer servers, run the destination:'
const theDestination =
  'The destination is for PostHog Cloud and self-hosted servers built since mid-September 2025. For older servers, run the app:'

/** The lines before the first event, with FILE for the path of the settings. */
async function headingOf(args: string[], path = ''): Promise<string[]> {
  const { said } = await npmStart(...args)
  const [head = ''] = said.split('\n\n')
  return (path === '' ? head : head.replaceAll(path, 'FILE')).split('\n')
}

describe('npm start says which edition runs, and how to run the other', () => {
  it.each<[why: string, options: string[], lines: string[]]>([
    ['the app', [], [theApp, '  npm start -- --server today']],
    ['the app of another server', ['--server', '1.40'], [theApp, '  npm start -- --server today']],
    ['the destination', today, [theDestination, '  npm start']],
  ])('%s', async (_, options, lines) => {
    expect((await headingOf(options)).slice(1, 3)).toEqual(lines)
  })

  it('keeps the settings', async () => {
    const path = file('c.json', { trackedEvents: 'purchase' })
    expect((await headingOf(['--config', path], path)).slice(2, 3)).toEqual([
      '  npm start -- --server today --config FILE',
    ])
    expect((await headingOf([...today, '--config', path], path)).slice(2, 3)).toEqual(['  npm start -- --config FILE'])
  })

  it('names no command for inputs that the app does not know', async () => {
    const path = file('c.json', { inputs: { userId: { value: '' } } })
    expect((await headingOf([...today, '--config', path], path)).slice(1, 3)).toEqual([
      theDestination.replace(' For older servers, run the app:', ''),
      'Events: tools/start/sample.json, dated as of today',
    ])
  })
})

describe('npm start shows the settings', () => {
  const [update, send] = builtDestination.mappings
  const loopsKey = '0123456789abcdef0123456789abcdef'
  const long = 'x'.repeat(300)
  it.each<[why: string, options: string[], given: object, lines: string[]]>([
    [
      'of the app that are not the defaults',
      [],
      { apiKey: loopsKey, trackedEvents: 'purchase', contactEvents: '$identify, $set', eventProperties: '' },
      ['trackedEvents: purchase', 'eventProperties: (empty)'],
    ],
    [
      'of the app for the destination',
      today,
      { trackedEvents: 'purchase', eventProperties: '' },
      ['trackedEvents: purchase', 'eventProperties: (empty)'],
    ],
    ['without line breaks', [], { trackedEvents: '[\n"purchase"]' }, ['trackedEvents: [\\u000a"purchase"]']],
    ['cut', [], { trackedEvents: long }, [`trackedEvents: ${long.slice(0, 200)}…`]],
    ['in the defaults', [], {}, []],
    [
      'of a destination that are not the defaults',
      today,
      {
        inputs: { apiKey: { value: loopsKey }, userId: { value: '' }, excludedEmails: { value: 'example.com' } },
        filters: { source: 'events', properties: [{ key: 'plan', value: 'pro', operator: 'exact', type: 'person' }] },
        mappings: [
          {
            ...send,
            inputs: { ...send?.inputs, eventNames: { value: { purchase: 'Purchase' } } },
            filters: {
              ...send?.filters,
              events: [{ id: 'purchase' }, { id: null }],
              properties: [{ key: 'total', value: '5', operator: 'gt', type: 'event' }],
            },
          },
          update,
        ],
      },
      [
        'userId: (empty)',
        'excludedEmails: example.com',
        'filters: [{"key":"plan","value":"pro","operator":"exact","type":"person"}]',
        'Send events, events: purchase, every event',
        'Send events, filters: [{"key":"total","value":"5","operator":"gt","type":"event"}]',
        'Send events, eventNames: {"purchase":"Purchase"}',
      ],
    ],
    ['of a destination whose defaults apply', today, { inputs: { userId: { value: '{event.distinct_id}' } } }, []],
    ['of a destination with one mapping', today, { mappings: [update] }, ['mappings: Update contacts']],
  ])('%s', async (_, options, given, lines) => {
    const path = file('c.json', given)
    const heading = await headingOf([...options, '--config', path], path)
    const settings = heading.slice(heading.indexOf('Settings: FILE') + 1).filter((line) => line.startsWith('  '))
    expect(settings).toEqual(lines.map((line) => `  ${line}`))
  })

  it('but never a key', async () => {
    const given = {
      apiKey: 'abcdefgh',
      email: `{person.properties.email}@${loopsKey}`,
      userId: 'phc_1234567890{event.distinct_id}',
    }
    const path = file('c.json', { ...given, excludedEmails: 'abcdefgh.example.com' })
    const heading = await headingOf(['--config', path], path)
    expect(heading.filter((line) => line.startsWith('  ')).slice(1)).toEqual([
      '  email: {person.properties.email}@[API key]',
      '  userId: [API key]{event.distinct_id}',
      '  excludedEmails: [API key].example.com',
    ])
  })
})

describe('npm start tells when a request is repeated', () => {
  it.each([
    ['a user ID that Loops does not know', [], [' 5 s later, once more:']],
    ['the destination, which does not try again', today, []],
  ])('%s', async (_, options, lines) => {
    const stranger = { ...event, properties: {} }
    const settings = { trackedEvents: 'purchase', contactEvents: '', maxEventAge: '' }
    const files = ['--events', file('e.json', [stranger]), '--config', file('c.json', settings)]
    const { said } = await npmStart(...options, ...files)
    expect(said.match(/ \d+ s later, once more:/g) ?? []).toEqual(lines)
    if (lines.length > 0) expect(said).toMatch(/Contact not found[^\n]*\n +5 s later, once more:\n +POST /)
  })
})

describe('npm start warns of what Loops lacks', () => {
  const warning = (names: string) =>
    `The settings name mailing lists or contact properties that the Loops account lacks: ${names}. ` +
    'Create mailing lists in Loops, Settings -> Lists, and contact properties in Settings -> API.'
  const settings = {
    trackedEvents: '',
    contactEvents: '$identify',
    contactProperties: 'plan: {person.properties.plan}, firstName: {person.properties.firstname}',
  }
  it.each<[why: string, given: object, names: string | undefined]>([
    ['a contact property', settings, 'contact property "plan"'],
    [
      'a mailing list',
      { ...settings, contactProperties: '', contactMailingLists: 'cm16k73gq014h0mmj5b6jdi9x: true' },
      'mailing list "cm16k73gq014h0mmj5b6jdi9x" (did you mean "cm16k73gq014h0mmj5b6jdi9r"?)',
    ],
    ['nothing', { ...settings, contactProperties: 'firstName: {person.properties.firstname}' }, undefined],
  ])('%s, with both editions', async (_, given, names) => {
    for (const options of [[], today]) {
      const { said } = await npmStart(...options, '--config', file('c.json', given))
      expect(/The settings name mailing lists.*/.exec(said)?.[0]).toBe(names && warning(names))
    }
  })

  it.each([[[]], [today]])('but not with its own settings, nor in a dry run: %j', async (options) => {
    const outputs = [
      await npmStart(...options),
      await npmStart(...options, '--dry-run', '--config', file('c.json', settings)),
    ]
    expect(outputs.map(({ said }) => said.includes('that the Loops account lacks'))).toEqual([false, false])
  })
})
