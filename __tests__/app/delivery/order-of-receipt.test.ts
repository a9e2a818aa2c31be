import { HOUR, MINUTE, event, failed, set, simulate, simulateMany, start } from './setup'

describe('a clock that is put right', () => {
  it.each([
    ['ten minutes ahead', 10 * MINUTE],
    ['an hour behind', -HOUR],
    ['two minutes ahead', 2 * MINUTE],
  ])('(it was %s) writes no old value over a new one', async (_, wrong) => {
    const { clock, api, app, faults, deliver } = simulate('2024-02', {
      contactProperties: 'plan: {person.properties.plan}, subscribed: {person.properties.subscribed}',
    })
    let ahead = wrong
    const worker = app.startWorker(1, () => ahead)
    faults.push(failed)
    deliver(set({ plan: 'old', subscribed: true }), worker)
    await clock.run(start + 900)
    ahead = 0
    worker.kill()
    deliver(set({ plan: 'new', subscribed: false }), app.startWorker())
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new', subscribed: false }])
  })
})

describe('no request overtakes another', () => {
  it.each(['1.30', '2024-02', '2024-11', '2025-09'])(
    'on %s, however long Loops takes for the first',
    async (version) => {
      const { clock, api, faults, deliver } = simulateMany({}, {}, version)
      faults.push({ kind: 'delay', milliseconds: 5000 })
      deliver(set({ plan: 'old', seats: 1 }))
      await clock.run(start + 1000)
      deliver(set({ plan: 'new' }))
      await clock.run()
      expect(api.contacts()).toMatchObject([{ plan: 'new', seats: 1 }])
    },
  )

  it.each([
    ['inside vm2', false],
    ['outside vm2', true],
  ])('in a burst by three workers %s, the email and the plan received last win', async (_, trusted) => {
    const { clock, api, app, deliver } = simulate('2024-02', {}, { trusted })
    const workers = [app.startWorker(), app.startWorker(), app.startWorker()]
    for (const worker of workers) void worker.prepare()
    await clock.run(start + MINUTE)
    for (let number = 0; number < 20; number++) {
      const bought = event('purchase', { $set: { email: `ada${number}@example.com`, plan: `plan ${number}` } })
      deliver(bought, workers[number % 3])
      await clock.run(clock.now() + 2)
    }
    await clock.run()
    expect(api.events()).toHaveLength(20)
    expect(api.contacts().filter(({ userId }) => userId === 'user_1')).toMatchObject([
      { email: 'ada19@example.com', plan: 'plan 19' },
    ])
  })
})
