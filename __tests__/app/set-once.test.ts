/** What `$set_once` says without the stored person, and with it. */
import type { Config } from '../../src/settings/field'
import type { CapturedEvent } from '../../src/posthog/event'
import type { StoredPerson } from '../../src/posthog/person'
import { needsPerson, settingsWithoutPerson } from '../../src/translate/needs-person'
import { translate } from '../../src/translate/translate'
import type { LoopsRequest } from '../../src/loops/request'
import { eventWith, receivedAt, settingsFor, uuid } from './setup'

const old = 'old@example.com'
const sends = { trackedEvents: 'purchase', contactEvents: '', eventProperties: '' }
const updates = { trackedEvents: '', contactEvents: 'purchase', contactProperties: 'plan: {person.properties.plan}' }
const all = { ...updates, contactProperties: '', includeAllPersonProperties: 'Yes' }

function resultOf(event: CapturedEvent, config: Config, stored?: StoredPerson): unknown {
  return translate(event, settingsFor(config), receivedAt, stored)
}

function update(body: Record<string, unknown>, others: Partial<LoopsRequest> = {}): unknown {
  return { request: { method: 'PUT', path: '/v1/contacts/update', body, ...others } }
}

function sent(body: Record<string, unknown>, others: Partial<LoopsRequest> = {}): unknown {
  const event = { eventName: 'purchase', eventProperties: {} }
  return {
    request: {
      method: 'POST',
      path: '/v1/events/send',
      idempotencyKey: uuid,
      body: { ...event, ...body },
      ...others,
    },
  }
}

describe('$set_once without the stored person', () => {
  const userId = 'user_1'
  it.each<[string, Record<string, unknown>, Config, unknown]>([
    [
      'has its email only for a user ID that Loops does not know, of an update',
      { $set_once: { email: old } },
      updates,
      update({ userId }, { emailIfUnknown: old }),
    ],
    [
      'has its email only for a user ID that Loops does not know, of an event',
      { $set_once: { email: old } },
      sends,
      sent({ userId }, { emailIfUnknown: old }),
    ],
    [
      'has its email where there is no user ID',
      { $is_identified: false, $set_once: { email: old } },
      updates,
      update({ email: old }),
    ],
    [
      'gives way to $set',
      { $set_once: { email: old }, $set: { email: 'new@example.com' } },
      updates,
      update({ email: 'new@example.com', userId }),
    ],
    ['gives way to an empty $set', { $set_once: { email: old }, $set: { email: '' } }, sends, sent({ userId })],
    [
      'gives way to a later place of the setting',
      { $set_once: { email: old }, account: 'account@example.com' },
      { ...updates, email: '{person.properties.email}, {event.properties.account}' },
      update({ email: 'account@example.com', userId }),
    ],
    ['gives way to $unset', { $set_once: { email: old }, $unset: ['email'] }, sends, sent({ userId })],
    [
      'counts where the setting names it',
      { $set_once: { email: old } },
      { ...updates, email: '{event.properties.$set_once.email}' },
      update({ email: old, userId }),
    ],
    [
      'has no other property that is mapped',
      { $set_once: { plan: 'free' }, $set: { email: 'new@example.com' } },
      updates,
      update({ email: 'new@example.com', userId }),
    ],
    [
      'has no other property with "include all"',
      { $set_once: { plan: 'free', signedUp: '2024-04-01' }, $set: { email: 'new@example.com', seats: 2 } },
      all,
      update({ seats: 2, email: 'new@example.com', userId }),
    ],
    [
      'is excluded with its email',
      { $set_once: { email: old } },
      { ...updates, excludedEmails: old },
      { skipped: 'the settings exclude its email address' },
    ],
  ])('%s', (_, properties, config, expected) => {
    expect(resultOf(eventWith(properties), config)).toEqual(expected)
  })

  it('is found at the top level of the event, where an old server leaves it', () => {
    const event = eventWith({}, { $set_once: { email: old } })
    expect(resultOf(event, updates)).toEqual(update({ userId }, { emailIfUnknown: old }))
  })
})

describe('$set_once with the stored person', () => {
  const userId = 'user_1'
  const person = { id: 'p1', properties: { email: 'new@example.com', plan: 'pro' } }

  it.each<[string, Record<string, unknown>, StoredPerson, unknown]>([
    [
      'gives way to the stored values',
      { $set_once: { email: old, plan: 'free' } },
      person,
      update({ plan: 'pro', email: 'new@example.com', userId }),
    ],
    [
      'adds what is not stored',
      { $set_once: { email: old, plan: 'free' } },
      { id: 'p1', properties: {} },
      update({ plan: 'free', email: old, userId }),
    ],
  ])('%s', (_, properties, stored, expected) => {
    expect(resultOf(eventWith(properties), updates, stored)).toEqual(expected)
  })

  it('has the person looked up', () => {
    const settings = settingsFor({ ...sends, posthogUrl: 'https://posthog.example.com' })
    expect(needsPerson(eventWith({ $set_once: { email: old } }), settings, receivedAt)).toBe(true)
    expect(needsPerson(eventWith({ $set: { email: old } }), settings, receivedAt)).toBe(false)
  })

  it('has its email for an unknown user ID where PostHog did not return the person, and no later entry', () => {
    const event = eventWith({ $set_once: { email: old }, account: 'account@example.com' })
    const settings = settingsFor({ ...sends, email: '{person.properties.email}, {event.properties.account}' })
    expect(translate(event, settingsWithoutPerson(event, settings), receivedAt)).toEqual(
      sent({ userId }, { emailIfUnknown: old }),
    )
  })
})
