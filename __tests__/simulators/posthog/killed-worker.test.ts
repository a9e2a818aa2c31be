import { sleep, systemClock } from '../../../tools/lib/clock'
import { install, event, virtual } from './setup'

describe('a killed worker', () => {
  it('does nothing more, gets no answers and leaves no timers', async () => {
    const { clock, seconds } = virtual()
    const installation = install(
      '2024-02',
      `export const onEvent = async (_, { cache, storage, jobs }) => {
         await cache.set('step', 1)
         await fetch('https://app.loops.so/a')
         console.log('answered')
         await cache.set('step', 2)
       }`,
      {
        clock,
        afterEffect: (worker, { kind }) => {
          if (kind === 'fetch') worker.kill()
        },
      },
    )
    const worker = installation.startWorker()
    const delivery = await worker.deliver(event())
    expect(delivery).toMatchObject({ killed: true, requests: [{ status: 200 }], errors: [] })
    expect(await worker.deliver(event())).toMatchObject({ killed: true, requests: [] })
    await clock.run()
    expect([await installation.cache.get('step'), installation.logs, seconds()]).toEqual([1, [], 0])
  })

  it('does not come to the end of a hook', async () => {
    const installation = install('2024-02', `export const onEvent = () => fetch('https://app.loops.so/a')`, {
      afterEffect: (worker) => {
        worker.kill()
      },
    })
    await installation.startWorker().deliver(event())
    await sleep(systemClock, 1)
    expect(installation.metrics('onEvent')).toEqual({ successes: 0, failures: 0 })
  })

  it('can be killed before an effect, which then does not take place', async () => {
    const installation = install(
      '2024-02',
      `export const onEvent = async (_, { cache }) => { await cache.set('a', 1); await fetch('https://app.loops.so/') }`,
      {
        beforeEffect: async (worker, { name }) => {
          await sleep(systemClock, 1)
          if (name === 'GET https://app.loops.so/') worker.kill()
        },
      },
    )
    expect(await installation.startWorker().deliver(event())).toMatchObject({ killed: true, requests: [] })
    expect(await installation.cache.get('a')).toBe(1)
  })
})
