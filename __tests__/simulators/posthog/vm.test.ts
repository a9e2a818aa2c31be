import { open, names, answer, install, event, logsOf, virtual } from './setup'

describe('the VM', () => {
  it.each(names)('%s has the globals of the server and no others', async (server) => {
    const present = [
      'URL',
      'Buffer',
      'fetch',
      'console',
      'posthog',
      'RetryError',
      'Intl',
      'global',
      'module',
      'exports',
    ]
    const absent = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'TextEncoder'].concat([
      'structuredClone',
      'crypto',
      'URLSearchParams',
      'AbortController',
      'Headers',
      'performance',
      'require',
    ])
    const source = `export const onEvent = async () => console.log(JSON.stringify([
      ${[...present, ...absent].map((name) => `['${name}', typeof (${name}) !== 'undefined']`).join(', ')}
    ]))`
    // `require` is only looked at when it is not a call: that is a compile-time matter.
    const [message = '[]'] = await logsOf(server, source.replace('typeof (require)', 'typeof require'))
    expect(JSON.parse(message)).toEqual([
      ...present.map((name) => [name, true]),
      ...absent.map((name) => [name, false]),
    ])
  })

  it.each([
    ['1.30', 'undefined undefined undefined undefined'],
    ['1.40', 'function function function undefined'],
    ['2024-02', 'function function function undefined'],
  ])('%s has the library of its Node.js', async (server, kinds) => {
    const logs = await logsOf(
      server,
      `export const onEvent = () =>
         console.log(typeof ''.replaceAll, typeof [].at, typeof Object.hasOwn, typeof [].toSorted)`,
    )
    expect(logs).toEqual([kinds])
  })

  it.each([
    ['#private', 'class A { #x = 1 }'],
    ['override', 'class A { f() {} } class B extends A { override f() {} }'],
    ['const enum', 'const enum E { A }'],
    ['const type parameters', 'function f<const T>(a: T) {}'],
    ['export type *', `export type * from './nowhere'`],
    ['satisfies', 'const a = 1 satisfies number'],
    ['inline type imports', `import { type Meta } from '@posthog/plugin-scaffold'`],
  ])('%s fail on Babel 7.13.7 and not on 7.21.4', async (_, code) => {
    const source = `${code}; export const onEvent = () => console.log('loaded')`
    expect(await logsOf('2024-02', source)).toEqual(['loaded'])
    expect(await logsOf('1.40', source)).not.toContain('loaded')
  })

  it.each(['await 0', 'class A { declare x: number }', 'export = 1'])('%s fails everywhere', async (code) => {
    const source = `export const onEvent = () => console.log('loaded'); ${code}`
    for (const server of names) expect([server, ...(await logsOf(server, source))]).not.toContain('loaded')
  })

  it.each([
    ['1.30', 'cache,config,attachments,storage,jobs,geoip,metrics,utils,global', 'lpush,lrange'],
    ['1.40', 'cache,config,attachments,storage,jobs,geoip,utils,global', 'lpush,lrange,llen,lpop,lrem'],
    ['2024-02', 'cache,config,attachments,storage,jobs,geoip,utils,global', 'lpush,lrange,llen,lpop,lrem'],
    ['2024-11', 'cache,config,attachments,storage,geoip,utils,global', 'lpush,lrange,llen,lpop,lrem'],
    ['2025-06', 'cache,config,attachments,storage,utils,global', 'lpush,lrange,llen,lpop,lrem'],
  ])('%s has meta %s', async (server, meta, lists) => {
    const source = `export const onEvent = (_, meta) => {
      console.log(Object.keys(meta).sort().join(), Object.keys(meta.cache).filter((name) => name[0] === 'l').join())
    }`
    expect(await logsOf(server, source)).toEqual([`${meta.split(',').sort().join()} ${lists}`])
  })

  it('reads the time and chance that it is given', async () => {
    const { clock } = virtual()
    const logs = await logsOf(
      '2024-02',
      `export const onEvent = () => {
         console.log(Date.now(), new Date().getTime(), new Date(7).getTime(), new Date() instanceof Date,
           Date.UTC(1970, 0, 2), typeof Date(), Math.random(), new Date().constructor === Date)
       }`,
      { clock, random: () => 0.25 },
    )
    expect(logs).toEqual([`${clock.now()} ${clock.now()} 7 true 86400000 string 0.25 true`])
  })

  it('logs objects as JSON and leaves out debug entries since 2023', async () => {
    const source = `export const onEvent = () => { console.debug('d'); console.warn('a', { b: 1 }, [2], null) }`
    expect(await logsOf('1.40', source)).toEqual(['d', 'a {"b":1} [2] null'])
    expect(await logsOf('2023-11', source)).toEqual(['a {"b":1} [2] null'])
  })

  it.each([
    ['2024-11', 'fetch', 'object'],
    ['2025-06', 'fetch', 'function'],
    ['2025-09', 'fetch', 'object'],
    ['2025-06', 'imported', 'object'],
  ])('%s: what awaiting %s gives is an %s', async (server, name, kind) => {
    const logs = await logsOf(
      server,
      `import imported from 'node-fetch'
       export const onEvent = async () => console.log(typeof (await ${name}('https://app.loops.so/')), typeof imported)`,
    )
    expect(logs).toEqual([`${kind} function`])
  })

  it.each([
    ['1.40', '/api/projects/@current/'],
    ['2024-02', '/api/projects/7/'],
  ])('%s asks the PostHog API for %s', async (server, path) => {
    const urls: string[] = []
    await logsOf(
      server,
      `export const onEvent = async () => {
         const response = await posthog.api.get('/api/projects/@current/', { host: 'http://ph.test/', data: { a: 1 } })
         await posthog.capture('asked', { status: response.status })
       }`,
      {
        teamId: 7,
        posthogApi: ({ url, headers }) => {
          urls.push(`${headers['Authorization']?.split(' ')[0]} ${url}`)
          return Promise.resolve(answer())
        },
      },
    )
    expect(urls).toEqual([`Bearer http://ph.test${path}?a=1&token=phc_simulator`])
    expect(open.at(-1)?.captured).toEqual([{ event: 'asked', properties: { status: 200 } }])
  })
})

describe('a trusted app', () => {
  it('finds in a plain context what it finds in the VM', async () => {
    const { clock } = virtual()
    const source = `
      import crypto from 'crypto'
      import { RetryError } from '@posthog/plugin-scaffold'
      export const setupPlugin = ({ global }) => { global.count = 1 }
      export const onEvent = async ({ uuid, $set }, { cache, config, global }) => {
        await cache.lpush('list', ['a', 'b'])
        const list = (await cache.lrange('list', 0, -1)).map((text) => text + global.count)
        const response = await fetch('https://app.loops.so/')
        console.log(typeof setTimeout, typeof process, typeof require, Buffer.from('a').toString('hex'), list)
        console.log(response.status, await response.json(), $set, Array.isArray(list), crypto.createHash('md5') != null)
        console.log(Date.now(), Math.random(), new RetryError('x') instanceof Error)
        throw new TypeError('with ' + config.a)
      }
      export const composeWebhook = ({ timestamp }) => {
        console.log(timestamp instanceof Date, timestamp.toISOString())
        return null
      }`
    const outcomes = []
    for (const trusted of [false, true]) {
      const options = { clock, random: () => 0.5, config: { a: 'b' }, trusted }
      const installation = install('2023-11', source, options)
      const { errors } = await installation.startWorker().deliver(event())
      outcomes.push({ errors, logs: installation.logs.map(({ message }) => message).sort() })
    }
    expect(outcomes[1]).toEqual(outcomes[0])
    expect(outcomes[0]?.errors).toEqual([{ by: 'onEvent', name: 'TypeError', message: 'with b' }])
    expect(outcomes[0]?.logs).toHaveLength(5)
  })

  it('has its RetryErrors known as such', async () => {
    const { clock } = virtual()
    const installation = install('1.40', `export const onEvent = async () => { throw new RetryError('again') }`, {
      clock,
      trusted: true,
    })
    const delivering = installation.startWorker().deliver(event())
    await clock.run()
    expect((await delivering).errors).toHaveLength(5)
    expect((await delivering).errors[0]).toEqual({ by: 'onEvent', name: 'RetryError', message: 'again' })
  })
})
