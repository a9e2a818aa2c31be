import { requestFrom } from '../app/setup'
import { codeIn, sectionOf } from './setup'
import { eventsOf } from './sdk-code'

/** The app's settings under which each event shows who it is of. */
const config = { trackedEvents: 'purchase', eventProperties: '', contactEvents: '$identify, $set' }

describe('the code of "Tell PostHog the address"', () => {
  const [browserCode = '', serverCode = ''] = codeIn(sectionOf('README.md', 'Tell PostHog the address'), 'js')

  const all = { email: 'ada@example.com', userId: 'user_1042' }
  const idAlone = { userId: 'user_1042' }

  it.each([
    ['posthog-js', browserCode, { $identify: all, $set: idAlone, purchase: idAlone }],
    ['posthog-node', serverCode, { $identify: all, purchase: all }],
  ])('gives Loops the address with %s', async (_, code, whoIsSent) => {
    const events = await eventsOf(code)
    const sent = events.map((event) => {
      const { email, userId } = requestFrom(event, config).body
      return [event.event, { ...(email !== undefined && { email }), userId }]
    })
    expect(Object.fromEntries(sent)).toEqual(whoIsSent)
  })
})
