import type { CapturedEvent } from '../../../src/posthog/event'
import type { Config } from '../../../src/settings/field'
import type { CaseName } from './hand-written-app'

export interface BenchCase {
  readonly name: CaseName
  readonly config: Config
  readonly event: (properties: number) => CapturedEvent
}

/** How many properties the measured events have. */
export const sizes = [5, 30, 300, 3000] as const

const mapping =
  'plan: {event.properties.text 0}, seats: {event.properties.number 1}, trial: {event.properties.truth 2}, source: PostHog'
const bigSales = JSON.stringify([
  { key: 'truth 2', operator: 'exact', value: ['true'] },
  { key: 'number 1', operator: 'gt', value: 0 },
  { key: 'text 0', operator: 'icontains', value: 'VALUE' },
])

const base = { apiKey: 'bench0key', delivery: 'webhook', contactEvents: '', eventProperties: '', contactProperties: '' }

/** Each case is one way to use the app; the properties that count are those of the event, or of its `$set`. */
export const cases: readonly BenchCase[] = [
  {
    name: 'unwanted',
    config: { ...base, trackedEvents: 'purchase, order *', contactEvents: '$identify, $set' },
    event: (count) => ({ ...eventWith(propertiesLike(count)), event: 'other' }),
  },
  {
    name: 'mapped',
    config: { ...base, trackedEvents: 'purchase', eventProperties: mapping },
    event: (count) => eventWith(propertiesLike(count)),
  },
  {
    name: 'include all',
    config: { ...base, trackedEvents: 'purchase', includeAllEventProperties: 'Yes' },
    event: (count) => eventWith(propertiesLike(count)),
  },
  {
    name: 'contact update',
    config: { ...base, trackedEvents: '', contactEvents: 'purchase', includeAllPersonProperties: 'Yes' },
    event: (count) => eventWith({}, propertiesLike(count)),
  },
  {
    name: 'both halves',
    config: {
      ...{ ...base, trackedEvents: 'purchase', contactEvents: 'purchase' },
      ...{ includeAllEventProperties: 'Yes', includeAllPersonProperties: 'Yes' },
    },
    event: (count) => eventWith(propertiesLike(count / 2), propertiesLike(count / 2)),
  },
  {
    name: 'filters',
    config: { ...base, trackedEvents: 'purchase', eventProperties: mapping, eventFilters: bigSales },
    event: (count) => eventWith(propertiesLike(count)),
  },
]

/** A fifth each: text, number, truth, a `$` name of an SDK, and text again. */
function propertiesLike(count: number): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => propertyLike(index)))
}

function propertyLike(index: number): [string, unknown] {
  switch (index % 5) {
    case 0:
      return [`text ${index}`, `a value of usual length ${index}`]
    case 1:
      return [`number ${index}`, index * 1.5]
    case 2:
      return [`truth ${index}`, index % 2 === 0]
    case 3:
      return [`$sdk_property_${index}`, `an SDK's value ${index}`]
    default:
      return [`name_${index}`, `value ${index}`]
  }
}

function eventWith(properties: Record<string, unknown>, person: Record<string, unknown> = {}): CapturedEvent {
  return {
    uuid: '018f0000-0000-7000-8000-000000000001',
    event: 'purchase',
    distinct_id: 'user_1',
    // The app sends no old events.
    timestamp: new Date().toISOString(),
    properties: { ...properties, $set: { email: 'ada@example.com', ...person } },
  }
}
