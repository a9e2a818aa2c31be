import { needsPerson } from '../../../src/translate/needs-person'
import type { Config } from '../../../src/settings/field'
import { eventWith, receivedAt, settingsFor } from '../setup'
import { posthogUrl } from './setup'

describe('what needs the person', () => {
  const told = { $set: { email: 'ada@example.com' } }
  const nothing = { contactEvents: '', eventProperties: '', trackedEvents: 'purchase' }
  it.each<[string, Record<string, unknown>, Config, boolean]>([
    ['an address', {}, nothing, true],
    ['nothing more than an address', told, nothing, false],
    [
      'an address of the event, which comes first',
      { mail: 'a@example.com' },
      { ...nothing, email: '{event.properties.mail}, {person.properties.email}' },
      false,
    ],
    [
      'an address of the person, which comes first',
      { mail: 'a@example.com' },
      { ...nothing, email: '{person.properties.email}, {event.properties.mail}' },
      true,
    ],
    ['a mapping', told, { ...nothing, eventProperties: 'plan: {person.properties.plan}' }, true],
    ['a mapping of the event', told, { ...nothing, eventProperties: 'plan: {event.properties.plan}' }, false],
    ['a mapping among text', told, { ...nothing, eventProperties: 'plan: on {person.properties.plan}' }, true],
    [
      'a mapping of the other half',
      told,
      { ...nothing, contactEvents: '$set', contactProperties: 'plan: {person.properties.plan}' },
      false,
    ],
    ['a mapping to text', told, { ...nothing, eventProperties: '{"plan": "pro", "seats": 3}' }, false],
    ['the id', told, { ...nothing, userId: '{person.id}', posthogUrl }, true],
    ['a mailing list', told, { ...nothing, eventMailingLists: 'l1: {person.properties.news}' }, true],
    ['include all', told, { ...nothing, contactEvents: 'purchase', includeAllPersonProperties: 'Yes' }, true],
    ['include all of the event', told, { ...nothing, includeAllEventProperties: 'Yes' }, false],
    ['a filter', told, { ...nothing, eventFilters: '[{"key": "plan", "value": "pro", "type": "person"}]' }, true],
    [
      'a filter that the event answers',
      { $set: { ...told.$set, plan: 'x' } },
      { ...nothing, eventFilters: '[{"key": "plan", "value": "pro", "type": "person"}]' },
      false,
    ],
    [
      'an event that a filter leaves out',
      {},
      { ...nothing, eventFilters: '[{"key": "total", "operator": "is_set"}]' },
      false,
    ],
    ['an event that nobody wants', {}, { ...nothing, trackedEvents: 'other' }, false],
  ])('%s', (_, properties, changes, expected) => {
    expect(needsPerson(eventWith(properties), settingsFor({ posthogUrl, ...changes }), receivedAt)).toBe(expected)
  })
})
