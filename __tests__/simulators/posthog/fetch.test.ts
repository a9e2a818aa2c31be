import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fetchOf, routeTo } from '../../../tools/simulators/posthog/fetch'
import type { Fetch, FetchInit } from '../../../tools/simulators/posthog/fetch'
import { serverVersion } from '../../../tools/simulators/posthog/versions'
import { answer, install, event } from './setup'

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
