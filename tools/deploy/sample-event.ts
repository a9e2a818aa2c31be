import type { Json } from '../posthog-api/client'

/** A property filter as PostHog's JSON has it. */
interface Filter {
  readonly key?: unknown
  readonly type?: unknown
  readonly operator?: unknown
  readonly value?: unknown
}

/** For each operator that wants a property, one that passes. */
const PASSING: Readonly<Record<string, (value: unknown) => unknown>> = {
  exact: (value) => value,
  gte: (value) => value,
  lte: (value) => value,
  gt: (value) => Number(value) + 1,
  lt: (value) => Number(value) - 1,
  icontains: (value) => value,
  is_set: () => 'any',
}

/** For each filter that a plain value passes, its property. */
function passing(filters: readonly Filter[], of: 'event' | 'person'): Json {
  return Object.fromEntries(
    filters.flatMap(({ key, type = 'event', operator = 'exact', value }) => {
      const pass = PASSING[String(operator)]
      if (pass === undefined || type !== of) return []
      return [[String(key), pass(Array.isArray(value) ? value[0] : value)]]
    }),
  )
}

/**
 * An event of an identified person, as PostHog gives it to a destination: with what the default settings read, and as far
 * as possible with what the filters want.
 */
export function sampleGlobals(event: string, filters: readonly Filter[], posthog: string, now: Date): Json {
  const properties = {
    ...passing(filters, 'event'),
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
      properties: {
        email: 'ada@example.com',
        firstname: 'Ada',
        lastname: 'Lovelace',
        ...passing(filters, 'person'),
      },
    },
    groups: {},
    source: { name: 'npm run deploy', url: posthog },
  }
}
