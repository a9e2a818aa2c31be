import { sleep } from '../../../tools/lib/clock'
import { isSetUpRequest } from '../setup'
import { MINUTE, event, simulateMany, start } from './setup'

describe('a Loops that hangs for ten minutes', () => {
  const ofMany = (number: number) => `u${number}@example.com`
  const ofOne = () => 'ada@example.com'

  it.each([
    ['1.30', 'many contacts', 'lets the events wait in jobs', ofMany, 200],
    ['2024-02', 'many contacts', 'lets the events wait in jobs', ofMany, 200],
    ['2024-11', 'many contacts', 'fails the events at once, where no job can hold them', ofMany, 200],
    ['2024-02', 'one contact', 'lets the events wait in jobs', ofOne, 440],
    // The five time-outs that open the circuit breaker come one after the other in the lane of the contact: 50 s.
    ['2024-11', 'one contact', 'fails the events after the wait in their lane', ofOne, 570],
  ])(
    'on %s, with ten handlers and events of %s: %s',
    async (version, _whose, _does, emailOf, mostHeld) => {
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
          await worker.deliver(event('purchase', { $set: { email: emailOf(events) } }, { distinct_id: `u${events}` }))
          held += clock.now() - begun
          // An event every six seconds for each handler.
          await sleep(clock, Math.max(0, begun + 6000 - clock.now()))
        }
      }
      const handlers = Array.from({ length: 10 }, handle)
      await clock.run()
      await Promise.all(handlers)
      expect(held / 1000).toBeLessThanOrEqual(mostHeld)
      if (app.server.jobs) expect(api.events()).toHaveLength(events)
      else expect(app.failures.length).toBeGreaterThan(events / 2)
    },
    120_000,
  )
})
