import { sleep } from '../../../tools/lib/clock'
import { isSetUpRequest } from '../setup'
import { MINUTE, event, simulateMany, start } from './setup'

describe('a Loops that hangs for ten minutes', () => {
  it.each([
    ['1.30', 'holds none of them for long'],
    ['2024-02', 'holds none of them for long'],
    ['2024-11', 'fails the events at once, where no job can hold them'],
  ])(
    'on %s, with ten handlers: %s',
    async (version) => {
      const { clock, api, app, worker } = simulateMany({ contactEvents: '' }, {}, version)
      const end = start + 10 * MINUTE
      api.setFault((request) =>
        isSetUpRequest(request) || clock.now() > end ? undefined : { kind: 'delay', milliseconds: 60_000 },
      )
      let held = 0
      let events = 0
      const handle = async (): Promise<void> => {
        while (clock.now() < end) {
          const begun = clock.now()
          events += 1
          await worker.deliver(event('purchase', { $set: { email: 'ada@example.com' } }, { distinct_id: `u${events}` }))
          held += clock.now() - begun
          // An event every six seconds for each handler.
          await sleep(clock, Math.max(0, begun + 6000 - clock.now()))
        }
      }
      const handlers = Array.from({ length: 10 }, handle)
      await clock.run()
      await Promise.all(handlers)
      expect(held / 1000).toBeLessThanOrEqual(440)
      if (app.server.jobs) expect(api.events()).toHaveLength(events)
      else expect(app.failures.length).toBeGreaterThan(events / 2)
    },
    120_000,
  )
})
