import { eventWith } from '../app/setup'
import { editions, loadEditions, requestOf } from './editions'
import type { CapturedEvent } from '../../src/posthog/event'
import type { Config } from '../../src/settings/field'

const email = 'ada@example.com'
const sent = { trackedEvents: 'purchase', contactEvents: '', mailingListsFromEvents: 'Yes' }
const updated = { trackedEvents: '', contactEvents: 'purchase', mailingListsFromEvents: 'Yes' }

beforeAll(loadEditions)

describe.each(editions)('the mailing lists of an event in the %s', (_, edition) => {
  it.each<[name: string, config: Config, properties: Record<string, unknown>, lists: unknown]>([
    ['are not taken by default', { mailingListsFromEvents: undefined }, { mailingLists: { l1: true } }, undefined],
    ['are not taken with "No"', { mailingListsFromEvents: 'No' }, { mailingLists: { l1: true } }, undefined],
    ['are taken from its properties', {}, { mailingLists: { l1: true, l2: false } }, { l1: true, l2: false }],
    ['are taken from $set', {}, { $set: { email, mailingLists: { l1: true } } }, { l1: true }],
    ['are not taken from $set_once', {}, { $set_once: { mailingLists: { l1: true } } }, undefined],
    [
      'are consent in any form, each for itself',
      {},
      { mailingLists: { a: true, b: false, c: 'True', d: 0, e: null, f: 'no', g: 'maybe' } },
      { a: true, b: false, c: true, d: false, f: false },
    ],
    [
      'have names that Loops can take',
      {},
      { mailingLists: { ' l1 ': true, '': true, ['n'.repeat(500)]: true } },
      { l1: true },
    ],
    [
      'among its properties win over those in $set',
      {},
      { mailingLists: { l1: false }, $set: { email, mailingLists: { l1: true, l2: true } } },
      { l1: false, l2: true },
    ],
    [
      'give way to those of the settings',
      { eventMailingLists: 'l1: true', contactMailingLists: 'l1: true' },
      { mailingLists: { l1: false, l2: false }, $set: { email, mailingLists: { l1: false } } },
      { l1: true, l2: false },
    ],
    ['are an object', {}, { mailingLists: ['l1'], $set: { email, mailingLists: 'l1' } }, undefined],
  ])('%s', (__, config, properties, lists) => {
    const event = eventWith({ $set: { email }, ...properties })
    for (const kind of [sent, updated]) {
      const { body } = requestOf(edition, event, { ...kind, contactProperties: '', ...config })
      expect(body.mailingLists).toEqual(lists)
    }
  })

  it('are taken from the $set at the top level of the event', () => {
    const event: CapturedEvent = eventWith({}, { $set: { email, mailingLists: { l1: true } } })
    expect(requestOf(edition, event, sent).body.mailingLists).toEqual({ l1: true })
  })

  it('are properties of neither the contact nor the event', () => {
    const all = { includeAllEventProperties: 'Yes', includeAllPersonProperties: 'Yes', eventProperties: '' }
    const event = eventWith({ mailingLists: { l1: true }, $set: { email, mailingLists: { l2: true } } })
    expect(
      requestOf(edition, event, { ...sent, ...all, contactEvents: 'purchase', contactProperties: '' }).body,
    ).toEqual({
      eventName: 'purchase',
      eventProperties: {},
      mailingLists: { l1: true, l2: true },
      email,
      userId: 'user_1',
    })
  })
})
