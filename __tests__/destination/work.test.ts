/** How much the VM has to do for an event. The tests count operations; limits.test.ts also runs on the machine's clock. */
import { eventWith } from '../app/setup'
import { globalsOf, loadDestination } from './setup'
import type { FirstStep, LoadedDestination, Values } from './setup'
import { vms } from './vms'

let destination: LoadedDestination

beforeAll(async () => {
  destination = await loadDestination()
})

function properties(count: number, value: unknown, kind: string): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${kind} ${index}`, value]))
}

describe.each(vms)('the work of a run, in the VM %s', (_, vm) => {
  const byDefault = { action: 'both', email: '{person.properties.email}', userId: '{event.distinct_id}' }
  const includesAll = { includeAllEventProperties: true, includeAllPersonProperties: true }
  const excludedEmails = Array.from({ length: 5000 }, (__, index) =>
    index % 2 === 0 ? `person${index}@example${index}.org` : `*.example${index}.net`,
  ).join(', ')

  function stepOf(count: number, values: Values, email = 'ada@example.com'): FirstStep {
    const names = (kind: string) => properties(count, 'a value', kind)
    const globals = globalsOf(eventWith({ ...names('event'), $set: { email, ...names('person') } }))
    const ended = destination.first(globals, { ...byDefault, ...values }, vm)
    expect(ended.error).toBeUndefined()
    return ended
  }

  const included = ({ request }: FirstStep): number[] => {
    const { eventProperties, ...contact } = request?.body ?? {}
    return [eventProperties ?? {}, contact].map((all) => Object.keys(all).filter((name) => name.includes(' ')).length)
  }

  it.each([
    ['nothing', 0, {}, 2000],
    ['100 properties of the event and 100 of the person', 100, includesAll, 40_000],
    ['5,000 emails to leave out', 0, { excludedEmails }, 3500],
    ['all that', 100, { ...includesAll, excludedEmails }, 42_000],
  ])('%s', (__, count, values, most) => {
    const ended = stepOf(count, values)
    expect(included(ended)).toEqual([count, count])
    expect(ended.sentences).toEqual([])
    expect(ended.operations).toBeLessThan(most)
  })

  it.each(['person4998@example4998.org', 'ada@mail.example4999.net'])('finds %s among 5,000', (email) => {
    const { request, sentences } = stepOf(0, { excludedEmails }, email)
    expect([request, sentences]).toEqual([undefined, ['Nothing is sent: the settings exclude its email address.']])
  })

  it("gives the event's properties its time first", () => {
    const list = Array.from({ length: 500 }, () => 'ab')
    const lists = (kind: string) => properties(100, list, kind)
    const globals = globalsOf(eventWith({ ...lists('event'), $set: { email: 'ada@example.com', ...lists('person') } }))
    const ended = destination.first(globals, { ...byDefault, ...includesAll }, vm)
    const [ofEvent = 0, ofPerson] = included(ended)
    expect(ofEvent).toBeGreaterThan(0)
    expect(ofPerson).toBe(0)
  })

  it('says where it stopped including properties', () => {
    const ended = stepOf(1000, includesAll)
    expect(included(ended)).toEqual([99, 98])
    const sentence = 'Of 1001 properties, only 99 are read: map those that you need.'
    expect(ended.sentences).toEqual([sentence, sentence])
  })
})
