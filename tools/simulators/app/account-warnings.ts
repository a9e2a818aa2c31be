/** What the Loops account lacks of a destination's settings, as the app says at its set-up. */
import type { Clock } from '../../lib/clock'
import type { Fetch } from '../posthog/fetch'
import { serverVersion } from '../posthog/versions'
import { ObservedApp } from './observed-app'

/** The server on which the app is set up. */
export const CHECKING_SERVER = serverVersion('2024-02')

interface Mapping {
  readonly inputs: Readonly<Record<string, { readonly value?: unknown }>>
}

interface Account {
  readonly apiKey: string
  readonly fetch: Fetch
  readonly clock?: Clock
}

/** The warnings of mailing lists and contact properties that the mappings name and the account lacks. */
export async function accountWarnings(mappings: readonly Mapping[], account: Account): Promise<string[]> {
  const contactProperties = namesIn(mappings, 'contactProperties')
  const contactMailingLists = namesIn(mappings, 'mailingLists')
  if (contactProperties === '' && contactMailingLists === '') return []
  const { apiKey, ...surroundings } = account
  const config = { apiKey, trackedEvents: '', contactEvents: 'account check', contactProperties, contactMailingLists }
  const app = new ObservedApp({ ...surroundings, server: CHECKING_SERVER, config, trusted: true })
  try {
    const { logs } = await app.deliver({ ...EVENT, timestamp: new Date().toISOString() })
    return logs.filter(({ level }) => level === 'WARN').map(({ message }) => message)
  } finally {
    app.close()
  }
}

/** The app sets itself up with the first event. It is not for this one. */
const EVENT = { uuid: 'check', event: 'check', distinct_id: 'check', team_id: 1, properties: {} }

/** The names in a dictionary of the mappings, as a setting of the app that gives each a fixed value. */
function namesIn(mappings: readonly Mapping[], key: string): string {
  const names = mappings.flatMap(({ inputs }) => Object.keys(inputs[key]?.value ?? {}))
  return names.length === 0 ? '' : JSON.stringify(Object.fromEntries(names.map((name) => [name, 'true'])))
}
