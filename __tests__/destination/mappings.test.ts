/** Requests of one event, from PostHog's simulator to that of Loops: each arrives, and each once. */
import { VirtualClock } from '../../tools/lib/clock'
import type { Fetch } from '../../tools/simulators/hog/destination'
import { InstalledDestination } from '../../tools/simulators/hog/installed-destination'
import type { MappingOutcome, MappingToInstall } from '../../tools/simulators/hog/installed-destination'
import { loadHogParser } from '../../tools/simulators/hog/syntax-tree'
import type { HogParser } from '../../tools/simulators/hog/syntax-tree'
import { LoopsApi } from '../../tools/simulators/loops/loops-api'
import type { CapturedEvent } from '../../tools/lib/shapes'
import { apiKey, eventWith, uuid } from '../app/setup'
import { globalsOf, loadDestination, personAfter, source } from './setup'
import type { LoadedDestination, Values } from './setup'
import { vms } from './vms'

let parser: HogParser
let destination: LoadedDestination

beforeAll(async () => {
  parser = await loadHogParser()
  destination = await loadDestination()
})

const email = 'ada@example.com'
const purchase = { source: 'events', events: [{ id: 'purchase', name: 'purchase', type: 'events', order: 0 }] } as const

function mapping(inputs: Values, properties: readonly object[] = []): MappingToInstall {
  const values = Object.entries({ action: 'event', ...inputs }).map(([key, value]) => [key, { value }] as const)
  return { inputs: Object.fromEntries(values), filters: { ...purchase, properties } }
}

function captured(properties: Record<string, unknown>, ofEvent = uuid): CapturedEvent {
  const timestamp = '2024-05-01T10:00:00.000Z'
  return { uuid: ofEvent, event: 'purchase', distinct_id: 'user_1', team_id: 2, timestamp, properties }
}

const plain = mapping({})
const big = mapping({ eventNames: { purchase: 'big purchase' } }, [
  { key: 'total', operator: 'gt', value: '100', type: 'event' },
])
const contact = mapping({ action: 'both', contactProperties: { plan: 'pro' } })
const withProperties = mapping({ eventProperties: { total: '{event.properties.total}' } })
const withList = mapping({ mailingLists: { l1: true } })

describe.each(vms)('mappings of one event, in the VM %s', (_, vm) => {
  /** Delivers the events to the mappings; the first `failures` tries of each run fail as `fail` says. */
  async function delivered(
    mappings: readonly MappingToInstall[],
    events: readonly CapturedEvent[],
    fail?: (send: Fetch) => Fetch,
  ): Promise<{ loops: LoopsApi; outcomes: MappingOutcome[] }> {
    const clock = new VirtualClock()
    const loops = new LoopsApi({ apiKey, strictness: { unknownMailingList: 'ignore' } })
    const inputs = { apiKey, email: '{person.properties.email}', userId: '{event.distinct_id}' }
    const values = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, { value }]))
    const body = { name: 'Loops', hog: source, inputs: values, filters: { source: 'events' } as const, mappings }
    const installed = new InstalledDestination(body, parser)
    const send: Fetch = ({ url, method, headers, body: text = '' }) => {
      const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
      const request = { method, path: new URL(url).pathname, headers: Object.fromEntries(lowerCase), body: text }
      return Promise.resolve(loops.handle(request))
    }
    const outcomes: MappingOutcome[] = []
    for (const event of events) {
      const person = { id: 'person-1', name: 'Ada', properties: personAfter(event) }
      const ends = installed.deliver(event, person, { fetch: fail?.(send) ?? send, vm, clock, random: () => 0.5 })
      await clock.run()
      outcomes.push(...(await ends))
    }
    return { loops, outcomes }
  }

  const event = captured({ total: 500, $set: { email } })

  /** Each second try works: before it Loops is down, or its answer is lost. */
  const unavailable = (send: Fetch): Fetch => {
    let tries = 0
    return (request) => (++tries % 2 === 1 ? Promise.resolve({ status: 503, body: 'down' }) : send(request))
  }
  const losingAnswers = (send: Fetch): Fetch => {
    let tries = 0
    return async (request) => {
      const answer = await send(request)
      if (++tries % 2 === 1) throw new Error('socket hang up')
      return answer
    }
  }

  const rows: [string, readonly MappingToInstall[], readonly string[]][] = [
    ['two under two names', [plain, big], ['purchase', 'big purchase']],
    ['three', [plain, big, contact], ['purchase', 'big purchase', 'purchase']],
    ['two with other properties', [plain, withProperties], ['purchase', 'purchase']],
    ['two with other lists', [plain, withList], ['purchase', 'purchase']],
    ['the same twice, which is one event', [plain, plain], ['purchase']],
  ]
  describe.each([
    ['at once', undefined],
    ['after 503', unavailable],
    ['after a lost answer', losingAnswers],
  ] as const)('%s', (__, fail) => {
    it.each(rows)('%s', async (___, mappings, names) => {
      const { loops, outcomes } = await delivered(mappings, [event], fail)
      expect(outcomes.map(({ error }) => error)).toEqual(mappings.map(() => undefined))
      expect(loops.events().map(({ eventName }) => eventName)).toEqual(names)
    })
  })

  it('that differ in nothing but fixed values: the second is an error with the message of Loops', async () => {
    const { loops, outcomes } = await delivered(
      [mapping({ eventProperties: { size: 'any' } }), mapping({ eventProperties: { size: 'big' } })],
      [event],
    )
    expect(loops.events()).toHaveLength(1)
    expect(outcomes.map(({ error }) => error?.message)).toEqual([
      undefined,
      'Loops answered 409: Idempotency key already used with a different request body.',
    ])
  })

  it('have a key that stays when the values of the person change', () => {
    const values = { action: 'both', email: '{person.properties.email}', userId: '{event.distinct_id}' }
    const keyFor = (set: Values, others: Values = {}) =>
      destination.first(
        globalsOf(eventWith({ $set: { email, ...set } })),
        { ...values, includeAllPersonProperties: true, ...others },
        vm,
      ).request?.idempotencyKey
    expect(keyFor({})).toMatch(new RegExp(`^${uuid}-[0-9a-f]{16}$`))
    expect(keyFor({ plan: 'pro', seats: 5 })).toBe(keyFor({}))
    const others = [
      { email: 'bob@example.com' },
      { userId: 'u2' },
      { action: 'event' },
      { eventNames: { purchase: 'x' } },
    ]
    expect(new Set([keyFor({}), ...others.map((each) => keyFor({}, each))]).size).toBe(5)
  })

  it('reach the email alone where Loops has two contacts for a person', async () => {
    const newsletter = captured({ $is_identified: false, $set: { email: 'new@example.com' } }, 'e1')
    const identified = captured({ $set: { email: 'old@example.com' } }, 'e2')
    const paid = captured({ $set: { email: 'new@example.com' } }, 'e3')
    for (const action of ['both', 'contact']) {
      const { loops, outcomes } = await delivered(
        [mapping({ action, contactProperties: { plan: 'pro' } })],
        [newsletter, identified, paid],
      )
      expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined, undefined])
      const [, , { requests, logs }] = outcomes as [MappingOutcome, MappingOutcome, MappingOutcome]
      const [whole, alone] = requests.map(({ body = '' }) => JSON.parse(body) as Values)
      expect(whole).toMatchObject({ plan: 'pro', email: 'new@example.com', userId: 'user_1' })
      expect({ ...alone, userId: 'user_1' }).toEqual(whole)
      expect(new Set(requests.map(({ headers }) => headers['Idempotency-Key'])).size).toBe(action === 'both' ? 2 : 1)
      expect(logs.map(({ message }) => message)).toEqual([
        'HTTP fetch failed on attempt 1 with status code 400.',
        'Loops rejected a request with both an email and a user ID, and accepted it with the email alone: the two belong to ' +
          'different contacts in Loops. To merge them, delete one there.',
      ])
      expect(loops.events().map((sent) => sent.email)).toEqual(
        action === 'both' ? ['new@example.com', 'old@example.com', 'new@example.com'] : [],
      )
      expect(loops.contacts().map((each) => [each.email, each.userId])).toEqual([
        ['new@example.com', null],
        ['old@example.com', 'user_1'],
      ])
    }
  })
})
