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

/** A property that the text of an input reads: `person.properties.plan`, `event.properties['full name']`. */
const READ = /\b(event|person)\.properties((?:\.[\w$]+|\['[^'\\]+'\])+)/g

/** For each property that the inputs read, a value; none for a property of a filter. */
function readBy(inputs: Json, filters: readonly Filter[], of: 'event' | 'person'): Json {
  const values: Record<string, unknown> = {}
  for (const [key, text] of textsIn(inputs)) {
    for (const [, root, written = ''] of text.matchAll(READ)) {
      const path = Array.from(written.matchAll(/\.([\w$]+)|\['([^']+)'\]/g), ([, name, quoted]) => name ?? quoted ?? '')
      const isFiltered = filters.some((filter) => filter.key === path[0])
      if (root === of && !isFiltered) setAt(values, path, VALUES[key] ?? `sample ${path.at(-1) ?? ''}`)
    }
  }
  return values
}

/** The values of the inputs, and of the rows of a dictionary, that take no text of any kind. */
const VALUES: Readonly<Record<string, unknown>> = { email: 'ada@example.com', mailingLists: true, subscribed: true }

/** The texts of inputs with the key by which `VALUES` knows them. */
function textsIn(inputs: Json): [key: string, text: string][] {
  return Object.entries(inputs).flatMap(([key, value]): [string, string][] => {
    if (typeof value === 'string') return [[key, value]]
    const rows = Object.entries(typeof value === 'object' ? (value ?? {}) : {})
    return rows.map(([name, text]) => [key === 'mailingLists' ? key : name, String(text)])
  })
}

/** Sets the value inside nested objects, unless another one is there. */
function setAt(values: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...inner] = path
  if (inner.length === 0) values[name] ??= value
  else {
    const object = (values[name] ??= {})
    if (typeof object === 'object') setAt(object as Record<string, unknown>, inner, value)
  }
}

/** What a sample event is for. */
export interface SampleOf {
  readonly event: string
  readonly filters: readonly Filter[]
  /** The values of the inputs that count for it, by their keys. */
  readonly inputs: Json
}

/**
 * An event of an identified person, as PostHog gives it to a destination: with what the inputs read, and as far as possible
 * with what the filters want.
 */
export function sampleGlobals({ event, filters, inputs }: SampleOf, posthog: string, now: Date): Json {
  const properties = {
    ...readBy(inputs, filters, 'event'),
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
        ...readBy(inputs, filters, 'person'),
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
