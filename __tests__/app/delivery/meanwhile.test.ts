import { MINUTE, byEmail, event, failed, purchase, set, simulate, start } from './setup'
import type { Simulation } from './setup'

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
})

/** The contact is in Loops, and a minute has passed. */
async function withContact(options: Parameters<typeof simulate>[2] = {}): Promise<Simulation> {
  const simulation = simulate('2024-02', {}, options)
  simulation.deliver(set({ plan: 'first', seats: 0 }))
  await simulation.clock.run(start + MINUTE)
  return simulation
}
