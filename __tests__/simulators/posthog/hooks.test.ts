import { names, install, event, logsOf } from './setup'

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
