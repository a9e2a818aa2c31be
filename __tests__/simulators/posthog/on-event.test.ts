import { names, answer, install, event, virtual } from './setup'

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
