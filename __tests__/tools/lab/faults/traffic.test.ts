import type { Load } from '../../../../tools/lab/faults/loads'
import { Random } from '../../../../tools/lab/faults/random'
import { makeTraffic, trafficConfig } from '../../../../tools/lab/faults/traffic'
import type { TrafficKind } from '../../../../tools/lab/faults/traffic'

jest.setTimeout(30_000)

describe('the traffic', () => {
  const start = Date.UTC(2024, 4, 1)
  const make = (load: Load, chatter = 0) =>
    makeTraffic({ kind: 'usual', load, events: 1000, people: 200, chatter }, start, new Random('a'))

  it('goes on at half the limit before, during and after a burst', () => {
    const seconds = make('steady').arrivals.map(({ at }) => Math.floor((at - start) / 1000))
    const inSecond = (from: number, to: number) => seconds.filter((second) => second >= from && second < to).length
    expect(inSecond(10, 12)).toBeGreaterThan(60)
    for (const from of [0, 20, 100, 150]) {
      expect(inSecond(from, from + 10)).toBeGreaterThan(35)
      expect(inSecond(from, from + 10)).toBeLessThan(65)
    }
  })

  it('numbers the events of each person by their time, and no two have the same', () => {
    const { writes, arrivals } = make('burst')
    const last = new Map<string, string>()
    writes.forEach(({ person }, place) => {
      const { timestamp = '' } = arrivals[place]?.event ?? {}
      expect(timestamp > (last.get(person.userId) ?? '')).toBe(true)
      last.set(person.userId, timestamp)
    })
  })

  it('has events of every kind, no value and no uuid twice', () => {
    const { writes, arrivals } = make('hour')
    const kinds = new Set(arrivals.map(({ event }) => event.event))
    expect([...kinds].sort()).toEqual(['$identify', '$set', 'plan changed', 'purchase'])
    const values = writes.flatMap(({ reference, properties }) => [reference, ...properties.values()]).filter(Boolean)
    expect(new Set(values).size).toBe(values.length)
    expect(new Set(arrivals.map(({ event }) => event.uuid)).size).toBe(1000)
  })

  const special = (kind: TrafficKind) =>
    makeTraffic({ kind, load: 'hour', events: 400, people: 20, chatter: 0 }, start, new Random('a'))

  it('has wrong clocks: minutes, hours and years ahead and behind for half of the events', () => {
    const errors = special('wrongClocks').arrivals.map(({ event, at }) => (Date.parse(event.timestamp) - at) / 60_000)
    const [minutes, hours, years] = [10, 180, 2 * 365 * 24 * 60]
    const shares = [0, minutes, -minutes, hours, -hours, years, -years].map(
      (error) => errors.filter((each) => Math.abs(each - error) < 1).length / errors.length,
    )
    expect(shares[0]).toBeGreaterThan(0.4)
    expect(shares[0]).toBeLessThan(0.6)
    for (const share of shares.slice(1)) expect(share).toBeGreaterThan(0.04)
    expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1)
  })

  it('has two distinct_ids of each person, with one user ID in a property', () => {
    const { arrivals, writes } = special('twoDistinctIds')
    const idsOf = new Map<string, Set<string>>()
    writes.forEach(({ person }, place) => {
      const { event } = arrivals[place] ?? {}
      expect(event?.properties.account).toBe(person.userId)
      idsOf.set(person.userId, (idsOf.get(person.userId) ?? new Set()).add(String(event?.distinct_id)))
    })
    expect([...idsOf.values()].map(({ size }) => size)).toEqual(Array(20).fill(2))
    expect(trafficConfig('twoDistinctIds').userId).toBe('{event.properties.account}')
  })

  it('has emails that move from one person to another at some time', () => {
    const { arrivals } = special('movingEmails')
    const emailsOf = (userId: string) =>
      arrivals
        .filter(({ event }) => event.distinct_id === userId)
        .sort((one, other) => one.event.timestamp.localeCompare(other.event.timestamp))
        .map(({ event }) => (event.properties.$set as { email: string }).email)
        .filter((email, place, all) => email !== all[place - 1])
    expect(emailsOf('user_2')).toEqual(['person-2@example.com', 'moved-2@example.com'])
    expect(emailsOf('user_3')).toEqual(['person-2@example.com'])
    const first = (userId: string, email: string) =>
      arrivals.findIndex(({ event }) => {
        return event.distinct_id === userId && (event.properties.$set as { email: string }).email === email
      })
    expect(first('user_3', 'person-2@example.com')).toBeGreaterThan(first('user_2', 'person-2@example.com'))
  })

  it('repeats some updates if there is to be chatter', () => {
    const { writes, arrivals } = make('burst', 0.1)
    expect(writes).toHaveLength(1000)
    expect(arrivals.length).toBeGreaterThan(1020)
    expect(arrivals.length).toBeLessThan(1080)
  })
})
