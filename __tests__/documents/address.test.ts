import { requestFrom } from '../app/given'
import { codeIn, sectionOf } from './given'
import { eventsOf } from './sdk-code'

/** The app's settings under which each event shows who it is of. */
const config = { trackedEvents: 'purchase', eventProperties: '', contactEvents: '$identify, $set' }

describe('the code of "Tell PostHog the address"', () => {
  const [browserCode = '', serverCode = ''] = codeIn(sectionOf('README.md', 'Tell PostHog the address'), 'js')

  it.each([
    ['posthog-js', browserCode, ['$identify', '$set', 'purchase'], { email: 'ada@example.com', userId: 'user_1042' }],
    ['posthog-node', serverCode, ['$identify', 'purchase'], { email: 'ada@example.com', userId: 'user_1042' }],
  ])('gives Loops the address with %s', async (_, code, names, who) => {
    const events = await eventsOf(code)
    expect(events.map(({ event }) => event)).toEqual(names)
    const [first] = events
    expect(first && requestFrom(first, config).body).toMatchObject(who)
  })
})
