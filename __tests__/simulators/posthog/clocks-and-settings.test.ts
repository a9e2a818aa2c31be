import { sleep } from '../../../tools/lib/clock'
import { answer, event, install, virtual } from './setup'

describe('the clock of a machine', () => {
  it('may be ahead, for the app in its VM and for its jobs, and is corrected by a restart', async () => {
    const { clock, seconds } = virtual()
    const installation = install(
      '2024-02',
      `export const jobs = { later: () => console.log('job') }
       export const onEvent = async (_, { jobs }) => {
         console.log(Date.now())
         await jobs.later({}).runIn(1, 'minutes')
       }`,
      { clock, autoRunJobs: true },
    )
    let ahead = 3_600_000
    const start = clock.now()
    const worker = installation.startWorker(1, () => ahead)
    void worker.deliver(event())
    await clock.run(start + 10_000)
    expect(installation.jobs.pending().map(({ runAt }) => runAt - start)).toEqual([3_660_000])
    ahead = 0
    void worker.deliver(event())
    void installation.startWorker().deliver(event())
    await clock.run()
    expect(installation.logs.map(({ by, message, at }) => [by, Number(message) - start, at - start])).toEqual([
      ['onEvent', 3_600_000, 0],
      ['onEvent', 10_000, 10_000],
      ['onEvent', 10_000, 10_000],
      ['later', NaN, 70_000],
      ['later', NaN, 70_000],
      ['later', NaN, 3_660_000],
    ])
    expect(seconds()).toBe(3660)
  })
})

describe('changed settings', () => {
  it('load the app again in each worker, with the cache and the queue as they were, and enable it', async () => {
    const { clock } = virtual()
    const installation = install(
      '2024-02',
      `import fetch from 'node-fetch'
       let events = 0
       export const setupPlugin = ({ config }) => { if (config.bad) throw new Error('bad') }
       export const jobs = { later: (payload, { config }) => console.log('job', payload, config.name) }
       export const onEvent = async (_, { cache, config, jobs }) => {
         events += 1
         await fetch('https://example.com')
         console.log(events, await cache.incr('events'), config.name)
         if (events === 1) await jobs.later(config.name).runIn(1, 'minutes')
       }`,
      { clock, autoRunJobs: true, config: { name: 'old' }, fetch: () => sleep(clock, 1000).then(() => answer()) },
    )
    const worker = installation.startWorker()
    void worker.deliver(event())
    await clock.run(clock.now() + 500)
    installation.configure({ name: 'new' })
    void worker.deliver(event())
    await clock.run()
    expect(installation.logs.map(({ message }) => message)).toEqual([
      '1 1 old',
      '1 2 new',
      'job old new',
      'job new new',
    ])

    installation.configure({ bad: 'yes' })
    await worker.deliver(event())
    expect(installation.enabled).toBe(false)
    installation.configure({ name: 'newest' })
    expect(installation.enabled).toBe(true)
    void worker.deliver(event())
    await clock.run()
    expect(installation.logs.at(-1)?.message).toBe('job newest newest')
  })
})
