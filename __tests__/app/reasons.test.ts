import { parseEventNames } from '../../src/settings/event-names'
import { whyNotNamed } from '../../src/settings/similar-name'
import { translate } from '../../src/translate/translate'
import { unmetReason } from '../../src/translate/skip-reasons'
import type { Config } from '../../src/settings/field'
import { eventWith, receivedAt, settingsFor } from './setup'

/** The reason outside a dry run, which holds no values. */
function loggedReason(eventFilters: string, properties: Record<string, unknown>, config: Config = {}): string {
  const settings = settingsFor({ trackedEvents: 'purchase', contactEvents: '', eventFilters, ...config })
  const translation = translate(eventWith(properties), settings, receivedAt)
  if (translation === undefined || !('unmet' in translation)) throw new Error('The filters match')
  return unmetReason(translation.unmet, settings)
}

describe('a filter that does not match', () => {
  it.each<[filters: string, properties: Record<string, unknown>, config: Config, reason: string]>([
    ['total > 100', { total: 49.5 }, {}, '(on "total")'],
    ['total > 5, person.plan = pro', { total: 49.5, $set: { plan: 'free' } }, {}, '(on "person.plan")'],
    ['total > 100', { Total: 200 }, {}, '(on "total"; "Total" differs from "total" only in capitals)'],
    ['person.plan != free', {}, {}, ': person.plan is unknown, fill in "PostHog address"'],
    [
      'person.plan != free',
      { $is_identified: false },
      { posthogUrl: 'https://posthog.example.com' },
      ': person.plan is unknown, PostHog cannot look up an anonymous person',
    ],
  ])('is named without values: %s on %j %j', (filters, properties, config, reason) => {
    const place = filters.includes(',') ? 2 : 1
    expect(loggedReason(filters, properties, config)).toBe(
      `filter ${place} does not match${reason.startsWith(':') ? '' : ' '}${reason}`,
    )
  })
})

describe('a name that is nearly in the list', () => {
  it.each<[list: string, event: string, reason: string | undefined]>([
    ['purchase', 'Purchase', '"Purchase" differs from "purchase" only in capitals'],
    ['user signed up', 'user  signed up', '"user  signed up" differs from "user signed up" only in spaces'],
    ['user signed up', 'UserSignedUp', '"UserSignedUp" differs from "user signed up" only in capitals and spaces'],
    ['a, Order *', 'order paid', '"order paid" differs from "Order *" only in capitals'],
    ['a, order *', 'order', '"order" differs from "order *" only in spaces'],
    ['user signed up', 'user_signed_up', '"user_signed_up" differs from "user signed up" only in punctuation'],
    ['pageview', '$Pageview', '"$Pageview" differs from "pageview" only in capitals and punctuation'],
    ['$*', 'purchase', undefined],
    ['*, !$page*', '$pageview', '"!$page*" excludes it'],
    ['a, !b', 'b', undefined],
    ['purchase', 'purchases', undefined],
    ['', 'purchase', undefined],
    ['["say \\"hi\\""]', 'Say "hi"', '"Say \\"hi\\"" differs from "say \\"hi\\"" only in capitals'],
  ])('%j: %j', (text, event, reason) => {
    const reject = (): never => {
      throw new Error('The list was refused')
    }
    expect(whyNotNamed(parseEventNames({ text, reject }, { renamed: true }), event)).toBe(reason)
  })
})
