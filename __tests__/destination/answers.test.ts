import { VirtualClock } from '../../tools/lib/clock'
import { runDestination } from '../../tools/simulators/hog/destination'
import type { Fetch, Outcome } from '../../tools/simulators/hog/destination'
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

  async function outcomeOf(
    fetch: Fetch,
    inputs: Values = { action: 'event' },
    event = eventWith(ada),
  ): Promise<Outcome> {
    const hogFunction = destination.functionWith({ ...values, ...inputs })
    const ends = runDestination(hogFunction, globalsOf(event), { fetch, vm, clock, random: () => 0.5 })
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
    // The second request is that with the email alone.
    [400, '{"success": false, "message": "Multiple contacts found"}', 2, 'Loops answered 400: Multiple contacts found'],
    [401, '{"success": false, "error": "Invalid API key"}', 1, 'Loops answered 401: Invalid API key'],
    [401, `{"message": "No team has ${apiKey}"}`, 1, 'Loops answered 401: No team has (API key)'],
    [404, '[1]', 1, 'Loops answered 404'],
    [302, '', 1, 'Loops answered 302'],
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

  const unknown = 'Loops answered 400: Contact not found.'
  const write = 'write {[person.properties.email, event.distinct_id]} in "Email of the user".'
  it.each<[distinctId: string, properties: Record<string, unknown>, status: number, message: string]>([
    ['ada@example.com', {}, 400, `${unknown} The user ID is an email: ${write}`],
    ['user_1', {}, 400, unknown],
    ['ada@example.com', ada, 400, unknown],
    ['ada@example.com', {}, 404, unknown.replace('400', '404')],
  ])('names the remedy for a user ID that is an email: %s %j %p', async (distinct_id, properties, status, message) => {
    const event = eventWith(properties, { distinct_id })
    const answer = answering(status, '{"message": "Contact not found."}')
    expect((await outcomeOf(answer, { action: 'event' }, event)).error?.message).toBe(message)
  })

  const other = 'Idempotency key already used with a different request body.'
  it.each<[string, string, Values, string | undefined, string | undefined]>([
    ['a repeated request', 'Request has already been processed.', {}, undefined, undefined],
    ['another request with the key', other, {}, undefined, `Loops answered 409: ${other}`],
    ['a contact, which has no key', 'Conflict', { action: 'contact' }, undefined, 'Loops answered 409: Conflict'],
    ['an event without a key', 'Conflict', {}, 'no uuid!', 'Loops answered 409: Conflict'],
  ])('409 to %s', async (__, message, inputs, uuid, error) => {
    const event = eventWith(ada, uuid === undefined ? {} : { uuid })
    const outcome = await outcomeOf(answering(409, JSON.stringify({ message })), { action: 'event', ...inputs }, event)
    expect(outcome.error?.message).toBe(error)
    const said = outcome.logs.map((log) => log.message).includes('Loops has this event already.')
    expect(said).toBe(error === undefined)
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
})
