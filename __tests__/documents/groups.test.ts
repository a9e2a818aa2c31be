import { requestFrom } from '../app/setup'
import { globalsOf, loadDestination } from '../destination/setup'
import { textOf } from './setup'
import { eventsOf } from './sdk-code'

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
