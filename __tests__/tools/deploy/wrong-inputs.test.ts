/** What the app's form refuses is refused for the destination: by the page and by `npm run deploy`, in the same words. */
import { destinationStart } from '../../../destination/from-settings/form'
import type { DestinationSettings } from '../../../destination/from-settings/types'
import { destinationProblems } from '../../../tools/playground/destination-runs'
import { installOfDestination } from '../../../tools/playground/install'
import { apiKey } from '../../app/setup'
import { startDeploying } from './setup'
import type { Deploying } from './setup'
import { wrongInputs } from './wrong-inputs'

let given: Deploying

beforeAll(async () => {
  given = await startDeploying()
})

afterAll(() => given.close())

/** The form that the page starts with, with another value at one field. */
function formWith(key: string, value: unknown): DestinationSettings {
  const { settings } = destinationStart()
  const [place, field = key] = key.split('.')
  if (field === key) return { ...settings, inputs: { ...settings.inputs, [key]: value } }
  const mappings = settings.mappings.map((mapping, index) => {
    if (String(index) !== place) return mapping
    if (field === 'events' || field === 'filters') return { ...mapping, [field]: value }
    return { ...mapping, inputs: { ...mapping.inputs, [field]: value } }
  })
  return { ...settings, mappings }
}

async function expectRefused(form: DestinationSettings, key: string, part: string): Promise<void> {
  const problems = await destinationProblems(form)
  const [problem] = problems
  expect(problems).toHaveLength(1)
  expect(problem).toEqual({ key, sentence: expect.stringContaining(part) as string })
  const { code, told } = await given.deploy(['--config', given.file(form)])
  expect([code, told]).toEqual([1, expect.stringMatching(/^The settings are rejected:\n {2}.*\n$/) as string])
  expect(told).toContain(`: ${String(problem?.sentence)}\n`)
  expect(given.posthog.api.requests).toEqual([])
  expect(await installOfDestination(form, 'https://eu.posthog.com')).toEqual({
    refusals: [expect.stringContaining(String(problem?.sentence)) as string],
  })
}

describe('a wrong input of the destination', () => {
  it.each(wrongInputs)('%s: %j: %s', async (key, value, part) => {
    await expectRefused(formWith(key, value), key, part)
  })

  it('is one of at least 40, each there once', () => {
    process.stderr.write(`Wrong inputs of the destination: ${wrongInputs.length}\n`)
    expect(wrongInputs.length).toBeGreaterThanOrEqual(40)
    const names = wrongInputs.map(([key, value]) => JSON.stringify([key, value]))
    expect(names.filter((name, place) => names.indexOf(name) !== place)).toEqual([])
  })

  it('is an empty email and user ID', async () => {
    const { inputs, mappings } = destinationStart().settings
    const form = { inputs: { ...inputs, email: '', userId: ' ' }, mappings }
    await expectRefused(form, 'email', '"" does not say where the email is: write a placeholder like ')
  })

  it('is the key of Loops in another field, which no message shows', async () => {
    const form = formWith('1.eventProperties', { key: `x ${apiKey}` })
    const { told } = await given.deploy(['--config', given.file(form)])
    expect(told).toBe(
      'The settings are rejected:\n  Send events, Event properties: "[API key]" is an API key: write it into "Loops API key" only.\n',
    )
  })

  it.each<[key: string, value: unknown]>([
    ['email', '{[person.properties.email, event.properties.account_email]}'],
    ['email', '{event.properties.$set.email ?? person.properties.email}'],
    ['email', "{concat(event.distinct_id, '@example.com')}"],
    ['email', ''],
    ['userId', ''],
    ['userId', '{groups.company.properties.id}-{event.properties.member}'],
    ['userId', "{event.properties['account-id']}"],
    ['userId', 'acc-{event.properties.account}'],
    ['maxEventAge', 24],
    ['maxEventAge', ''],
    ['excludedEmails', 'example.com, *.example.net'],
    ['0.contactProperties', { plan: 'pro', n: 5, is: true, text: "{'event.properties.total'}", subscribed: 'true' }],
    ['1.eventProperties', { all: 'Order {event.properties.id}, {event.properties.total} EUR; thanks' }],
    ['1.eventProperties', { id: '\\{{event.properties.id}}', price: "{concat('$', event.properties.total)}" }],
    ['1.mailingLists', { abc: true, def: 'false', ghi: '{event.properties.newsletter == true}' }],
    ['1.events', [null]],
    ['1.events', ['order: "new", paid']],
    ['1.filters', [{ key: 'id', type: 'cohort', operator: 'in', value: 5 }]],
    ['1.filters', [{ key: 'at', type: 'event', operator: 'is_date_after', value: '-1d' }]],
    ['1.filters', [{ key: 'path', type: 'event', operator: 'not_icontains_multi', value: ['/a', '/b'] }]],
    ['1.filters', [{ key: 'path', type: 'event', operator: 'starts_with', value: '/a' }]],
  ])('is none of these: %s: %j', async (key, value) => {
    expect(await destinationProblems(formWith(key, value))).toEqual([])
  })
})
