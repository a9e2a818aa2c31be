import type { Config } from '../../../src/settings/field'
import { eventWith, requestFrom } from '../setup'
import { install, captured } from './setup'

describe('$unset', () => {
  const both: Config = { trackedEvents: '*', contactEvents: '*' }
  const identity = { email: 'ada@example.com', userId: 'user_1' }
  it.each<[string, Record<string, unknown>, Config, object]>([
    [
      'a mapping',
      { $unset: ['plan'] },
      { contactProperties: 'tier: {person.properties.plan}, a: x' },
      { tier: null, a: 'x' },
    ],
    [
      'a mapping with text around',
      { $unset: ['plan'] },
      { contactProperties: 'tier: on {person.properties.plan}' },
      { tier: 'on ' },
    ],
    ['a mapping of something else', { $unset: ['plan'] }, { contactProperties: 'tier: {person.properties.tier}' }, {}],
    ['a mapping of the event', { $unset: ['plan'] }, { contactProperties: 'tier: {event.properties.plan}' }, {}],
    ['include all', { $unset: ['plan'] }, { includeAllPersonProperties: 'Yes', contactProperties: '' }, { plan: null }],
    [
      'names that include all leaves out',
      { $unset: ['$browser', 'email', 'userId', 'subscribed', 'id', 'mailingLists', '__proto__', 7] },
      { includeAllPersonProperties: 'Yes', contactProperties: '' },
      {},
    ],
    ['neither', { $unset: ['plan'] }, { contactProperties: '' }, {}],
    [
      'an object',
      { $unset: { plan: '' } },
      { includeAllPersonProperties: 'Yes', contactProperties: '' },
      { plan: null },
    ],
    ['text', { $unset: 'plan' }, { includeAllPersonProperties: 'Yes', contactProperties: '' }, {}],
    [
      'a property that something else still feeds',
      { $unset: ['tier'], $set: { email: 'ada@example.com', plan: 'pro' } },
      { includeAllPersonProperties: 'Yes', contactProperties: 'plan: {person.properties.tier}' },
      { plan: 'pro', tier: null },
    ],
  ])('of %s', (_, properties, changes, expected) => {
    const event = eventWith({ mail: 'ada@example.com', ...properties })
    const mail = { email: '{event.properties.mail}', eventProperties: 'plan: {person.properties.tier}' }
    expect(requestFrom(event, { ...both, ...mail, ...changes }).body).toEqual({
      ...expected,
      eventName: 'purchase',
      eventProperties: {},
      ...identity,
    })
  })

  it('resets the property in Loops and leaves everything else', async () => {
    const { clock, api, worker } = install({
      posthogUrl: '',
      contactProperties: 'plan: {person.properties.plan}, firstName: {person.properties.firstname}',
    })
    void worker.deliver(captured('$set', { $set: { email: 'ada@example.com', plan: 'pro', firstname: 'Ada' } }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'pro', firstName: 'Ada' }])
    const before = api.contacts()[0]
    void worker.deliver(captured('$set', { $unset: ['plan'], $set: { email: 'ada@example.com' } }))
    await clock.run()
    expect(api.contacts()).toEqual([{ ...before, plan: null }])
  })
})
