/** What the documents say about the SDKs' events, with the events that real SDKs make of the code. */
import { requestFrom, translated } from '../app/setup'
import { globalsOf, loadDestination } from '../destination/setup'
import { codeIn, sectionOf, textOf } from './setup'
import { eventsOf } from './sdk-code'

/** The app's settings under which each event shows who it is of. */
const config = { trackedEvents: 'purchase', eventProperties: '', contactEvents: '$identify, $set' }

describe('the code of "Set the email in PostHog"', () => {
  const [browserCode = '', serverCode = ''] = codeIn(sectionOf('README.md', 'Set the email in PostHog'), 'js')

  const all = { email: 'ada@example.com', userId: 'user_1042' }
  const idAlone = { userId: 'user_1042' }

  it.each([
    // The update would change nothing.
    ['posthog-js', browserCode, { $identify: all, $set: undefined, purchase: idAlone }],
    ['posthog-node', serverCode, { $identify: all, purchase: all }],
  ])('gives Loops the email with %s', async (_, code, whoIsSent) => {
    const events = await eventsOf(code)
    const sent = events.map((event) => {
      const translation = translated(event, config)
      if (translation === undefined || !('request' in translation)) return [event.event, undefined]
      const { email, userId } = translation.request.body
      return [event.event, { ...(email !== undefined && { email }), userId }]
    })
    expect(Object.fromEntries(sent)).toEqual(whoIsSent)
  })
})

const key = '{event.properties.$groups.company}'
const plan = '{groups.company.properties.plan}'

describe('the group of an event', () => {
  const code =
    "posthog.group('company', 'acme')\nposthog.capture('invoice paid', { $set: { email: 'ada@example.com' } })\n"

  it('is known to the app by its key, as docs/settings.md says', async () => {
    expect(textOf('docs/settings.md')).toContain(key)
    const paid = (await eventsOf(code)).find(({ event }) => event === 'invoice paid')
    const config = { trackedEvents: 'invoice paid', eventProperties: `company: ${key}` }
    expect(paid && requestFrom(paid, config).body['eventProperties']).toEqual({ company: 'acme' })
  })

  it('is known to the destination with its properties, as docs/destination.md says', async () => {
    expect(textOf('docs/destination.md')).toContain(plan)
    const paid = (await eventsOf(code)).find(({ event }) => event === 'invoice paid')
    const { first } = await loadDestination()
    const groups = { company: { id: 'acme', type: 'company', index: 0, properties: { plan: 'team' } } }
    const inputs = { action: 'event', email: '{person.properties.email}', eventProperties: { company: key, plan } }
    const step = paid && first({ ...globalsOf(paid), groups }, inputs)
    expect(step?.request?.body['eventProperties']).toEqual({ company: 'acme', plan: 'team' })
  })
})
