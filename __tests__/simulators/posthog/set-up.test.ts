import { install, event, logsOf, virtual } from './setup'

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
