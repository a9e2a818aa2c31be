import type { Installation } from '../../../tools/simulators/posthog/plugin-server'
import { open, install, event, logsOf, virtual } from './setup'

describe('jobs', () => {
  const source = `
    export const jobs = { send: async (payload, { global }) => console.log('sent', payload, global.here) }
    export const onEvent = async (_, { jobs, global }) => {
      global.here = 'first worker'
      await jobs.send({ a: 1 }).runIn(1, 'minute')
      await jobs.nobody({}).runNow()
    }`
  const messages = (installation: Installation) => installation.logs.map(({ message }) => message)

  it('outlive the worker that enqueued them', async () => {
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

  it('can fail to be enqueued', async () => {
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
