import { VirtualClock } from '../../tools/lib/clock'
import { runDestination } from '../../tools/simulators/hog/destination'
import type { Fetch, Outcome } from '../../tools/simulators/hog/destination'
import { LoopsApi } from '../../tools/simulators/loops/loops-api'
import { apiKey, eventWith } from '../app/setup'
import { globalsOf, loadDestination } from './setup'
import type { LoadedDestination, Values } from './setup'
import { vms } from './vms'

let destination: LoadedDestination

beforeAll(async () => {
  destination = await loadDestination()
})

const values = { email: '{person.properties.email}', userId: '{event.distinct_id}' }
const ada = { $set: { email: 'ada@example.com' } }

describe.each(vms)('what Loops answers, in the VM %s', (_, vm) => {
  const clock = new VirtualClock()

  async function outcomeOf(fetch: Fetch, inputs: Values = { action: 'event' }): Promise<Outcome> {
    const hogFunction = destination.functionWith({ ...values, ...inputs })
    const ends = runDestination(hogFunction, globalsOf(eventWith(ada)), { fetch, vm, clock, random: () => 0.5 })
    await clock.run()
    const outcome = await ends
    expect(JSON.stringify(outcome.logs)).not.toContain(apiKey)
    return outcome
  }

  const answering =
    (status: number, body: string): Fetch =>
    () =>
      Promise.resolve({ status, body })
  const fetchFailed = 'HTTP fetch failed on attempt'

  it.each<[number, string, number, string | undefined]>([
    [200, '{"success": true}', 1, undefined],
    [204, '', 1, undefined],
    [400, '{"success": false, "message": "Multiple contacts found"}', 1, 'Loops answered 400: Multiple contacts found'],
    [401, '{"success": false, "error": "Invalid API key"}', 1, 'Loops answered 401: Invalid API key'],
    [401, `{"message": "No team has ${apiKey}"}`, 1, 'Loops answered 401: No team has (API key)'],
    [404, '[1]', 1, 'Loops answered 404'],
    [302, '', 1, 'Loops answered 302: '],
    [408, '{}', 3, 'Loops answered 408'],
    [429, '{"message": 5}', 3, 'Loops answered 429'],
    [500, '<html>Bad</html>', 3, 'Loops answered 500: <html>Bad</html>'],
    [501, 'no', 1, 'Loops answered 501: no'],
    [503, `${'x'.repeat(298)}${apiKey}`, 3, `Loops answered 503: ${'x'.repeat(298)}(A`],
  ])('%p %p', async (status, body, tries, message) => {
    const { requests, error } = await outcomeOf(answering(status, body))
    expect(requests).toHaveLength(tries)
    expect(error?.message).toBe(message)
  })

  it('409 says that Loops has the event already', async () => {
    const { error, logs } = await outcomeOf(answering(409, '{"success": false}'))
    expect(error).toBeUndefined()
    expect(logs.map(({ message }) => message)).toEqual([
      `${fetchFailed} 1 with status code 409.`,
      'Loops has this event already.',
    ])
  })

  it('409 is an error of a contact', async () => {
    const { error } = await outcomeOf(answering(409, '{"message": "Conflict"}'), { action: 'contact' })
    expect(error?.message).toBe('Loops answered 409: Conflict')
  })

  it('is waited for longer from try to try', async () => {
    const times: number[] = []
    const started = clock.now()
    const { error, logs } = await outcomeOf(() => {
      times.push(clock.now() - started)
      return times.length < 3
        ? Promise.reject(new Error('connect ECONNREFUSED'))
        : Promise.resolve({ status: 200, body: '{}' })
    })
    expect(error).toBeUndefined()
    expect(times).toEqual([0, 1500, 4000])
    expect(logs.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      `error: ${fetchFailed} 1 with status code (none). Error: connect ECONNREFUSED. Retrying.`,
      `error: ${fetchFailed} 2 with status code (none). Error: connect ECONNREFUSED. Retrying.`,
    ])
  })

  it('never comes', async () => {
    const { error } = await outcomeOf(() => Promise.reject(new Error('timeout')))
    expect(error?.message).toBe('Loops answered 500: timeout')
  })

  it('is a contact with its event where the request reaches the simulator of Loops', async () => {
    const loops = new LoopsApi({ apiKey })
    const fetch: Fetch = ({ url, method, headers, body = '' }) => {
      const path = new URL(url).pathname
      const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
      return Promise.resolve(loops.handle({ method, path, headers: Object.fromEntries(lowerCase), body }))
    }
    const { error } = await outcomeOf(fetch, { action: 'both', contactProperties: { firstName: 'Ada' } })
    expect(error).toBeUndefined()
    expect(loops.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1', firstName: 'Ada' }])
  })
})
