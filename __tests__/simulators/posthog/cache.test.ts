import { createCache } from '../../../tools/simulators/posthog/cache'
import { install, event, logsOf, virtual } from './setup'

describe('the measured cache', () => {
  /** What `MEMORY USAGE` of Redis 7.0.15 says of keys with PostHog's prefix `@plugin/60/1/`. */
  it.each([
    ['k2-1', 'x', 88],
    ['k2-45', 'x'.repeat(45), 136],
    ['k2-300', 'x'.repeat(300), 392],
    ['k2-5000', 'x'.repeat(5000), 5192],
    ['list-1-80', Array(1).fill('y'.repeat(80)), 248],
    ['list-20-10', Array(20).fill('y'.repeat(10)), 408],
    ['list-50-80', Array(50).fill('y'.repeat(80)), 5272],
    ['list-300-600', Array(300).fill('y'.repeat(600)), 190_128],
  ])('knows within a tenth what Redis needs for %s', async (key, value: string | string[], bytes) => {
    const cache = createCache(virtual().clock)
    // The cache writes JSON, whose quotation marks are two bytes of the text.
    await (typeof value === 'string' ? cache.set(key, value.slice(2)) : cache.lpush(key, value))
    expect(Math.abs(cache.usage().bytes / bytes - 1)).toBeLessThan(0.1)
  })

  it('tells which keys never expire, and how much was read', async () => {
    const { clock } = virtual()
    const cache = createCache(clock)
    await cache.set('text', 'abc', 60)
    await cache.lpush('list', ['de', 'f'])
    await cache.incr('count')
    await cache.expire('count', 120)
    expect(cache.usage()).toMatchObject({ keys: 3, keysWithoutLife: ['list'], bytesRead: 0 })
    await cache.get('text')
    await cache.lrange('list', 0, 0)
    await cache.llen('list')
    expect(cache.usage().bytesRead).toBe('"abc"'.length + 'f'.length)
    await clock.run(clock.now() + 60_000)
    expect(cache.usage()).toMatchObject({ keys: 2, keysWithoutLife: ['list'] })
    await cache.expire('list', 1)
    await clock.run(clock.now() + 60_000)
    expect(cache.usage()).toMatchObject({ keys: 0, bytes: 0 })
  })
})

describe('cache and storage', () => {
  it('keep values, lists and times to live for all workers', async () => {
    const { clock } = virtual()
    const installation = install(
      '2024-02',
      `export const onEvent = async (_, { cache, storage }) => {
         const had = await cache.get('seen', 'never')
         await cache.set('seen', { by: 1 }, 60)
         await cache.incr('count')
         await cache.expire('count', 90)
         await cache.lpush('list', ['a', 'b'])
         await cache.lrem('list', 1, 'b')
         const kept = await storage.get('kept', 0)
         await storage.set('kept', kept + 1)
         console.log(had, await cache.get('count'), await cache.lrange('list', 0, -1), await cache.llen('list'), kept)
       }`,
      { clock },
    )
    await installation.startWorker().deliver(event())
    await clock.run(clock.now() + 59_000)
    await installation.startWorker().deliver(event())
    await clock.run(clock.now() + 61_000)
    await installation.startWorker().deliver(event())
    expect(await installation.cache.lpop('list', 2)).toEqual(['a', 'a'])
    await clock.run(clock.now() + 91_000)
    await installation.startWorker().deliver(event())
    expect(installation.logs.map(({ message }) => message)).toEqual([
      'never 1 ["a"] 1 0',
      '{"by":1} 2 ["a","a"] 2 1',
      'never 3 ["a","a","a"] 3 2',
      'never 1 ["a","a"] 2 3',
    ])
  })

  it('can fail, and can be replaced', async () => {
    const source = `export const onEvent = async (_, { cache }) => {
      try { console.log(await cache.get('a')) } catch (error) { console.log(error.message) }
    }`
    expect(await logsOf('2024-02', source, { cache: { get: () => Promise.resolve('replaced') } })).toEqual(['replaced'])
    const beforeEffect = () => {
      throw new Error('Redis is down')
    }
    expect(await logsOf('2024-02', source, { beforeEffect })).toEqual(['Redis is down'])
  })
})
