import { destinationStart } from '../../../destination/from-settings/form'
import { apiKey } from '../../app/setup'
import { startDeploying, writes } from './setup'
import type { Deploying } from './setup'

let given: Deploying

beforeAll(async () => {
  given = await startDeploying()
})

afterAll(() => given.close())

describe('Loops and the settings', () => {
  const age =
    '  Maximum event age (hours): "a day" must be a number of hours: write one like 24, or leave it empty to send events of any age.'
  it.each<[string, object, NodeJS.ProcessEnv, string[]]>([
    [
      'a key that Loops rejects',
      {},
      { LOOPS_API_KEY: 'key-of-another-team' },
      ['  Loops API key: Loops rejects it (401: Invalid API key): copy a key from Loops, Settings -> API.'],
    ],
    [
      'a key that stands in another setting, too',
      { trackedEvents: apiKey },
      {},
      ['  Events to send: "[API key]" is an API key: write it into "Loops API key" only.'],
    ],
    [
      'what a destination cannot do',
      {
        userId: '{person.id}',
        maxEventAge: 'a day',
        posthogUrl: 'https://posthog.acme.test',
      },
      {},
      [
        '  PostHog address: a destination needs no look-up, because PostHog gives it the stored person: leave it empty.',
        age,
      ],
    ],
    [
      'names that PostHog has no filter for',
      { trackedEvents: 'order *, !order viewed' },
      {},
      [
        `  Events to send: "order *" has a wildcard, and PostHog's filters take whole names: write each event that you want.`,
        `  Events to send: "!order viewed" leaves out an event, and PostHog's filters take whole names: write each event that you want.`,
      ],
    ],
  ])('%s', async (_, settings, environment, lines) => {
    const before = writes(given).length
    const { code, told } = await given.deploy(['--config', given.file(settings)], environment)
    expect([code, told.split('\n')]).toEqual([1, ['The settings are rejected:', ...lines, '']])
    expect(writes(given)).toHaveLength(before)
  })

  it('warns of mailing lists and properties that the team lacks, and says that Loops cannot be asked', async () => {
    const settings = {
      contactMailingLists: 'cm06f5v0e45nf0ml5754o9ciy: true',
      contactProperties: 'planName: {person.id}',
    }
    const { said } = await given.deploy(['--config', given.file(settings), '--dry-run'])
    expect(said).toContain(
      'The settings name mailing lists or contact properties that the Loops account lacks: mailing list "cm06f5v0e45nf0ml5754o9ciy" (did you mean "cm06f5v0e45nf0ml5754o9cix"?), contact property "planName". Create mailing lists in Loops, Settings -> Lists, and contact properties in Settings -> API.',
    )
    const gone = await given.deploy(['--dry-run'], { LOOPS_SIMULATOR: 'http://127.0.0.1:9' })
    expect(gone.said).toMatch(
      /^The Loops API key could not be checked \(.*ECONNREFUSED.*\)\. Events are still sent\.$/m,
    )
  })

  it('checks the lists and properties of a file with inputs of the destination', async () => {
    const { settings } = destinationStart()
    const mappings = settings.mappings.map((mapping) => ({
      ...mapping,
      inputs: { ...mapping.inputs, mailingLists: { nowhere: true } },
    }))
    const file = given.file({ ...settings, mappings })
    const { said } = await given.deploy(['--config', file, '--dry-run'])
    expect(said).toContain('that the Loops account lacks: mailing list "nowhere". Create')
  })

  it('asks Loops for the team, and for what the settings name', async () => {
    const before = given.loops.requests().length
    await given.deploy(['--config', given.file({ trackedEvents: 'purchase' }), '--dry-run'])
    const asked = given.loops.requests().slice(before)
    expect(asked.map(({ method, path }) => [method, path])).toEqual([
      ['GET', '/api/v1/api-key'],
      ['GET', '/api/v1/contacts/properties?list=all'],
    ])
  })
})
