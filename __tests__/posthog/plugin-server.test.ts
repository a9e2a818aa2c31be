import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep, systemClock, VirtualClock } from '../../sandbox/lib/clock'
import { ingest } from '../../sandbox/posthog/events'
import type { CapturedEvent } from '../../sandbox/posthog/shapes'
import { createInstallation } from '../../sandbox/posthog/plugin-server'
import type { Installation, InstallationOptions } from '../../sandbox/posthog/plugin-server'
import { fetchOf, routeTo } from '../../sandbox/posthog/fetch'
import type { Fetch, FetchInit, FetchResponse } from '../../sandbox/posthog/fetch'
import { serverVersion, serverVersions } from '../../sandbox/posthog/versions'

const folder = mkdtempSync(join(tmpdir(), 'plugin-server-'))
const open: Installation[] = []
const names = serverVersions.map(({ name }) => name)

afterEach(() => {
  for (const installation of open.splice(0)) installation.close()
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function answer(status = 200, statusText = 'OK'): FetchResponse {
  return {
    status,
    statusText,
    ok: status < 300,
    headers: { get: () => null },
    text: () => Promise.resolve('{}'),
    json: () => Promise.resolve({}),
  }
}

/** Installs an app whose file is `source`. */
function install(server: string, source: string, options: Partial<InstallationOptions> = {}): Installation {
  const directory = mkdtempSync(join(folder, 'app-'))
  writeFileSync(join(directory, 'plugin.json'), JSON.stringify({ name: 'Test app', main: 'app.ts' }))
  writeFileSync(join(directory, 'app.ts'), source)
  const installation = createInstallation({
    directory,
    server: serverVersion(server),
    config: {},
    fetch: () => Promise.resolve(answer()),
    ...options,
  })
  open.push(installation)
  return installation
}

function event(fields: Partial<CapturedEvent> = {}): CapturedEvent {
  return {
    uuid: '01890000-0000-7000-8000-000000000000',
    event: 'signed up',
    distinct_id: 'ada',
    team_id: 1,
    properties: { plan: 'pro', list: [{ a: 1 }], $ip: '1.2.3.4', $set: { email: 'ada@example.com' } },
    timestamp: '2024-05-01T10:00:00.000Z',
    ...fields,
  }
}

/** Runs an app's `onEvent` once and gives what it logged. */
async function logsOf(server: string, source: string, options: Partial<InstallationOptions> = {}): Promise<string[]> {
  const installation = install(server, source, options)
  await installation.startWorker().deliver(event())
  return installation.logs.map(({ message }) => message)
}

function virtual() {
  const clock = new VirtualClock()
  const start = clock.now()
  return { clock, seconds: () => (clock.now() - start) / 1000 }
}

describe('hooks', () => {
  it.each([
    ['1.30', ['onEvent']],
    ['1.40', ['onEvent']],
    ['2023-11', ['composeWebhook', 'onEvent']],
    ['2024-02', ['composeWebhook', 'onEvent']],
    ['2024-11', ['composeWebhook', 'onEvent']],
    ['2025-06', ['onEvent']],
    ['2025-09', ['onEvent']],
  ])('%s calls %j', async (server, hooks) => {
    const logs = await logsOf(
      server,
      `export function composeWebhook() { console.log('composeWebhook'); return null }
       export const onEvent = async () => { console.log('onEvent') }`,
    )
    expect(logs.sort()).toEqual(hooks)
  })

  it('covers every profile in the table above', () => {
    expect(names).toEqual(['1.30', '1.40', '2023-11', '2024-02', '2024-11', '2025-06', '2025-09'])
  })

  it('gives composeWebhook its six fields, with a Date of the VM', async () => {
    const installation = install(
      '2024-02',
      `export function composeWebhook(event) {
         console.log(Object.keys(event), event.timestamp instanceof Date, event.timestamp.toISOString(), event.uuid)
       }`,
    )
    await installation.startWorker().deliver(event())
    expect(installation.logs.map(({ message }) => message)).toEqual([
      '["uuid","event","team_id","distinct_id","properties","timestamp"] true 2024-05-01T10:00:00.000Z ' + event().uuid,
    ])
  })

  it('gives onEvent its ten fields, with the timestamp as text', async () => {
    const [text = ''] = await logsOf('2024-02', `export const onEvent = async (event) => { console.log(event) }`)
    expect(JSON.parse(text)).toEqual({
      distinct_id: 'ada',
      ip: '1.2.3.4',
      team_id: 1,
      event: 'signed up',
      properties: event().properties,
      timestamp: '2024-05-01T10:00:00.000Z',
      $set: { email: 'ada@example.com' },
      uuid: event().uuid,
      elements: [],
    })
  })

  it.each([
    ['exports', `export function onEvent() { console.log('found') }`],
    ['exports.default', `export default { onEvent() { console.log('found') } }`],
    ['module.exports', `module.exports = { onEvent() { console.log('found') } }`],
  ])('finds a hook in %s', async (_, source) => {
    expect(await logsOf('2024-02', source)).toEqual(['found'])
  })

  it('passes meta last and keeps meta.global for one worker', async () => {
    const installation = install(
      '2024-02',
      `export function onEvent(event, { global, config }) {
         global.count = (global.count ?? 0) + 1
         console.log(config.greeting, global.count)
       }`,
      { config: { greeting: 'hello' } },
    )
    const [first, second] = [installation.startWorker(), installation.startWorker()]
    await first.deliver(event())
    await first.deliver(event())
    await second.deliver(event())
    expect(installation.logs.map(({ message }) => message)).toEqual(['hello 1', 'hello 2', 'hello 1'])
  })

  it('does not let an app change the config', async () => {
    const source = `export function onEvent(_, { config }) { config.a = '2'; console.log(config.a) }`
    expect(await logsOf('2024-02', source, { config: { a: '1' } })).toEqual(['1'])
  })

  it.each([
    ['event.properties.plan = 1', 'event.properties.plan'],
    ['delete event.properties.plan', 'event.properties.plan'],
    ['event.properties.list[0].a = 2', 'event.properties.list[0].a'],
    ['event.properties.list.push(2)', 'event.properties.list.1'],
    ['event.$set.email = ""', 'event.properties.$set.email'],
  ])('throws at %s', async (change, place) => {
    const installation = install('2024-02', `export const onEvent = async (event) => { ${change} }`)
    const { errors } = await installation.startWorker().deliver(event())
    expect(errors).toEqual([expect.objectContaining({ by: 'onEvent', name: 'TypeError' })])
    expect(errors[0]?.message).toContain(`The app changed ${place}.`)
  })

  it('lets an app read everything in an event', async () => {
    const source = `export const onEvent = ({ properties }) => {
      const { plan, ...rest } = properties
      const list = [...properties.list.map(({ a }) => a), ...properties.list.filter(Boolean), ...properties.list]
      console.log(plan, { ...rest, list }, Array.isArray(properties.list), Object.entries(properties).length, 'plan' in properties)
    }`
    expect(await logsOf('2024-02', source)).toEqual([
      'pro {"list":[1,{"a":1},{"a":1}],"$ip":"1.2.3.4","$set":{"email":"ada@example.com"}} true 4 true',
    ])
  })

  it('hands both hooks one properties object, which can be left open to change', async () => {
    const installation = install(
      '2024-02',
      `export const composeWebhook = (event) => { event.properties.seen = 'yes' }
       export const onEvent = async (event) => { await 0; console.log(event.properties.seen) }`,
      { freeze: false },
    )
    const captured = event()
    const worker = installation.startWorker()
    await worker.deliver(captured)
    expect(captured.properties['seen']).toBe('yes')
    await worker.deliver(captured)
    expect(installation.logs.at(-1)?.message).toBe('yes')
  })
})

describe('imports', () => {
  const everywhere = [
    '@google-cloud/pubsub',
    '@google-cloud/storage',
    '@posthog/plugin-scaffold',
    'aws-sdk',
    'crypto',
    'generic-pool',
    'node-fetch',
    'stream',
    'url',
  ]
  const until2022 = ['@google-cloud/bigquery', '@posthog/plugin-contrib', 'faker', 'jsonwebtoken', 'pg', 'zlib']
  const importing = (name: string) =>
    `import * as it from '${name}'; export const onEvent = () => console.log(typeof it)`

  it.each(names)('%s provides the packages that all servers provide', async (server) => {
    const logs = await logsOf(
      server,
      `${everywhere.map((name, index) => `import * as it${index} from '${name}'`).join('\n')}
       export const onEvent = () => console.log([${everywhere.map((_, index) => `typeof it${index}`).join()}].join())`,
    )
    expect(logs).toEqual([everywhere.map((name) => (name === 'node-fetch' ? 'function' : 'object')).join()])
  })

  it.each(names)('%s provides the packages of 2021 only if it is that old', async (server) => {
    for (const name of until2022) {
      const [message = ''] = await logsOf(server, importing(name))
      expect([name, message.includes(`Cannot import '${name}'! This package is not provided by PostHog`)]).toEqual([
        name,
        !server.startsWith('1.'),
      ])
    }
  })

  it.each([
    `import x from './other'; export const onEvent = () => x`,
    `import x from 'lodash'; export const onEvent = () => x`,
    `const x = require('lodash'); export const onEvent = () => x`,
    `import x from './data.json'; export const onEvent = () => x`,
  ])('refuses to load %s', async (source) => {
    const installation = install('2024-02', source)
    await installation.startWorker().deliver(event())
    expect(installation.logs[0]?.message).toMatch(/Cannot import '.+'! This package is not provided by PostHog/)
    expect(installation.enabled).toBe(false)
  })

  it('erases imports of types, and takes named values', async () => {
    const logs = await logsOf(
      '1.30',
      `import type { Nothing } from './nowhere'
       import { Meta, RetryError as Again } from '@posthog/plugin-scaffold'
       import { createHash } from 'crypto'
       export const onEvent = async (event: Nothing, meta: Meta) => {
         console.log(Again === RetryError, createHash('sha1').update('a').digest('hex').slice(0, 8))
       }`,
    )
    expect(logs).toEqual(['true 86f7e437'])
  })
})

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
    // `require` is only looked at when it is no call: that is a compile-time matter.
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
    expect(urls).toEqual([`Bearer http://ph.test${path}?a=1&token=phc_sandbox`])
    expect(open.at(-1)?.captured).toEqual([{ event: 'asked', properties: { status: 200 } }])
  })
})

describe('set-up', () => {
  it('runs before the first event, once', async () => {
    const installation = install(
      '2024-02',
      `export const setupPlugin = async () => console.log('set up'); export const onEvent = () => console.log('event')`,
    )
    const worker = installation.startWorker()
    expect(installation.logs).toEqual([])
    await worker.deliver(event())
    await worker.deliver(event())
    expect(installation.logs.map(({ message }) => message)).toEqual(['set up', 'event', 'event'])
  })

  it('may run twice at once if the app has two hooks', async () => {
    const source = `export const setupPlugin = async () => console.log('set up')
      export const onEvent = () => {}
      export const composeWebhook = () => null`
    expect(await logsOf('2024-02', source)).toEqual(['set up', 'set up'])
    expect(await logsOf('1.40', source)).toEqual(['set up'])
  })

  it('turns the app off if it throws', async () => {
    const installation = install(
      '2024-02',
      `export const setupPlugin = async () => { throw new Error('no API key') }
       export const onEvent = () => console.log('event')`,
    )
    const worker = installation.startWorker()
    const { errors } = await worker.deliver(event())
    await worker.deliver(event())
    expect(errors).toEqual([{ by: 'setupPlugin', name: 'Error', message: 'no API key' }])
    expect(installation.enabled).toBe(false)
    expect(installation.logs.map(({ message }) => message)).toEqual([
      'Error: no API key',
      'The app could not be set up and is turned off.',
    ])
    expect(installation.metrics('onEvent')).toEqual({ successes: 0, failures: 0 })
  })

  it('is tried again after a RetryError while events arrive', async () => {
    const { clock, seconds } = virtual()
    const tried: number[] = []
    const installation = install(
      '2024-02',
      `let tries = 0
       export const setupPlugin = async (meta) => {
         await meta.storage.set('tried', 1)
         if (++tries < 3) throw new RetryError('not yet')
       }
       export const onEvent = () => console.log('event')`,
      { clock, beforeEffect: () => void tried.push(seconds()) },
    )
    await installation.startWorker().deliver(event())
    expect(installation.logs.at(-1)?.message).toBe('event')
    await clock.run()
    expect(tried).toEqual([0, 5, 15])
    expect(installation.enabled).toBe(true)
  })

  it('turns the app off after five tries', async () => {
    const { clock, seconds } = virtual()
    const installation = install(
      '2024-02',
      `export const setupPlugin = async () => { throw new RetryError('never') }; export const onEvent = () => {}`,
      { clock },
    )
    await installation.startWorker().deliver(event())
    await clock.run()
    expect(installation.metrics('setupPlugin').failures).toBe(5)
    expect([installation.enabled, seconds()]).toEqual([false, 75])
  })
})

describe('onEvent', () => {
  it.each(names)('%s retries a RetryError only if it is 1.38 to 1.43', async (server) => {
    const { clock, seconds } = virtual()
    const tried: number[] = []
    const installation = install(
      server,
      `export const onEvent = async (_, { storage }) => {
         await storage.get('try')
         throw new RetryError('busy')
       }`,
      { clock, beforeEffect: () => void tried.push(seconds()) },
    )
    const delivering = installation.startWorker().deliver(event())
    await clock.run()
    await delivering
    expect(tried).toEqual(server === '1.40' ? [0, 5, 15, 35, 75] : [0])
    expect(installation.metrics('onEvent')).toEqual({ successes: 0, failures: 1 })
    expect(installation.failures).toEqual([
      { failure: { by: 'onEvent', name: 'RetryError', message: 'busy' }, event: event() },
    ])
  })

  it('is retried for a RetryError from the scaffold and for its subclasses, not for an Error', async () => {
    for (const [thrown, tries] of [
      ['Again', 5],
      ['class extends RetryError {}', 5],
      ['Error', 1],
    ] as const) {
      const { clock } = virtual()
      const installation = install(
        '1.40',
        `import { RetryError as Again } from '@posthog/plugin-scaffold'
         export const onEvent = async () => { throw new (${thrown})('busy', Again) }`,
        { clock },
      )
      const delivering = installation.startWorker().deliver(event())
      await clock.run()
      expect((await delivering).errors).toHaveLength(tries)
    }
  })

  it.each([
    ['the call', `() => new Promise(() => {})`, 'TimeoutError: Script execution timed out after 30 s (onEvent)'],
    [
      'each await',
      `async () => { try { await new Promise(() => {}) } catch (error) { console.log(error.name, error.message) } }`,
      'TimeoutError Script execution timed out after 30 s (await)',
    ],
    [
      'each then',
      `() => { new Promise(() => {}).then(0, (error) => console.log(error instanceof RetryError, error.message)) }`,
      'true Script execution timed out after 30 s (Promise.then)',
    ],
  ])('is guarded for 30 s: %s', async (_, hook, message) => {
    const { clock, seconds } = virtual()
    const installation = install('2024-02', `export const onEvent = ${hook}`, { clock })
    const delivering = installation.startWorker().deliver(event())
    await clock.run()
    await delivering
    expect([seconds(), installation.logs.map((entry) => entry.message)]).toEqual([30, [message]])
  })

  it('is told of each request it made', async () => {
    const installation = install(
      '2024-02',
      `import fetch from 'node-fetch'
       export const setupPlugin = async () => { await fetch('https://app.loops.so/api/v1/api-key') }
       export const onEvent = async () => {
         const headers = { 'X-Y': 'z' }
         await fetch('https://app.loops.so/a', { method: 'PUT', headers, body: '{}' })
         try { await fetch('https://app.loops.so/fails') } catch (error) { console.log(error.name, error.code) }
       }`,
      {
        fetch: (url) =>
          url.endsWith('fails')
            ? Promise.reject(Object.assign(new Error('refused'), { name: 'FetchError', code: 'ECONNREFUSED' }))
            : Promise.resolve(answer(202)),
      },
    )
    const worker = installation.startWorker()
    const [first, second] = await Promise.all([worker.deliver(event()), worker.deliver(event())])
    const put = { by: 'onEvent', method: 'PUT', url: 'https://app.loops.so/a', headers: { 'X-Y': 'z' }, body: '{}' }
    const failed = { by: 'onEvent', method: 'GET', url: 'https://app.loops.so/fails', error: 'refused' }
    for (const { requests } of [first, second]) {
      expect(requests).toMatchObject([{ by: 'setupPlugin', status: 202 }, { ...put, status: 202 }, failed])
    }
    expect(installation.logs[0]?.message).toBe('FetchError ECONNREFUSED')
  })
})

describe('composeWebhook', () => {
  const webhook = `({ url: 'https://app.loops.so/a', body: JSON.stringify({ a: 1 }) })`

  async function sent(server: string, source: string, options: Partial<InstallationOptions> = {}) {
    const installation = install(server, source, options)
    const delivery = await installation.startWorker().deliver(event())
    return { installation, delivery, request: delivery.requests[0] }
  }

  it.each([
    ['2023-11', '"{\\"a\\":1}"'],
    ['2024-02', '{"a":1}'],
  ])('%s sends the body as %s', async (server, body) => {
    const { request, delivery, installation } = await sent(server, `export const composeWebhook = () => ${webhook}`)
    expect(request).toMatchObject({
      by: 'webhook',
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
      status: 200,
    })
    expect(delivery.webhook).toEqual({ url: 'https://app.loops.so/a', body: '{"a":1}' })
    expect(installation.metrics('webhook')).toEqual({ successes: 1, failures: 0 })
  })

  it('sends the headers that are given, even if there are none', async () => {
    const { request } = await sent('2024-02', `export const composeWebhook = () => ({ ...${webhook}, headers: {} })`)
    expect(request?.headers).toEqual({})
  })

  it('sends nothing for a falsy result, and logs nothing', async () => {
    const { delivery, installation } = await sent('2024-02', `export const composeWebhook = () => undefined`)
    expect([delivery, installation.logs]).toEqual([{ webhook: null, requests: [], errors: [], killed: false }, []])
  })

  it.each([
    ['2024-02', 'https://app.loops.so/a'],
    ['2024-11', 'undefined'],
  ])('%s takes the result of an async one for %s', async (server, url) => {
    const { delivery } = await sent(server, `export const composeWebhook = async () => ${webhook}`)
    expect(delivery.webhook?.url).toBe(url)
  })

  it('is counted, and not logged, if it throws', async () => {
    const { delivery, installation } = await sent('2024-02', `export const composeWebhook = () => { throw Error('x') }`)
    expect(delivery.errors).toEqual([{ by: 'composeWebhook', name: 'Error', message: 'x' }])
    expect([installation.metrics('composeWebhook').failures, installation.logs]).toEqual([1, []])
  })

  it('is sent once, and a failure is logged by its status text', async () => {
    const { delivery, installation } = await sent('2024-02', `export const composeWebhook = () => ${webhook}`, {
      fetch: () => Promise.resolve(answer(400, 'Bad Request')),
    })
    expect(delivery.requests).toHaveLength(1)
    expect(installation.logs.map(({ message }) => message)).toEqual([
      'Fetch to https://app.loops.so/a failed with Bad Request',
    ])
    expect(installation.metrics('webhook')).toEqual({ successes: 0, failures: 1 })
  })

  it('is given up after ten seconds', async () => {
    const { clock, seconds } = virtual()
    const delivering = sent('2024-02', `export const composeWebhook = () => ${webhook}`, {
      clock,
      fetch: () => new Promise(() => undefined),
    })
    await clock.run()
    expect((await delivering).delivery.errors).toEqual([
      { by: 'webhook', name: 'FetchError', message: 'network timeout at: https://app.loops.so/a' },
    ])
    expect(seconds()).toBe(10)
  })
})

describe('fetch', () => {
  /** Answers `/moved` with a redirect and everything else with what was asked. */
  async function withServer(ask: (address: string, asked: string[]) => Promise<void>): Promise<void> {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(`${String(request.method)} ${String(request.url)} ${String(request.headers['content-type'])}`)
      const moved = request.url?.startsWith('/moved') === true
      response.writeHead(moved ? 302 : 200, moved ? { location: '/here' } : {}).end('{"here":true}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }

  it.each(['2024-11', '2025-09'])('%s: a POST that is redirected becomes a GET and succeeds', async (server) => {
    await withServer(async (address, asked) => {
      const library = fetchOf(serverVersion(server))
      const installation = install(
        server,
        `import fetch from 'node-fetch'
         export const onEvent = async () => {
           const init = { method: 'POST', headers: {}, body: '{}' }
           const response = await fetch('https://app.loops.so/moved?a=1', init)
           console.log(response.status, response.ok, await response.json(), response.headers.get('x-none'))
         }`,
        { fetch: routeTo('https://app.loops.so', address, library) },
      )
      const { requests } = await installation.startWorker().deliver(event())
      expect(installation.logs.map(({ message }) => message)).toEqual(['200 true {"here":true} null'])
      expect(requests).toMatchObject([{ url: 'https://app.loops.so/moved?a=1', status: 200 }])
      expect(asked).toEqual(['POST /moved?a=1 text/plain;charset=UTF-8', expect.stringMatching(/^GET \/here/)])
    })
  })

  it('hands on the options that an app gives, and no others', async () => {
    const given: (FetchInit | undefined)[] = []
    const installation = install(
      '2024-02',
      `export const onEvent = () =>
         fetch('https://app.loops.so/', { method: 'PUT', body: '{}', redirect: 'manual', timeout: 5000, agent: 1 })`,
      {
        fetch: (_, init) => {
          given.push(init)
          return Promise.resolve(answer())
        },
      },
    )
    await installation.startWorker().deliver(event())
    expect(given).toEqual([{ method: 'PUT', headers: {}, body: '{}', redirect: 'manual', timeout: 5000 }])
  })

  it('can leave a redirect alone', async () => {
    await withServer(async (address, asked) => {
      const fetch = routeTo('https://app.loops.so', address)
      expect((await fetch('https://app.loops.so/moved', { redirect: 'manual' })).status).toBe(302)
      expect(asked).toHaveLength(1)
    })
  })

  it('reaches no other origin', async () => {
    const fetched: string[] = []
    const library: Fetch = (url: string, init?: FetchInit) => {
      fetched.push(`${init?.method ?? 'GET'} ${url}`)
      return Promise.resolve(answer())
    }
    const fetch = routeTo('https://app.loops.so', 'http://127.0.0.1:1', library)
    await expect(fetch('https://example.com/')).rejects.toThrow('no route to https://example.com')
    await fetch('https://app.loops.so/a?b=c', { method: 'PUT' })
    expect(fetched).toEqual(['PUT http://127.0.0.1:1/a?b=c'])
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

describe('jobs', () => {
  const source = `
    export const jobs = { send: async (payload, { global }) => console.log('sent', payload, global.here) }
    export const onEvent = async (_, { jobs, global }) => {
      global.here = 'first worker'
      await jobs.send({ a: 1 }).runIn(1, 'minute')
      await jobs.nobody({}).runNow()
    }`
  const messages = (installation: Installation) => installation.logs.map(({ message }) => message)

  it('outlive the worker that put them off', async () => {
    const { clock } = virtual()
    const installation = install('2024-02', source, { clock })
    const first = installation.startWorker()
    await first.deliver(event())
    first.kill()
    await installation.runDueJobs(first)
    expect(installation.jobs.pending().map(({ name, payload }) => [name, payload])).toEqual([
      ['nobody', '{}'],
      ['send', '{"a":1}'],
    ])
    const second = installation.startWorker()
    await installation.runDueJobs(second)
    expect(messages(installation)).toEqual(['Error: Task "nobody" not found'])
    await clock.run(clock.now() + 60_000)
    await installation.runDueJobs(second)
    expect(messages(installation).at(-1)).toBe('sent {"a":1} undefined')
    expect(installation.jobs.pending()).toEqual([])
  })

  it('run by themselves if asked for, twice or late if the queue says so', async () => {
    const { clock, seconds } = virtual()
    const installation = install('1.40', source, {
      clock,
      autoRunJobs: true,
      onJobDue: ({ name }) => (name === 'send' ? { times: 2, delayMilliseconds: 5000 } : undefined),
    })
    await installation.startWorker().deliver(event())
    await clock.run()
    expect(messages(installation).slice(1)).toEqual(['sent {"a":1} first worker', 'sent {"a":1} first worker'])
    expect(seconds()).toBe(65)
  })

  it('are skipped when the app is off', async () => {
    const { clock } = virtual()
    const installation = install(
      '1.40',
      `export const jobs = { send: async () => console.log('sent') }
       export const setupPlugin = async ({ storage }) => {
         if (await storage.get('seen')) throw new Error('off')
         await storage.set('seen', true)
       }
       export const onEvent = (_, { jobs }) => jobs.send({}).runNow()`,
      { clock },
    )
    const [first, second] = [installation.startWorker(), installation.startWorker()]
    await first.deliver(event())
    await second.deliver(event())
    expect([installation.enabled, installation.jobs.pending().length]).toEqual([false, 1])
    await installation.runDueJobs(first)
    expect(messages(installation)).not.toContain('sent')
    expect(installation.jobs.pending()).toEqual([])
  })

  it('are not lost when the worker dies in one', async () => {
    const { clock } = virtual()
    const installation = install(
      '2024-02',
      `export const jobs = { send: async (_, { storage }) => { await storage.get('a'); console.log('sent') } }
       export const onEvent = (_, { jobs }) => jobs.send({}).runNow()`,
      {
        clock,
        beforeEffect: (worker, { kind }) => {
          if (kind === 'storage' && worker === first) worker.kill()
        },
      },
    )
    const first = installation.startWorker()
    await first.deliver(event())
    await installation.runDueJobs(first)
    const second = installation.startWorker()
    await installation.runDueJobs(second)
    expect([messages(installation), installation.jobs.pending()]).toEqual([[], [expect.anything()]])
    await clock.run(clock.now() + 4 * 3600_000)
    await installation.runDueJobs(second)
    expect([messages(installation), installation.jobs.pending()]).toEqual([['sent'], []])
  })

  it('are gone with the worker that dies in one where the lock stays', async () => {
    const { clock } = virtual()
    const installation = install(
      '2024-02',
      `export const jobs = { send: ({ n }, { storage }) => storage.get('a') }
       export const onEvent = (_, { jobs }) => jobs.send({}).runNow()`,
      {
        clock,
        jobLocks: 'stay',
        beforeEffect: (worker, { kind }) => {
          if (kind === 'storage') worker.kill()
        },
      },
    )
    const worker = installation.startWorker()
    await worker.deliver(event())
    await installation.runDueJobs(worker)
    expect([worker.alive, installation.jobs.pending()]).toEqual([false, []])
  })

  it('run one at a time in each worker', async () => {
    const { clock, seconds } = virtual()
    const installation = install(
      '2024-02',
      `export const jobs = { send: async ({ n }, { global }) => {
         global.running = (global.running || 0) + 1
         await fetch('https://app.loops.so/')
         console.log('job ' + n + ' of ' + global.running)
         global.running -= 1
       } }
       export const onEvent = async (_, { jobs }) => {
         for (let n = 0; n < 6; n++) await jobs.send({ n }).runNow()
       }`,
      {
        clock,
        autoRunJobs: true,
        fetch: async () => {
          await sleep(clock, 1000)
          return answer()
        },
      },
    )
    const [first] = [installation.startWorker(), installation.startWorker()]
    await first.deliver(event())
    await clock.run()
    expect(messages(installation).sort()).toEqual([0, 1, 2, 3, 4, 5].map((n) => `job ${n} of 1`))
    expect([seconds(), first.unfinished.size]).toEqual([3, 0])
  })

  it('can fail to be put off', async () => {
    const installation = install('2024-02', source, {
      beforeEffect: (_, { kind, name }) => {
        if (kind === 'jobs') throw new Error(`PostgreSQL is down for ${name}`)
      },
    })
    const { errors } = await installation.startWorker().deliver(event())
    expect(errors).toEqual([{ by: 'onEvent', name: 'Error', message: 'PostgreSQL is down for send' }])
    expect(installation.jobs.pending()).toEqual([])
  })

  it('set the app up as soon as it is loaded', async () => {
    const withSetUp = `${source}\nexport const setupPlugin = () => { console.log('set up') }`
    expect((await logsOf('2024-02', withSetUp + '\nexport const composeWebhook = () => null'))[0]).toBe('set up')
    expect(open.at(-1)?.metrics('setupPlugin').successes).toBe(1)
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

describe('ingestion', () => {
  it('makes of a raw event what an app receives', () => {
    const captured = ingest(
      {
        event: '$pageview',
        properties: { distinct_id: 12, utm_source: 'x', $os: 'Linux', $set: { a: 1, b: 1 }, $set_once: { c: 1 } },
        $set: { b: 2 },
        $set_once: { d: 1 },
        timestamp: '2024-05-01T12:00:00+02:00',
      },
      { teamId: 3, newUuid: () => 'new' },
    )
    expect(captured).toEqual({
      uuid: 'new',
      event: '$pageview',
      distinct_id: '12',
      team_id: 3,
      properties: {
        distinct_id: 12,
        utm_source: 'x',
        $os: 'Linux',
        $set: { utm_source: 'x', $os: 'Linux', a: 1, b: 2 },
        $set_once: { $initial_utm_source: 'x', $initial_os: 'Linux', c: 1, d: 1 },
      },
      timestamp: '2024-05-01T10:00:00.000Z',
    })
  })

  it('leaves a server event alone but for what is missing', () => {
    const raw = { event: 'paid', distinct_id: 'ada', uuid: 'given', offset: 2000 }
    expect(ingest(raw, { now: Date.UTC(2024, 0, 1) })).toEqual({
      uuid: 'given',
      event: 'paid',
      distinct_id: 'ada',
      team_id: 1,
      properties: {},
      timestamp: '2023-12-31T23:59:58.000Z',
    })
    expect(() => ingest({ event: 'paid' })).toThrow("The event 'paid' has no distinct_id.")
  })
})
