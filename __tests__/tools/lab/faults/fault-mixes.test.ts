import { faultMixes } from '../../../../tools/lab/faults/fault-mixes'
import { mixOf } from './setup'

jest.setTimeout(30_000)

describe('the fault mixes', () => {
  it('have the long tail, but where the time and the requests of a burst are measured', () => {
    const without = faultMixes.filter(({ rates }) => rates.tail === 0).map(({ name }) => name)
    expect(without).toEqual(['none', 'fifth', 'onePerson'])
    expect(new Set(Object.values(mixOf('storm').rates))).toEqual(new Set([0.05]))
    expect(Object.values(mixOf('none').rates).every((rate) => rate === 0)).toBe(true)
    expect(new Set(faultMixes.map(({ name }) => name)).size).toBe(faultMixes.length)
  })
})
