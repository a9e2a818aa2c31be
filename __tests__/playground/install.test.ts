import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { TODAY } from '../../tools/playground/contract'
import type { DestinationSettings, Install, InstallWays } from '../../tools/playground/contract'
import { destinationStart } from '../../destination/from-settings/form'
import built from '../../dist/destination.json'
import { apiKey } from '../app/setup'
import { startDeploying } from '../tools/deploy/setup'
import type { Deploying } from '../tools/deploy/setup'
import { ask, posthogKey } from '../simulators/posthog/rest-api/setup'
import { answer, post } from './setup'

jest.setTimeout(120_000)

/** Settings with every sign that a shell or JSON could misread. */
const settings = {
  apiKey,
  trackedEvents: '{"order: \\"new\\"": "it\'s `new` $HOME \\\\ {n}"}',
  eventProperties: '{"total": "{event.properties.$total}", "note": "a \\\\n $(date) `id` \\"x\\" $PATH"}',
  contactEvents: '',
  maxEventAge: '',
}
const event = {
  event: 'order: "new"',
  distinct_id: 'user_1',
  properties: { $total: 5 },
  $set: { email: 'ada@example.com' },
}
const sent = [
  {
    eventName: "it's `new` $HOME \\ {n}",
    eventProperties: { total: 5, note: 'a \\n $(date) `id` "x" $PATH' },
    email: 'ada@example.com',
  },
]

/** What the page asks with these settings of the app as the form of the destination. */
async function installFor(posthog: string, changes: object = settings): Promise<Install> {
  const text = JSON.stringify({ ...changes, apiKey: undefined })
  const { inputs, mappings } = await answer<DestinationSettings>('destination-form', { name: 'The form', text })
  const destination = { inputs: { ...inputs, apiKey }, mappings }
  return answer<Install>('install', { server: TODAY, settings: {}, destination, posthog })
}

/** What the page asks with the app's form. */
function installApp(changes: object): Promise<Install> {
  return answer<Install>('install', { server: '2024-02', settings: changes, posthog: '' })
}

const events = [{ id: 'purchase', name: 'purchase', type: 'events', order: 0 }]

/** What the page asks with its form of the destination: one mapping for purchases, and one without an event. */
function installForm(posthog: string): Promise<Install> {
  const { inputs, mappings } = destinationStart().settings
  const [update, send] = mappings
  const destination = {
    inputs: { ...inputs, userId: '{person.id}', apiKey },
    mappings: [
      { ...update, events: [] },
      { ...send, name: 'Purchases', events: ['purchase'] },
    ],
  }
  return answer<Install>('install', { server: TODAY, settings: {}, destination, posthog })
}

function waysIn(install: Install): InstallWays {
  if ('refusals' in install) throw new Error(install.refusals.join('\n'))
  if ('settings' in install) throw new Error('These are the instructions for the app.')
  return install
}

describe('what the page shows to install', () => {
  it('opens the form of PostHog with the destination as it is built, if nothing is changed', async () => {
    const { link } = waysIn(await installFor(' https://eu.posthog.com/ ', {}))
    const [page, configuration = ''] = link.split('#configuration=')
    expect(page).toBe('https://eu.posthog.com/functions/new/template-webhook')
    expect(JSON.parse(decodeURIComponent(configuration))).toEqual(built)
    expect(link.length).toBeLessThan(60_000)
  })

  it('has no key in it', async () => {
    expect(JSON.stringify(await installFor('https://eu.posthog.com'))).not.toContain(apiKey)
    expect(JSON.stringify(await installForm('https://eu.posthog.com'))).not.toContain(apiKey)
  })

  it('is the destination alone, with the mappings that have events, if the page shows its form', async () => {
    const install = await installForm('https://eu.posthog.com')
    const [, configuration = ''] = waysIn(install).link.split('#configuration=')
    expect(JSON.parse(decodeURIComponent(configuration))).toEqual({
      ...built,
      inputs: { ...built.inputs, userId: { value: '{person.id}' } },
      mappings: [{ ...built.mappings[1], name: 'Purchases', filters: { ...built.mappings[1]?.filters, events } }],
    })
  })

  it('is refused where PostHog cannot have the form', async () => {
    const { inputs, mappings } = destinationStart().settings
    const [, send] = mappings
    const destination = { inputs, mappings: [{ ...send, events: ['a *'] }] }
    const question = { server: TODAY, settings: {}, destination, posthog: 'https://eu.posthog.com' }
    expect(await answer<Install>('install', question)).toEqual({
      refusals: [
        `Send events, Events: "a *" has a wildcard, and PostHog's filters take whole names: write each event that you want.`,
      ],
    })
  })

  it('is what to write into the form of the app, without the key', async () => {
    const changes = { apiKey, trackedEvents: 'purchase', userId: '', delivery: 'direct' }
    expect(await installApp(changes)).toEqual({
      by: ['page', 'rest'],
      settings: [
        { key: 'userId', label: 'User ID', text: '' },
        { key: 'trackedEvents', label: 'Events to send', text: 'purchase' },
      ],
    })
    expect(await installApp({})).toEqual({ by: ['page', 'rest'], settings: [] })
  })

  it('is refused where the app would refuse its settings, but for the key', async () => {
    expect(await installApp({ email: 'nobody', delivery: 'pigeon' })).toEqual({
      refusals: [
        expect.stringMatching(/^Email of the user: "nobody" would give everybody the same contact: /),
        expect.stringMatching(/^Delivery: "pigeon" must be "direct" or "webhook"/),
      ],
    })
  })

  it.each(['', 'eu.posthog.com', "https://eu.posthog.com/'; rm", 'javascript:alert(1)'])(
    'takes no address "%s"',
    async (posthog) => {
      const destination = destinationStart().settings
      const { status, body } = await post('install', { server: TODAY, settings: {}, destination, posthog })
      expect([status, JSON.parse(body)]).toEqual([
        400,
        { problem: 'Write the URL of your PostHog, like https://eu.posthog.com.' },
      ])
    },
  )
})

describe('pasted into a shell', () => {
  let given: Deploying

  afterEach(() => given.close())

  async function paste(commands: string): Promise<string> {
    const keys = {
      POSTHOG_API_KEY: posthogKey,
      LOOPS_API_KEY: apiKey,
      LOOPS_SIMULATOR: given.loopsUrl,
    }
    const env = { ...process.env, ...keys }
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands], { env })
    return stdout
  }

  it('npm run deploy installs the destination, and again with the defaults', async () => {
    given = await startDeploying()
    const { deploy } = waysIn(await installFor(given.url))
    expect(await paste(deploy)).toContain('Done: the destination is created')
    await given.posthog.capture(event)
    expect(given.loops.events()).toMatchObject(sent)

    expect(await paste(waysIn(await installFor(given.url, {})).deploy)).toContain('Done: the destination is updated')
    const { body } = await ask(given.posthog, 'GET', '/api/projects/7/hog_functions/')
    expect(body).toMatchObject({ count: 1, results: [{ filters: { source: 'events' } }] })
    await given.posthog.capture({ ...event, event: '$pageview' })
    expect(given.loops.events()).toMatchObject([...sent, { eventName: '$pageview' }])
  })

  it('npm run deploy installs the form of the destination', async () => {
    given = await startDeploying()
    const said = await paste(waysIn(await installForm(given.url)).deploy)
    expect(said).toContain('turned on, with the settings of --config:\n  Purchases: purchase, without test accounts\n')
    await given.posthog.capture({ ...event, event: 'purchase' })
    expect(given.loops.events()).toMatchObject([
      { eventName: 'purchase', userId: '00000000-0000-4000-8000-000000000001' },
    ])
  })
})
