import type { Json } from './posthog-client'

/** An event of an identified person with what the default settings read, as PostHog gives it to a destination. */
export function sampleGlobals(event: string, posthog: string, now: Date): Json {
  const properties = {
    $lib: 'web',
    $current_url: 'https://app.example.com/pricing',
    $pathname: '/pricing',
    $device_id: '018f0000-0000-7000-8000-00000000000d',
    $user_id: 'user_1',
    $is_identified: true,
  }
  return {
    event: {
      uuid: '018f0000-0000-7000-8000-000000000001',
      event,
      distinct_id: 'user_1',
      properties,
      elements_chain: '',
      timestamp: now.toISOString(),
      url: `${posthog}/events/018f0000-0000-7000-8000-000000000001`,
    },
    person: {
      id: '018f0000-0000-7000-8000-00000000000e',
      name: 'ada@example.com',
      url: `${posthog}/person/user_1`,
      properties: { email: 'ada@example.com', firstname: 'Ada', lastname: 'Lovelace' },
    },
    groups: {},
    source: { name: 'npm run deploy', url: posthog },
  }
}
