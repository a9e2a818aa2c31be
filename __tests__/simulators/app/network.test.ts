import { VirtualClock } from '../../../tools/lib/clock'
import { networkTo } from '../../../tools/simulators/app/network'
import { LoopsApi } from '../../../tools/simulators/loops/loops-api'
import type { Fault } from '../../../tools/simulators/loops/faults'
import { serverVersion } from '../../../tools/simulators/posthog/versions'

jest.setTimeout(30_000)

describe('the way to Loops', () => {
  const ask = async (server: string, timeout: number | undefined, fault: Fault) => {
    const clock = new VirtualClock()
    const start = clock.now()
    const api = new LoopsApi({ apiKey: 'key', clock })
    api.setFault(() => fault)
    const fetch = networkTo(api, clock, serverVersion(server), 100)
    const answer = fetch('https://app.loops.so/api/v1/api-key', {
      headers: { Authorization: 'Bearer key' },
      ...(timeout !== undefined && { timeout }),
    }).then(
      async (response) => [response.status, await response.json()],
      (error: unknown) => String(error),
    )
    const told = answer.then((text) => [text, clock.now() - start])
    await clock.run()
    return [...(await told), api.requests().map(({ handledStatus }) => handledStatus)]
  }
  const hang: Fault = { kind: 'delay', milliseconds: 30_000 }
  const address = 'https://app.loops.so/api/v1/api-key'

  it('is cut off by the time-out of node-fetch, and Loops acts all the same', async () => {
    expect(await ask('2024-02', 10_000, hang)).toEqual([`FetchError: network timeout at: ${address}`, 10_000, [200]])
  })

  it.each([
    ['2025-09', 10_000],
    ['2024-02', undefined],
  ])('takes as long as it takes on %s with the time-out %s', async (server, timeout) => {
    const [answer, milliseconds] = await ask(server, timeout, hang)
    expect([answer, milliseconds]).toEqual([[200, { success: true, teamName: 'Company name' }], 30_100])
  })

  it.each([
    ['2024-02', `FetchError: request to ${address} failed, reason: socket hang up`],
    ['2025-09', 'TypeError: fetch failed'],
  ])('tells a dropped connection as the library of %s does', async (server, message) => {
    expect(await ask(server, 10_000, { kind: 'drop', applied: true })).toEqual([message, 100, [200]])
  })
})
