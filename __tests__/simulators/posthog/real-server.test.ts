import { VirtualClock, sleep } from '../../../tools/lib/clock'
import { Consumer } from '../../../tools/simulators/posthog/consumer'
import type { InstallationOptions } from '../../../tools/simulators/posthog/plugin-server'
import type { CapturedEvent } from '../../../tools/lib/shapes'
import { serverVersions } from '../../../tools/simulators/posthog/versions'
import { event as anEvent, install as installApp } from './setup'

/** What was seen when an app ran in the code of PostHog's servers, with a Redis, a PostgreSQL and Graphile Worker. */
function install(server: string, source: string, options: Partial<InstallationOptions> = {}) {
  const clock = new VirtualClock()
  const start = clock.now()
  const installation = installApp(server, source, {
    clock,
    fetch: async () => {
      await sleep(clock, 1000)
      return Promise.reject(new Error('no network'))
    },
    ...options,
  })
  const lines = () => installation.logs.map(({ at, message }) => [at - start, message])
  const messages = () => installation.logs.map(({ message }) => message)
  return { installation, clock, start, lines, messages }
}

function event(number = 0): CapturedEvent {
  const uuid = `01900000-0000-4000-8000-${String(number).padStart(12, '0')}`
  return anEvent({ uuid, properties: { number } })
}

describe('the cache', () => {
  const asks = `export const onEvent = async (_, { cache }) => console.log(await cache.get('missing', 'default'))`

  it.each(serverVersions.map(({ name }) => [name, name < '2' ? 'null' : 'default']))(
    'of %s answers %s for a missing key, though a default is given',
    async (server, answer) => {
      const { installation, messages } = install(server, asks)
      await installation.startWorker().deliver(event())
      expect(messages()).toEqual([answer])
    },
  )

  it('takes its time for each command', async () => {
    const source = `export const onEvent = async (_, { cache }) => {
      await cache.set('a', 1)
      console.log('one after the other')
      await Promise.all([cache.get('a'), cache.incr('b')])
      console.log('two at once')
    }`
    const { installation, clock, lines } = install('2024-02', source, { cacheMilliseconds: () => 3 })
    void installation.startWorker().deliver(event())
    await clock.run()
    expect(lines()).toEqual([
      [3, 'one after the other'],
      [6, 'two at once'],
    ])
  })

  it('lets what runs at once read before anything is written', async () => {
    const source = `export const onEvent = async (_, { cache }) => {
      const seen = await cache.get('seen', 0)
      await cache.set('seen', seen + 1)
      console.log(seen)
    }`
    const { installation, clock, messages } = install('2024-02', source, { cacheMilliseconds: () => 3 })
    const worker = installation.startWorker()
    for (let number = 0; number < 3; number++) void worker.deliver(event(number))
    await clock.run()
    expect(messages()).toEqual(['0', '0', '0'])
  })

  it('answers when Redis thaws, however long that takes', async () => {
    const { installation, clock, lines } = install('2024-02', asks)
    installation.redis.freeze()
    const worker = installation.startWorker()
    void worker.deliver(event())
    await clock.run(clock.now() + 20_000)
    expect(lines()).toEqual([])
    installation.redis.comeBack()
    await clock.run(clock.now() + 1)
    expect([lines(), worker.alive]).toEqual([[[20_000, 'default']], true])
  })

  it('does not answer without Redis: the worker stops itself after three seconds, as does the next one', async () => {
    const { installation, clock, start, messages } = install('2024-02', asks)
    const first = installation.startWorker()
    installation.redis.vanish()
    const delivering = first.deliver(event())
    await clock.run(start + 3000)
    expect([(await delivering).killed, messages()]).toEqual([true, []])
    const second = installation.startWorker()
    await clock.run(start + 6000)
    expect(second.alive).toBe(false)
    installation.redis.comeBack()
    await installation.startWorker().deliver(event())
    expect(messages()).toEqual(['default'])
  })

  it('answers what has waited if Redis is back before the worker stops itself', async () => {
    const { installation, clock, start, lines } = install('2024-02', asks)
    const worker = installation.startWorker()
    installation.redis.vanish()
    void worker.deliver(event())
    await clock.run(start + 2000)
    installation.redis.comeBack()
    await clock.run(start + 10_000)
    expect([lines(), worker.alive]).toEqual([[[2000, 'default']], true])
  })
})

describe('the consumer', () => {
  const slow = `export const onEvent = async ({ properties }, { global }) => {
    global.running = (global.running || 0) + 1
    console.log('event ' + properties.number + ' of ' + global.running)
    await fetch('https://app.loops.so/').catch(() => undefined)
    global.running -= 1
  }`

  it('hands over ten events at once, milliseconds apart, and the next when one has ended', async () => {
    const { installation, clock, lines } = install('2024-02', slow)
    const consumer = new Consumer(installation.startWorker(), { clock, millisecondsApart: () => 4 })
    const deliveries = Array.from({ length: 12 }, (_, number) => consumer.deliver(event(number)))
    await clock.run()
    expect((await Promise.all(deliveries)).map(({ killed }) => killed)).toEqual(Array(12).fill(false))
    expect(lines()).toEqual([
      ...Array.from({ length: 10 }, (_, number) => [number * 4, `event ${number} of ${number + 1}`]),
      [1000, 'event 10 of 10'],
      [1004, 'event 11 of 10'],
    ])
  })

  it('gives back as killed what the worker had begun and what was still to come', async () => {
    const { installation, clock, start } = install('2024-02', slow)
    const worker = installation.startWorker()
    const consumer = new Consumer(worker, { clock })
    const deliveries = Array.from({ length: 15 }, (_, number) => consumer.deliver(event(number)))
    await clock.run(start + 500)
    worker.kill()
    await clock.run()
    expect((await Promise.all(deliveries)).filter(({ killed }) => killed)).toHaveLength(15)
  })
})

describe('jobs', () => {
  const source = `
    export const jobs = { send: async ({ n }, { global }) => {
      global.running = (global.running || 0) + 1
      console.log('job ' + n + ' of ' + global.running)
      await fetch('https://app.loops.so/').catch(() => undefined)
      global.running -= 1
    } }
    export const onEvent = async (_, { jobs }) => {
      for (let n = 0; n < 4; n++) await jobs.send({ n }).runNow()
    }`
  const run = async (server: string, jobRunners = 1, app = source) => {
    const found = install(server, app, { autoRunJobs: 'polling' })
    void found.installation.startWorker(jobRunners).deliver(event())
    await found.clock.run()
    return found
  }

  it('run one after the other in a process since 2023, from the moment at which PostgreSQL tells of the first', async () => {
    const { lines } = await run('2024-02')
    expect(lines()).toEqual([0, 1, 2, 3].map((n) => [10 + n * 1010, `job ${n} of 1`]))
  })

  // The runner has looked, for 10 ms, when PostgreSQL told it of the jobs, none of which was due.
  it.each([
    ['2024-02', 'two seconds', [2020, 3030, 10_050, 11_060]],
    ['1.30', 'tenth of a second', [420, 540, 9060, 9070]],
  ])('of %s are looked for every %s after the last look', async (server, _, begun) => {
    const later = source.replace('runNow()', 'runAt(new Date(Date.now() + [350, 500, 9000, 9000][n]))')
    const { lines } = await run(server, 1, later)
    expect(lines().map(([at]) => at)).toEqual(begun)
  })

  it('run as many at once as JOB_QUEUE_GRAPHILE_CONCURRENCY says', async () => {
    expect((await run('2024-02', 3)).messages().filter((line) => line.endsWith('of 3'))).not.toEqual([])
    expect((await run('2024-02', 3)).messages().filter((line) => line.endsWith('of 4'))).toEqual([])
  })

  it.each(['1.30', '1.40'])('of %s all start without waiting for one another', async (server) => {
    const { lines } = await run(server)
    const [[first] = [0]] = lines()
    expect(first).toBeLessThanOrEqual(110)
    expect(lines()).toEqual([0, 1, 2, 3].map((n) => [Number(first) + n * 10, `job ${n} of ${n + 1}`]))
  })

  it.each([
    ['2024-02', 1],
    ['1.40', 4],
  ])('of a killed process are lost: of %s the %d that had begun', async (server, lost) => {
    const withEnd = source.replace('global.running -= 1', "console.log('ended')")
    const { installation, clock, start, messages } = install(server, withEnd, { autoRunJobs: 'polling' })
    const first = installation.startWorker()
    void first.deliver(event())
    await clock.run(start + 500)
    first.kill()
    installation.startWorker()
    await clock.run()
    expect(messages().filter((line) => line === 'ended')).toHaveLength(4 - lost)
    expect(installation.jobs.pending()).toEqual([])
  })

  it('that throw leave a line in the log and nothing in the metrics', async () => {
    const throwing = `export const jobs = { send: () => { throw new Error('too bad') } }
      export const onEvent = (_, { jobs }) => jobs.send({}).runNow()`
    const { installation, messages } = install('2024-02', throwing)
    const worker = installation.startWorker()
    await worker.deliver(event())
    await installation.runDueJobs(worker)
    expect([messages(), installation.failures, installation.metrics('send')]).toEqual([
      ['Error: too bad'],
      [],
      { successes: 0, failures: 0 },
    ])
    expect([installation.jobErrors, installation.jobs.pending()]).toEqual([
      [{ by: 'send', name: 'Error', message: 'too bad' }],
      [],
    ])
  })
})

describe('the counts', () => {
  const source = `
    const wrapped = async (cache) => cache.get('a')
    export const onEvent = async ({ properties }, { cache }) => {
      if (properties.number === 0) return
      await wrapped(cache)
      await Promise.all([cache.get('a'), cache.incr('b')])
      await cache.get('c').then(() => undefined)
    }`

  it.each([
    ['vm2', false],
    ['a plain context', true],
  ])('hold each await, each then and each command of the cache, in %s', async (_, trusted) => {
    const { installation } = install('2024-02', source, { trusted })
    const worker = installation.startWorker()
    await worker.deliver(event(0))
    expect(installation.counts).toEqual({ awaits: 0, cacheCommands: 0 })
    await worker.deliver(event(1))
    expect(installation.counts).toEqual({ awaits: 4, cacheCommands: 4 })
  })
})

describe('a hand-over', () => {
  it('is told once an event, just before onEvent, whatever is retried', async () => {
    const handed: string[] = []
    const source = `import { RetryError } from '@posthog/plugin-scaffold'
      export const setupPlugin = () => console.log('set up')
      export const onEvent = () => { throw new RetryError('again') }`
    const { installation, clock, messages } = install('1.40', source, {
      onHandOver: ({ uuid }) => handed.push(`${uuid.slice(-1)} ${messages().join()}`),
    })
    void installation.startWorker().deliver(event(7))
    await clock.run()
    expect([handed, installation.metrics('onEvent').failures]).toEqual([['7 set up'], 1])
  })
})
