import { faultKinds } from '../../../../tools/lab/faults/fault-mixes'
import { mixOf } from './setup'

jest.setTimeout(30_000)

describe('the fault mixes', () => {
  it('have each kind of fault alone at 10 and 30 %, and all together', () => {
    for (const kind of faultKinds) {
      expect(mixOf(`${kind}-10%`).rates[kind]).toBe(0.1)
      expect(Object.values(mixOf(`${kind}-30%`).rates).filter((rate) => rate > 0)).toEqual([0.3])
    }
    expect(new Set(Object.values(mixOf('storm').rates))).toEqual(new Set([0.05]))
    expect(Object.values(mixOf('none').rates).every((rate) => rate === 0)).toBe(true)
  })
})
