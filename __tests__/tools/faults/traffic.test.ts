import { Random } from '../../../sandbox/faults/random'
import { makeTraffic } from '../../../sandbox/faults/traffic'

jest.setTimeout(30_000)

describe('the traffic', () => {
  const start = Date.UTC(2024, 4, 1)
  const make = (arrivals: 'burst' | 'hour', chatter = 0) =>
    makeTraffic({ arrivals, events: 1000, people: 200, chatter }, start, new Random('a'))

  it.each([
    ['burst', 1100],
    ['hour', 3_601_000],
  ] as const)('of a %s comes within its time', (arrivals, longest) => {
    const times = make(arrivals).arrivals.map(({ at }) => at - start)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...times)).toBeLessThan(longest)
  })

  it('numbers the events of each person by their time, and no two have the same', () => {
    const { wishes, arrivals } = make('burst')
    const last = new Map<string, string>()
    wishes.forEach(({ person }, place) => {
      const { timestamp = '' } = arrivals[place]?.event ?? {}
      expect(timestamp > (last.get(person.userId) ?? '')).toBe(true)
      last.set(person.userId, timestamp)
    })
  })

  it('has events of every kind, no value and no uuid twice', () => {
    const { wishes, arrivals } = make('hour')
    const kinds = new Set(arrivals.map(({ event }) => event.event))
    expect([...kinds].sort()).toEqual(['$identify', '$set', 'plan changed', 'purchase'])
    const values = wishes.flatMap(({ reference, properties }) => [reference, ...properties.values()]).filter(Boolean)
    expect(new Set(values).size).toBe(values.length)
    expect(new Set(arrivals.map(({ event }) => event.uuid)).size).toBe(1000)
  })

  it('repeats some updates if there is to be chatter', () => {
    const { wishes, arrivals } = make('burst', 0.1)
    expect(wishes).toHaveLength(1000)
    expect(arrivals.length).toBeGreaterThan(1020)
    expect(arrivals.length).toBeLessThan(1080)
  })
})
