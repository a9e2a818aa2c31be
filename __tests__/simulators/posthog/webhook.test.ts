import type { InstallationOptions } from '../../../tools/simulators/posthog/plugin-server'
import { answer, install, event, virtual } from './setup'

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
