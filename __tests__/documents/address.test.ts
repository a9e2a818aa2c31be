import { translated } from '../app/setup'
import { codeIn, sectionOf } from './setup'
import { eventsOf } from './sdk-code'

/** The app's settings under which each event shows who it is of. */
const config = { trackedEvents: 'purchase', eventProperties: '', contactEvents: '$identify, $set' }

describe('the code of "Tell PostHog the address"', () => {
  const [browserCode = '', serverCode = ''] = codeIn(sectionOf('README.md', 'Tell PostHog the address'), 'js')

  const all = { email: 'ada@example.com', userId: 'user_1042' }
  const idAlone = { userId: 'user_1042' }

  it.each([
    // The update would change nothing.
    ['posthog-js', browserCode, { $identify: all, $set: undefined, purchase: idAlone }],
    ['posthog-node', serverCode, { $identify: all, purchase: all }],
  ])('gives Loops the address with %s', async (_, code, whoIsSent) => {
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
