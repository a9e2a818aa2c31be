/**
 * What a good engineer would write by hand for each case of the benchmark: no settings, no checks of length, no placeholders.
 * The app is measured against it, outside the VM and in it: like the app, it is one file without relative imports.
 */
export type CaseName = 'unwanted' | 'mapped' | 'include all' | 'contact update' | 'both halves' | 'filters'

interface Event {
  readonly event: string
  readonly distinct_id: string
  readonly properties?: Readonly<Record<string, unknown>>
}

type Properties = Readonly<Record<string, unknown>>

/** The body of the request, or null for an event that matches no setting. */
export const handWritten: Readonly<Record<CaseName, (event: Event) => string | null>> = {
  unwanted: ({ event }) => (event === 'purchase' ? '{}' : null),
  mapped: ({ event, distinct_id, properties = {} }) =>
    JSON.stringify({ eventName: event, eventProperties: picked(properties), ...identity(properties, distinct_id) }),
  'include all': ({ event, distinct_id, properties = {} }) =>
    JSON.stringify({ eventName: event, eventProperties: copied(properties), ...identity(properties, distinct_id) }),
  'contact update': ({ distinct_id, properties = {} }) =>
    JSON.stringify({ ...copied(personIn(properties)), ...identity(properties, distinct_id) }),
  'both halves': ({ event, distinct_id, properties = {} }) =>
    JSON.stringify({
      ...copied(personIn(properties)),
      eventName: event,
      eventProperties: copied(properties),
      ...identity(properties, distinct_id),
    }),
  filters: (event) => (isBigSale(event.properties ?? {}) ? handWritten.mapped(event) : null),
}

/** Inside the VM the case is named by the settings. */
export function composeWebhook(event: Event, { config }: { config: { case: CaseName } }): object | null {
  const body = handWritten[config.case](event)
  if (body === null) return null
  const headers = { Authorization: 'Bearer key', 'Content-Type': 'application/json' }
  return { url: 'https://app.loops.so/api/v1/events/send', method: 'POST', headers, body }
}

/** Copies the values that Loops takes, without names that start with `$` and without empty values. */
function copied(properties: Properties): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(properties)) {
    const value = properties[name]
    if (name.startsWith('$') || value === '') continue
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') copy[name] = value
  }
  return copy
}

function picked(properties: Properties): Record<string, unknown> {
  return { plan: properties['text 0'], seats: properties['number 1'], trial: properties['truth 2'], source: 'PostHog' }
}

function identity(properties: Properties, userId: string) {
  return { email: personIn(properties)['email'], userId }
}

function personIn(properties: Properties): Properties {
  return (properties['$set'] ?? {}) as Properties
}

function isBigSale(properties: Properties): boolean {
  return (
    properties['truth 2'] === true &&
    Number(properties['number 1']) > 0 &&
    String(properties['text 0']).toLowerCase().includes('value')
  )
}
