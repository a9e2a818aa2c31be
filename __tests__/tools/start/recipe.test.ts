import { codeIn, sectionOf } from '../../documents/setup'
import { event, file, npmStart } from './setup'

jest.setTimeout(60_000)

/** What is said of the event of this name, without its heading. */
function reportOf(name: string, said: string): string {
  const [, report = ''] = new RegExp(`^ +\\d+ {2}${name} {2}of .*\\n([^]*?)\\n\\n`, 'm').exec(said) ?? []
  return report.replace(/^ {5}/gm, '')
}

describe("the README's first recipe, given to npm start", () => {
  const [recipe = ''] = codeIn(sectionOf('README.md', 'Recipes'), 'json')

  it.each([
    ['the app', []],
    ['the destination', ['--server', 'today']],
  ])('sends in %s what it says', async (_, options) => {
    const { said, exitCode } = await npmStart(...options, '--config', file('recipe.json', recipe))
    const [, body = '', answer] = /(\{\n[^]*?\n\})\n(.*)$/.exec(reportOf('user signed up', said)) ?? []
    expect(JSON.parse(body)).toEqual({
      eventName: 'user signed up',
      email: 'maren.holt@example.com',
      userId: 'user_48213',
      firstName: 'Maren',
      eventProperties: { method: 'password' },
    })
    expect(answer).toBe('200 {"success":true}')
    expect(exitCode).toBe(0)
  })
})

describe('npm start with the recorded events', () => {
  it('dates the newest a minute ago, calls the intended rejection intended, and says what to do next', async () => {
    const { said } = await npmStart()
    const times = [...said.matchAll(/^ +\d+ {2}.* {2}of \S+, (\S+Z)$/gm)].map(([, time = '']) => Date.parse(time))
    expect(Date.now() - Math.max(...times)).toBeGreaterThanOrEqual(60_000)
    expect(Date.now() - Math.max(...times)).toBeLessThan(120_000)
    expect(said).toContain(
      '\nEvents: tools/start/sample.json, dated as of today\nSettings: tools/start/sample-config.json\n',
    )
    expect(reportOf('report exported', said)).toMatch(/\nThis rejection is intended: .*$/)
    expect(said).toMatch(/\nNext\n {2}npm start -- --events my-events\.json --config my-settings\.json\n/)
  })
})

describe("npm start with one's own events", () => {
  it('says the remedy of a user ID that Loops does not know', async () => {
    const { said } = await npmStart(
      '--events',
      file('e.json', [{ ...event, event: '$pageview', properties: {}, timestamp: null }]),
    )
    expect(said).toMatch(
      /\n +The request has only a user ID, and Loops does not know it: set the email with this event/,
    )
  })

  it('says how to try events that are too old', async () => {
    const { said } = await npmStart('--events', file('e.json', [{ ...event, event: '$pageview' }]))
    expect(said).toContain('\n1 event is too old to be sent: to try them, set "maxEventAge" to "".\n')
  })

  it('escapes what could rewrite the terminal', async () => {
    const [escape, override] = ['\u001b[2J', '\u202e']
    const hostile = {
      ...event,
      event: `a${escape}b`,
      distinct_id: `c${override}\u009bd`,
      properties: { $set: { email: 'ada@example.com', name: `e${override}` } },
    }
    const settings = { trackedEvents: '*', contactEvents: '*', includeAllPersonProperties: 'Yes', maxEventAge: '' }
    const { said } = await npmStart('--events', file('e.json', [hostile]), '--config', file('c.json', settings))
    expect(said).toContain('1  a\\u001b[2Jb  of c\\u202e\\u009bd, ')
    // eslint-disable-next-line no-control-regex -- these are what must not be said
    expect(said).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })

  const person = { plan: 'pro', email: 'ada@example.com' }
  const settings = {
    trackedEvents: 'purchase',
    eventProperties: 'plan: {person.properties.plan}',
    contactEvents: '',
    maxEventAge: '',
  }
  it.each<[string, object, object, string[]]>([
    [
      'the app, of an answer of the events API',
      { person: { properties: person } },
      { posthogUrl: 'https://posthog.example.com' },
      [],
    ],
    [
      'the app, of a batch export',
      { person_properties: JSON.stringify(person) },
      { posthogUrl: 'https://posthog.example.com' },
      [],
    ],
    ['the destination', { person_properties: person }, {}, ['--server', 'today']],
  ])('gives the person to %s', async (_, ofExport, changes, options) => {
    const files = ['--events', file('e.json', [{ ...event, properties: {}, ...ofExport }])]
    const { said } = await npmStart(...options, ...files, '--config', file('c.json', { ...settings, ...changes }))
    expect(said).toContain('"plan": "pro"')
    expect(said).toContain('"email": "ada@example.com"')
  })
})
