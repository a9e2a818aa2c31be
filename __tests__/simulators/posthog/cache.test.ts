import { install, event, logsOf, virtual } from './setup'

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
