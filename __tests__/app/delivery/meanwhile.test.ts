import { MINUTE, byEmail, event, failed, purchase, set, simulate, start } from './setup'
import type { Simulation, Surroundings } from './setup'

/** An update of Ada's contact that names her by both identifiers or by one. */
const updates = {
  'both identifiers': (plan: string) => set({ plan }),
  'the user ID': (plan: string) => event('$set', { $set: { plan } }),
  'the email': byEmail,
}
const ways = Object.entries(updates)

describe('what is received while a request is on its way', () => {
  it.each(
    ['directly', 'by a job'].flatMap((delivered) =>
      ways.flatMap(([by, one]) =>
        ways
          // A known limit: these see each other only through an event that holds both identifiers.
          .filter(([byOther]) => by === byOther || [by, byOther].includes('both identifiers'))
          .map(([byOther, other]) => ({ delivered, by, one, byOther, other })),
      ),
    ),
  )('wins: an update with $by is sent $delivered, and one with $byOther is received meanwhile', async (row) => {
    const { clock, api, faults, deliver } = simulate()
    deliver(set({ plan: 'first' }))
    await clock.run(start + MINUTE)
    if (row.delivered === 'by a job') faults.push(failed)
    faults.push({ kind: 'delay', milliseconds: 5000 })
    deliver(row.one('old'))
    await clock.run(start + MINUTE + (row.delivered === 'by a job' ? 4000 : 500))
    deliver(row.other('new'))
    await clock.run()
    expect(api.requests().map(({ body }) => (body as { plan?: string } | undefined)?.plan)).toContain('old')
    expect(api.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1', plan: 'new' }])
  })

  it.each([
    ['a', undefined],
    ['b', 'b'],
  ])('wins although Loops answers 409 to it: the plan ends as %s', async (plan, later) => {
    const { clock, api, faults, deliver } = await withContact()
    faults.push({ kind: 'delay', milliseconds: 1000 }, { kind: 'drop', applied: true })
    deliver(set({ plan: 'x', seats: 1 }))
    await clock.run(start + MINUTE + 100)
    deliver(purchase({ plan: 'a', seats: 2 }))
    await clock.run(start + MINUTE + 1150)
    if (later !== undefined) deliver(set({ plan: later }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan, seats: 2 }])
  })

  it('wins although another worker sent it while Loops took its time to answer 409', async () => {
    const { clock, api, app, faults, deliver } = await withContact()
    const other = app.startWorker(0)
    // The purchase arrives, and its answer does not: a job sends it again, with what was received since.
    faults.push({ kind: 'drop', applied: true })
    deliver(purchase({ plan: 'old' }))
    await clock.run(clock.now() + 500)
    deliver(set({ seats: 2 }))
    await clock.run(clock.now() + 150)
    faults.push({ kind: 'delay', milliseconds: 5000 })
    await clock.run(clock.now() + 3000)
    deliver(set({ plan: 'new' }), other)
    await clock.run()
    expect(api.requests().map(({ status }) => status)).toContain(409)
    expect(api.contacts()).toMatchObject([{ plan: 'new', seats: 2 }])
  })

  it('does not send an event twice whose later values Loops rejects', async () => {
    const { clock, api, app, faults, deliver } = await withContact()
    const other = app.startWorker(0)
    const byUserId = (name: string, properties: object) => event(name, { $set: properties })
    faults.push({ kind: 'drop', applied: true })
    deliver(byUserId('purchase', { plan: 'old' }))
    await clock.run(clock.now() + 500)
    deliver(byUserId('$set', { seats: 2 }))
    await clock.run(clock.now() + 150)
    faults.push({ kind: 'delay', milliseconds: 5000 })
    await clock.run(clock.now() + 3000)
    deliver(byUserId('$set', { seats: 'many' }), other)
    await clock.run()
    expect(api.requests().map(({ status }) => status)).toContain(409)
    expect(api.events()).toHaveLength(1)
  })

  it.each(['kills the worker', 'refuses the job'])('wins although PostHog %s of an earlier event', async (what) => {
    let isBroken = false
    const { clock, api, app, faults, deliver } = await withContact({
      beforeEffect: (worker, { kind }) => {
        if (!isBroken || kind !== 'jobs') return
        if (what === 'refuses the job') throw new Error('PostgreSQL is down')
        worker.kill()
      },
    })
    faults.push({ kind: 'delay', milliseconds: 1000 }, failed, { kind: 'delay', milliseconds: 500 })
    deliver(set({ plan: 'x', seats: 1 }))
    await clock.run(start + MINUTE + 100)
    deliver(set({ plan: 'a', seats: 2 }))
    await clock.run(start + MINUTE + 1220)
    isBroken = true
    deliver(set({ plan: 'b' }))
    await clock.run(start + MINUTE + 1900)
    isBroken = false
    app.startWorker()
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'b', seats: 2 }])
  })

  it('wins also after a wait in its lane, although another worker sent it before the request under way', async () => {
    const { clock, api, app, faults, deliver, sent } = await withContact()
    const withoutRunner = app.startWorker(0)
    await withoutRunner.prepare()
    const begin = clock.now()
    faults.push({ kind: 'delay', milliseconds: 8000 })
    deliver(set({ plan: 'a', seats: 1 }), withoutRunner)
    await clock.run(begin + 100)
    deliver(set({ plan: 'b' }), withoutRunner)
    await clock.run(begin + 200)
    deliver(set({ seats: 2 }), withoutRunner)
    await clock.run(begin + 7000)
    expect(api.contacts()).toMatchObject([{ plan: 'first', seats: 2 }])
    await clock.run()
    expect(sent().map(([, , body]) => body)).toMatchObject([
      { plan: 'first' },
      { seats: 2 },
      { plan: 'a', seats: 1 },
      { plan: 'b', seats: 2 },
    ])
    expect(api.contacts()).toMatchObject([{ plan: 'b', seats: 2 }])
  })
})

describe('the lane of a contact', () => {
  it('is that of its new email, too, for a request that an event since then has moved there', async () => {
    const { clock, api, faults, deliver } = await withContact()
    faults.push(failed)
    deliver(set({ plan: 'a' }))
    await clock.run(start + MINUTE + 500)
    deliver(event('$set', { $set: { email: 'new@example.com' } }))
    await clock.run(start + MINUTE + 980)
    faults.push({ kind: 'delay', milliseconds: 3000 })
    await clock.run(start + MINUTE + 1200)
    deliver(
      event(
        '$set',
        { $is_identified: false, $set: { email: 'new@example.com', plan: 'b' } },
        { distinct_id: 'visitor' },
      ),
    )
    await clock.run()
    expect(api.contacts()).toMatchObject([{ email: 'new@example.com', plan: 'b' }])
  })

  it('is kept by the request under way, although the open circuit breaker has postponed an event after it', async () => {
    const { clock, api, faults, deliver } = await withContact()
    const deliverOfSomebody = (number: number, milliseconds: number): void => {
      faults.push({ kind: 'delay', milliseconds })
      deliver(event('$set', { $set: { email: `p${number}@example.com`, plan: 'x' } }, { distinct_id: `p${number}` }))
    }
    const begin = clock.now()
    // Five time-outs from 10 to 11.6 s: the circuit breaker opens.
    for (let number = 0; number < 5; number++) {
      deliverOfSomebody(number, 60_000)
      await clock.run(begin + (number + 1) * 400)
    }
    await clock.run(begin + 8000)
    // An answer after 4.8 s: the circuit breaker closes.
    deliverOfSomebody(5, 4800)
    await clock.run(begin + 8500)
    faults.push({ kind: 'delay', milliseconds: 9000 })
    deliver(set({ plan: 'a' }))
    await clock.run(begin + 12_100)
    deliver(set({ seats: 1 }))
    await clock.run(begin + 14_100)
    deliver(set({ plan: 'b' }))
    await clock.run()
    const ada = api.contacts().find(({ email }) => email === 'ada@example.com')
    expect(ada).toMatchObject({ plan: 'b', seats: 1 })
  })
})

/** The contact is in Loops, and a minute has passed. */
async function withContact(surroundings: Surroundings = {}): Promise<Simulation> {
  const simulation = simulate('2024-02', {}, surroundings)
  simulation.deliver(set({ plan: 'first', seats: 0 }))
  await simulation.clock.run(start + MINUTE)
  return simulation
}
