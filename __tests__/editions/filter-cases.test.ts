/** Filters of real teams, from public reports, with the events that they have met. */
import { destinationFromSettings } from '../../destination/from-settings/from-settings'
import { MappingFilters } from '../../tools/simulators/hog/mapping-filters'
import { withPerson } from '../../src/posthog/person'
import { eventWith, isWanted, settingsFor } from '../app/setup'

type Properties = Readonly<Record<string, unknown>>

interface Case {
  readonly eventFilters: string
  /** The properties of each event, and whether the event is sent. */
  readonly events: readonly (readonly [properties: Properties, isSent: boolean])[]
}

const noStaff = { key: 'email', type: 'person', value: '@example.com', operator: 'not_icontains' }
const hosts = ['localhost:8000', 'localhost:5000', '127.0.0.1:8000', '127.0.0.1:3000', 'localhost:3000']
const customer = { email: 'bob@customer.example' }
const json = JSON.stringify

const cases: Readonly<Record<string, Case>> = {
  'is not true holds back a boolean (PostHog/posthog#15338, #15420, #90694)': {
    eventFilters: json([
      noStaff,
      { key: '$host', type: 'event', value: ['localhost:3000'], operator: 'is_not' },
      { key: 'isDemo', type: 'person', value: ['true'], operator: 'is_not' },
    ]),
    events: [true, 'true', 'True', false, 'false', 1].map((isDemo) => [
      { $host: 'app.example.org', $set: { ...customer, isDemo } },
      String(isDemo).toLowerCase() !== 'true',
    ]),
  },
  "PostHog's own filter for test accounts (posthog/models/team/team.py)": {
    eventFilters: json([{ key: '$host', operator: 'is_not', value: hosts }, noStaff]),
    events: [
      [{ $host: 'localhost:8000', $set: customer }, false],
      [{ $host: 'app.example.org', $set: customer }, true],
      [{ $host: 'app.example.org', $set: { email: 'ada@Example.com' } }, false],
      [{ $set: customer }, true],
    ],
  },
  'does not contain any of several texts (PostHog/posthog.com#2948)': {
    eventFilters: json([{ ...noStaff, value: ['@example.com', '+test'] }]),
    events: [
      [{ $set: { email: 'bob@example.com' } }, false],
      [{ $set: { email: 'bob+test@customer.example' } }, false],
      [{ $set: customer }, true],
    ],
  },
  'matches none of several expressions': {
    eventFilters: json([{ ...noStaff, operator: 'not_regex', value: ['@example\\.com$', '\\+test'] }]),
    events: [
      [{ $set: { email: 'bob@example.com' } }, false],
      [{ $set: customer }, true],
    ],
  },
  'a number that arrives as text (PostHog/posthog#4846, #37405)': {
    eventFilters: 'total > 0',
    events: [
      [{ total: '49.50' }, true],
      [{ total: 49.5 }, true],
      [{ total: '0.00' }, false],
      [{ total: '-1' }, false],
      [{ total: '12x' }, false],
    ],
  },
  'a number that arrives as text, above a number with more digits': {
    eventFilters: 'total >= 100',
    events: [
      [{ total: '49.50' }, false],
      [{ total: '1000' }, true],
    ],
  },
  'contains on a list, a number or an object (PostHog/posthog#39109)': {
    eventFilters: 'roles contains admin',
    events: [
      [{ roles: ['admin', 'editor'] }, true],
      [{ roles: { first: 'Admin' } }, true],
      [{ roles: ['editor'] }, false],
      [{ roles: 5 }, false],
    ],
  },
  'is set and null (PostHog/posthog#29916, e2b-dev/dashboard#487)': {
    eventFilters: 'person.phone is set',
    events: [
      [{ $set: { ...customer, phone: null } }, false],
      [{ $set: { ...customer, phone: '' } }, true],
    ],
  },
  'is not set and null': {
    eventFilters: 'person.phone is not set',
    events: [
      [{ $set: { ...customer, phone: null } }, true],
      [{ $set: { ...customer, phone: '' } }, false],
    ],
  },
  'dates in the forms that people have (PostHog/posthog#8640)': {
    eventFilters: json([{ key: 'trial_end', type: 'event', value: '2026-01-01', operator: 'is_date_after' }]),
    events: [
      [{ trial_end: '1767225600' }, false],
      [{ trial_end: '2026-03-01T00:00:00+0000' }, true],
      [{ trial_end: '2026-03-01 00:00:00 UTC' }, true],
      [{ trial_end: '2026-03-01T00:00:00.123456+00:00' }, true],
      [{ trial_end: 1772323200000 }, true],
    ],
  },
  'filters as PostHog stores them, with fields that are null (PostHog/posthog#37405)': {
    eventFilters:
      '[{"key":"plan","type":"person","group_type_index":null,"negation":false,"value":["pro"],"operator":"exact"}]',
    events: [
      [{ $set: { plan: 'pro' } }, true],
      [{ $set: { plan: 'free' } }, false],
    ],
  },
  'filters copied from an insight (PostHog/posthog#37405)': {
    eventFilters:
      '{"type":"AND","values":[{"type":"AND","values":[{"key":"plan","value":["pro"],"operator":"exact","type":"person"}]}]}',
    events: [
      [{ $set: { plan: 'pro' } }, true],
      [{ $set: { plan: 'free' } }, false],
    ],
  },
}

const rows = Object.entries(cases).flatMap(([name, { eventFilters, events }]) =>
  events.map(([properties, isSent]) => [name, properties, isSent, eventFilters] as const),
)

describe('the app', () => {
  it.each(rows)('%s: %j: %p', (_, properties, isSent, eventFilters) => {
    const settings = settingsFor({ trackedEvents: 'purchase', contactEvents: '', eventFilters })
    expect(isWanted(eventWith(properties), settings)).toBe(isSent)
  })
})

describe('the preview of the destination', () => {
  it.each(rows)('%s: %j: %p', (_, properties, isSent, eventFilters) => {
    const { body } = destinationFromSettings({ trackedEvents: 'purchase', contactEvents: '', eventFilters })
    const [mapping] = body?.mappings ?? []
    if (mapping === undefined) throw new Error('There is no mapping')
    const { person } = withPerson(eventWith(properties))
    expect(new MappingFilters(mapping.filters).pass({ name: 'purchase', event: properties, person })).toBe(isSent)
  })
})
