import { translate } from '../../src/translate/translate'
import { needsPerson } from '../../src/translate/needs-person'
import type { CapturedEvent } from '../../tools/lib/shapes'
import sdkEvents from '../fixtures/sdk-events.json'
import serverSdkEvents from '../fixtures/server-sdk-events.json'
import { simulate } from './delivery/setup'
import { receivedAt, settingsFor } from './setup'

interface RecordedEvent {
  readonly sdk: string
  readonly scenario: string
  readonly step: string
  readonly event: CapturedEvent
}

/** What `tools/lab/record/record-sdks.ts` has recorded, and what the SDKs of other languages are documented to send. */
const recorded = [...sdkEvents, ...serverSdkEvents] as unknown as RecordedEvent[]

const sdkNames = [...new Set(recorded.map(({ sdk }) => sdk))]
const nobody = 'nobody'
const ada = { email: 'ada@example.com', userId: 'user_ada' }
const adaById = { userId: 'user_ada' }
const adaByEmail = { email: 'ada@example.com' }
const bob = { email: 'bob@example.com', userId: 'user_bob' }
const bobById = { userId: 'user_bob' }

/** Who is sent, by scenario, step and event. Every version of an SDK must give the same. */
const whoIsSent: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'two people': {
    'Ada visits: $pageview': nobody,
    'Ada signs up: $identify': ada,
    'Ada signs up: signed up': adaById,
    'Ada joins a group: $groupidentify': adaById,
    'Ada looks: $pageview': adaById,
    'Bob visits: $pageview': nobody,
    'Bob signs up: $identify': bob,
    'Bob signs up: signed up': bobById,
  },
  'profiles of everybody': {
    'Ada visits: $pageview': nobody,
    'Ada clicks: clicked': nobody,
    'Ada signs up: $identify': ada,
    'Ada signs up: signed up': adaById,
  },
  // posthog-js refuses to identify here, and writes an anonymous ID on every event.
  'no profiles': {
    'Ada visits: $pageview': nobody,
    'Ada clicks: clicked': nobody,
    'Ada signs up: signed up': nobody,
  },
  'no cookies': {
    'Ada visits: $pageview': nobody,
    'Ada clicks: clicked': nobody,
    'Ada signs up: $identify': adaByEmail,
    'Ada signs up: signed up': nobody,
  },
  'refused cookies': {
    'Ada refuses cookies: $pageview': nobody,
    'Ada refuses cookies: clicked': nobody,
  },
  server: {
    'Ada is identified: $identify': ada,
    'Ada buys: purchase': adaById,
    'Ada changes her plan: plan changed': ada,
    'somebody clicks: clicked': nobody,
    'a group is described: $groupidentify': nobody,
    'Ada has another ID: $create_alias': adaById,
  },
  'other server': {
    'Ada is identified: $identify': ada,
    "Ada's person is set: $set": ada,
    'Ada buys: purchase': adaById,
    'Ada changes her plan: plan changed': ada,
    'somebody visits: $pageview': nobody,
    'somebody clicks: clicked': nobody,
    'a group is described: $groupidentify': nobody,
    'a group acts: invoice paid': nobody,
    'Ada has another ID: $create_alias': adaById,
  },
}

function whoIsSentFor(event: CapturedEvent): unknown {
  const config = { trackedEvents: '*', contactEvents: '', eventProperties: '' }
  const translation = translate(event, settingsFor(config), receivedAt)
  if (translation === undefined || 'unmet' in translation) return undefined
  if ('skipped' in translation) return nobody
  const { email, userId } = translation.request.body
  return { ...(email !== undefined && { email }), ...(userId !== undefined && { userId }) }
}

describe('the recordings', () => {
  it('are of SDKs of all years, and tell nothing of the machine', () => {
    const versions = ['posthog-js 1.20.0', 'posthog-js 1.57.2', 'posthog-js 1.100.0', 'posthog-js 1.200.0']
    expect(sdkNames).toEqual(expect.arrayContaining([...versions, 'posthog-node 1.3.0', 'posthog-node 4.18.0']))
    expect(JSON.stringify(recorded)).not.toMatch(/phc_|127\.0\.0\.1|localhost|"\/(home|root|tmp|work)\//)
  })

  it.each(Object.entries(whoIsSent))('have each event of the scenario %s', (scenario, rows) => {
    const events = recorded.filter((one) => one.scenario === scenario)
    expect(new Set(events.map(({ step, event }) => `${step}: ${event.event}`))).toEqual(new Set(Object.keys(rows)))
  })
})

describe.each(sdkNames)('%s', (sdk) => {
  const events = recorded.filter((one) => one.sdk === sdk)

  it.each(events.map((one) => [one.scenario, one.step, one.event.event, one.event] as const))(
    '%s, %s: %s',
    (scenario, step, name, event) => {
      const expected = whoIsSent[scenario]?.[`${step}: ${name}`]
      expect(expected).toBeDefined()
      expect(whoIsSentFor(event)).toEqual(expected)
    },
  )

  it('looks up no persons', () => {
    const config = { trackedEvents: '*', contactEvents: '', posthogUrl: 'https://posthog.example.com' }
    const isLookedUp = ({ event }: RecordedEvent): boolean => needsPerson(event, settingsFor(config), receivedAt)
    const lookedUp = events.filter(isLookedUp).map(({ event }) => whoIsSentFor(event))
    expect(lookedUp).toEqual(events.map(({ event }) => whoIsSentFor(event)).filter((who) => hasUserIdAlone(who)))
  })
})

/** The address of such an event is in PostHog. */
function hasUserIdAlone(who: unknown): boolean {
  return JSON.stringify(who).startsWith('{"userId"')
}

describe('two people who sign up one after the other in one browser', () => {
  const browsers = sdkNames.filter((name) => name.startsWith('posthog-js 1'))
  const servers = ['1.30', '2024-02', '2025-09']

  it.each(browsers.flatMap((sdk) => servers.map((server) => [sdk, server] as const)))(
    'are two contacts with %s on PostHog %s',
    async (sdk, server) => {
      const config = { trackedEvents: 'signed up, $pageview', contactEvents: '$identify', contactProperties: '' }
      const { clock, api, app, deliver } = simulate(server, config)
      for (const { event, ...one } of recorded) {
        if (one.sdk !== sdk || one.scenario !== 'two people') continue
        deliver(event)
        await clock.run()
      }
      expect(app.failures).toEqual([])
      expect(api.contacts().map(({ email, userId }) => ({ email, userId }))).toEqual([ada, bob])
      expect(api.events().map(({ email, eventName }) => [email, eventName])).toEqual([
        [ada.email, 'signed up'],
        [ada.email, '$pageview'],
        [bob.email, 'signed up'],
      ])
    },
  )
})
