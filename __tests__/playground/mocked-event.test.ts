import { apiKey } from '../app/setup'
import { event, anonymous, session, resultFor } from './setup'

jest.setTimeout(60_000)

describe('a mocked event', () => {
  test('shows its request with the key masked, and sends nothing', async () => {
    expect(await resultFor({})).toEqual({
      verdict: { matched: ['Events to send'] },
      requests: [
        {
          method: 'POST',
          url: 'https://app.loops.so/api/v1/events/send',
          headers: {
            Authorization: 'Bearer ••••••••',
            'Content-Type': 'application/json',
            'Idempotency-Key': event.uuid,
          },
          body: JSON.stringify({
            eventName: 'purchase',
            eventProperties: { total: 49.5 },
            email: 'ada@example.com',
            userId: 'user_1',
          }),
        },
      ],
      missing: [],
      warnings: [],
      errors: [],
      logs: [],
    })
    expect(session.simulator.state().events).toEqual([])
  })

  test('shows the same in spite of a low rate limit and of the app’s own dry run', async () => {
    const { requests } = await resultFor({ settings: { requestsPerSecond: '0.001', dryRun: 'Yes' } })
    expect(requests).toHaveLength(1)
  })

  test('is masked even where it holds the key itself', async () => {
    const { requests } = await resultFor({ event: { ...event, properties: { ...event.properties, total: apiKey } } })
    expect(requests[0]?.body).toContain('"total":"••••••••"')
  })

  test.each<[string, Parameters<typeof resultFor>[0], unknown]>([
    ['the settings are wrong', { settings: { email: '' } }, 'The app is off until its settings are fixed.'],
    [
      'nobody asks for it',
      { event: { ...event, event: 'a' } },
      'The event matches no setting: no list of events has its name.',
    ],
    [
      'its name differs in capitals',
      { event: { ...event, event: 'Purchase' } },
      'The event matches no setting: "Purchase" differs from "purchase" only in capitals.',
    ],
    [
      'a filter does not match',
      { settings: { eventFilters: '[{"key": "total", "operator": "gt", "value": 100}]' } },
      'The event matches no setting: filter 1 does not match: total is 49.5, not > 100.',
    ],
    [
      'it is old',
      { settings: { maxEventAge: '24' } },
      expect.stringMatching(
        /^The event is skipped: it is older than "Maximum event age \(hours\)" allows \(\d+ days\)\.$/,
      ),
    ],
    [
      'it is skipped',
      { event: anonymous },
      'The event is skipped: it has no email, and its distinct_id "guest" is shared by many people.',
    ],
    [
      'the server knows no webhooks',
      { settings: { delivery: 'webhook' }, server: '1.30' },
      'PostHog 1.30 never asks the app for a webhook: choose "direct".',
    ],
  ])('has a reason if %s', async (_name, changes, reason) => {
    expect(await resultFor(changes)).toMatchObject({ requests: [], reason })
  })
})
