import { LoopsApi } from '../../tools/simulators/loops/loops-api'
import { apiKey, eventWith } from '../app/setup'
import { globalsOf, loadDestination } from './setup'
import type { FirstStep, LoadedDestination } from './setup'
import { vms } from './vms'

let destination: LoadedDestination

beforeAll(async () => {
  destination = await loadDestination()
})

function deep(depth: number): unknown {
  let value: unknown = 'inside'
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

function properties(
  count: number,
  value: unknown,
  nameOf = (index: number) => `property ${index}`,
): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [nameOf(index), value]))
}

describe.each(vms)('a hostile event, in the VM %s', (_, vm) => {
  function step(hostile: Record<string, unknown>): FirstStep {
    const person = { email: 'ada@example.com', ...hostile }
    const globals = globalsOf(eventWith({ ...hostile, $set: person }))
    const values = {
      ...{ action: 'both', email: '{person.properties.email}', userId: '{event.distinct_id}' },
      ...{ includeAllEventProperties: true, includeAllPersonProperties: true, mailingListsFromEvents: true },
    }
    // In test:slow the VM counts the time of the machine's clock, in which other programs run too.
    let ended = destination.first(globals, values, vm)
    for (let tries = 1; tries < 3 && ended.error !== undefined; tries++) ended = destination.first(globals, values, vm)
    return ended
  }

  it.each<[string, Record<string, unknown>]>([
    ['1,000 properties of 10,000 characters', properties(1000, 'x'.repeat(10_000))],
    ['1,000 properties of 10,000 characters that JSON escapes', properties(1000, '"'.repeat(10_000))],
    ['10,000 properties', properties(10_000, 1)],
    ['5,000 names that are left out', properties(5000, 1, (index) => `$${index}`)],
    ['500 names of blanks', properties(500, 1, (index) => ' '.repeat(index))],
    ['names of 10,000 characters', properties(20, 1, (index) => 'n'.repeat(10_000 + index))],
    ['depth 50', properties(50, deep(50))],
    ['lone surrogates', properties(100, '\ud83d'.repeat(1000), (index) => `\ud83d${index}`)],
    ['numbers as names', properties(100, 1, String)],
    [
      'names of the VM',
      JSON.parse('{"__proto__": {"a": 1}, "__hogDateTime__": true, "constructor": 1}') as Record<string, unknown>,
    ],
    ['a list of 50,000 items', { list: Array.from({ length: 50_000 }, () => 'a') }],
    [
      '20 lists of 500 items',
      properties(
        20,
        Array.from({ length: 500 }, () => 'ab'),
      ),
    ],
    ['a million characters', { text: 'x'.repeat(1_000_000), name: ' '.repeat(1_000_000) }],
    ['3,000 removed properties', { $unset: Array.from({ length: 3000 }, (__, index) => `p${index}`) }],
    ['3,000 mailing lists', { mailingLists: properties(3000, true) }],
    ['an address of a million characters', { email: `${' '.repeat(1_000_000)}a@example.com` }],
    ['1,000 addresses', { email: Array.from({ length: 1000 }, () => 'no address') }],
  ])('%s ends within the limits, in a request that Loops takes', (__, hostile) => {
    const { request, error } = step(hostile)
    expect(error).toBeUndefined()
    const loops = new LoopsApi({ apiKey, strictness: { unknownMailingList: 'ignore', typeMismatch: 'drop' } })
    loops.handle(put({ email: 'ada@example.com', userId: 'user_1' }))
    const answer = loops.handle({ ...put(request?.body), method: 'POST', path: '/api/v1/events/send' })
    expect([answer.status, answer.body]).toEqual([200, '{"success":true}'])
  })
})

function put(body: unknown) {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  return { method: 'PUT', path: '/api/v1/contacts/update', headers, body: JSON.stringify(body) }
}
