import { HOUR, MINUTE, event, failed, purchase, set, simulate, start } from './setup'

describe('the settings of the moment', () => {
  it('an email that they exclude by now does not come back from the log', async () => {
    const { clock, api, faults, deliver, configure, sent } = simulate()
    faults.push(failed)
    deliver(set({ plan: 'pro' }))
    await clock.run(start + 200)
    deliver(event('$set', { $set: { email: 'ada@partner.example', plan: 'team' } }))
    await clock.run(start + 800)
    const before = sent().length
    configure({ excludedEmails: 'partner.example' })
    await clock.run()
    expect(JSON.stringify(sent().slice(before))).not.toContain('partner.example')
    expect(api.requests().at(-1)?.status).toBe(200)
  })

  it.each([10 * MINUTE, HOUR])('a dry run of %d ms keeps what waits, and sends it afterwards', async (duration) => {
    const { clock, api, faults, deliver, configure, sent } = simulate()
    faults.push(failed)
    deliver(purchase({ plan: 'pro' }))
    await clock.run(start + 500)
    const before = sent().length
    configure({ dryRun: 'Yes' })
    await clock.run(start + duration)
    expect(sent()).toHaveLength(before)
    configure({ dryRun: 'No' })
    await clock.run()
    expect(api.events()).toHaveLength(1)
    expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
  })
})

describe('a name of a person property', () => {
  it('subscribes no contact, not even by a job', async () => {
    const { clock, api, faults, deliver } = simulate('2024-02', { includeAllPersonProperties: 'Yes' })
    faults.push(failed)
    deliver(set({ 'mailingLists/l1': true, plan: 'pro' }))
    await clock.run()
    expect(api.contacts().map(({ plan, mailingLists }) => [plan, mailingLists])).toEqual([['pro', {}]])
  })
})
