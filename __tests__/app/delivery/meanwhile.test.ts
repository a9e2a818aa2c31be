import { MINUTE, byEmail, event, failed, set, simulate, start } from './setup'

/** An update of Ada's contact that names her by both identifiers or by one. */
const updates = {
  'both identifiers': (plan: string) => set({ plan }),
  'the user ID': (plan: string) => event('$set', { $set: { plan } }),
  'the address': byEmail,
}
const ways = Object.entries(updates)

describe('what is received while a request is on its way', () => {
  it.each(
    ['directly', 'by a job'].flatMap((delivered) =>
      ways.flatMap(([by, one]) => ways.map(([byOther, other]) => ({ delivered, by, one, byOther, other }))),
    ),
  )('wins: an update with $by is sent $delivered, and one with $byOther overtakes it', async (row) => {
    const { clock, api, faults, deliver } = simulate()
    deliver(set({ plan: 'first' }))
    await clock.run(start + MINUTE)
    if (row.delivered === 'by a job') faults.push(failed)
    faults.push({ kind: 'delay', milliseconds: 5000 })
    deliver(row.one('old'))
    await clock.run(start + MINUTE + (row.delivered === 'by a job' ? 4000 : 500))
    deliver(row.other('new'))
    await clock.run(start + MINUTE + 4500)
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
    await clock.run()
    expect(api.requests().map(({ body }) => (body as { plan?: string } | undefined)?.plan)).toContain('old')
    expect(api.contacts()).toMatchObject([{ email: 'ada@example.com', userId: 'user_1', plan: 'new' }])
  })

  it('wins over a repair that Loops acts on late, too', async () => {
    const { clock, api, faults, deliver, sent } = simulate()
    faults.push({ kind: 'delay', milliseconds: 300 }, undefined, { kind: 'delay', milliseconds: 30_000 })
    deliver(set({ plan: 'old' }))
    await clock.run(start + 100)
    deliver(set({ plan: 'new' }))
    await clock.run(start + 11_500)
    deliver(set({ plan: 'newest' }))
    await clock.run()
    const plans = sent().map(([, , body]) => (body as { plan: string }).plan)
    expect(plans).toEqual(['new', 'old', 'newest', 'new', 'newest'])
    expect(api.contacts()).toMatchObject([{ plan: 'newest' }])
  })
})
