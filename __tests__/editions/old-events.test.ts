/** Events that are older on their arrival than the settings allow do nothing. */
import { eventWith } from '../app/setup'
import { HOUR } from '../../src/time'
import { editions, loadEditions } from './editions'
import type { Config } from '../../src/settings/field'

beforeAll(loadEditions)

const email = 'ada@example.com'
const PURPOSES: readonly [string, Config][] = [
  ['an event that is sent', { trackedEvents: 'purchase', contactEvents: '' }],
  ['an update', { trackedEvents: '', contactEvents: 'purchase' }],
  ['both at once', { trackedEvents: 'purchase', contactEvents: 'purchase' }],
]

describe.each(editions)('the age of an event in the %s', (_, edition) => {
  function resultOf(hours: number, config: Config) {
    const timestamp = new Date(Date.now() - hours * HOUR).toISOString()
    return edition.resultOf(eventWith({ $set: { email } }, { timestamp }), config)
  }

  describe.each(PURPOSES)('of %s', (__, config) => {
    it.each<[hours: number, maxEventAge: string, age: string]>([
      [24.01, '24', '24.1 hours'],
      [25.04, '24', '25.1 hours'],
      [99.97, '99', '100 hours'],
      [100.1, '100', '5 days'],
      [50_000.95, '24', '2084 days'],
      [0.62, '0.5', '0.7 hours'],
      [0.01, '0', '0.1 hours'],
    ])('is too high at %p hours with a limit of %p', (hours, maxEventAge, age) => {
      expect(resultOf(hours, { ...config, maxEventAge })).toEqual({
        skipped: `it is older than "Maximum event age (hours)" allows (${age})`,
      })
    })

    it.each<[hours: number, maxEventAge: string]>([
      [0, '24'],
      [23.99, '24'],
      [50_000, ''],
      [-48, '0'],
    ])('is right at %p hours with a limit of %p', (hours, maxEventAge) => {
      expect(resultOf(hours, { ...config, maxEventAge })).toMatchObject({ request: { body: { email } } })
    })

    it('has a limit of 24 hours by default', () => {
      expect(resultOf(25, { ...config, maxEventAge: undefined })).toHaveProperty('skipped')
      expect(resultOf(23, { ...config, maxEventAge: undefined })).toHaveProperty('request')
    })
  })
})
