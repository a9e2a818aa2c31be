import { Persons } from '../../../tools/simulators/hog/persons'
import { ingest } from '../../../tools/simulators/posthog/events'

/** The person after each event: the end of its ID, and its properties. */
function personsAfter(events: readonly (readonly [event: string, distinctId: string, properties: object])[]) {
  const persons = new Persons()
  return events.map(([event, distinct_id, properties]) => {
    const person = persons.after(ingest({ event, distinct_id, properties: { ...properties } }))
    return [Number(person.id.slice(-12)), person.properties]
  })
}

describe('the persons of npm start', () => {
  it.each<[why: string, events: Parameters<typeof personsAfter>[0], persons: ReturnType<typeof personsAfter>]>([
    [
      'what is set, set once and removed',
      [
        ['a', 'ada', { $set: { plan: 'free', seats: 1 }, $set_once: { plan: 'none', source: 'ad' } }],
        ['b', 'ada', { $set: { plan: 'pro' }, $set_once: { source: 'mail' }, $unset: ['seats'] }],
        ['c', 'bob', {}],
        ['d', 'ada', {}],
      ],
      [
        [1, { plan: 'free', seats: 1, source: 'ad' }],
        [1, { plan: 'pro', source: 'ad' }],
        [2, {}],
        [1, { plan: 'pro', source: 'ad' }],
      ],
    ],
    [
      'an anonymous person who identifies',
      [
        ['a', 'anonymous-1', { $set: { plan: 'pro', from: 'ad' } }],
        ['a', 'ada', { $set: { plan: 'free' } }],
        ['$identify', 'ada', { $anon_distinct_id: 'anonymous-1' }],
        ['a', 'anonymous-1', {}],
      ],
      [
        [1, { plan: 'pro', from: 'ad' }],
        [2, { plan: 'free' }],
        [2, { plan: 'free', from: 'ad' }],
        [2, { plan: 'free', from: 'ad' }],
      ],
    ],
    [
      'an alias, twice',
      [
        ['a', 'ada', { $set: { plan: 'pro' } }],
        ['$create_alias', 'ada', { alias: 'backend-1' }],
        ['$create_alias', 'backend-1', { alias: 'ada' }],
        ['a', 'backend-1', {}],
      ],
      [
        [1, { plan: 'pro' }],
        [1, { plan: 'pro' }],
        [1, { plan: 'pro' }],
        [1, { plan: 'pro' }],
      ],
    ],
    [
      'nobody of an event without a profile',
      [
        ['a', 'ada', { $set: { plan: 'pro' } }],
        ['a', 'ada', { $process_person_profile: false }],
      ],
      [
        [1, { plan: 'pro' }],
        [2, {}],
      ],
    ],
  ])('are %s', (_, events, persons) => {
    expect(personsAfter(events)).toEqual(persons)
  })
})
