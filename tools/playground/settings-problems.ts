import { readConfiguration } from '../../destination/from-settings/read'
import type { Configuration } from '../../destination/from-settings/read'
import type { AppConfig, CapturedEvent } from '../lib/shapes'
import { UsageError } from '../lib/usage-error'
import { ObservedApp } from '../simulators/app/observed-app'
import { problemsIn } from '../lib/settings-problems'
import type { ServerVersion } from '../simulators/posthog/versions'
import type { Problem } from './contract'
import { mockedLoops } from './loops'

/** The event that makes PostHog set the app up. */
const firstEvent: CapturedEvent = {
  uuid: '00000000-0000-7000-8000-000000000000',
  event: 'playground opened',
  distinct_id: 'playground',
  team_id: 1,
  properties: {},
  timestamp: '2024-05-01T10:00:00.000Z',
}

/** The configuration that came from `source`, with its text if it is a file. @throws UsageError for any other value. */
export function checkedConfiguration(value: unknown, source: string, text?: string): Configuration {
  const read = readConfiguration(value, source, text)
  if (read.refusals !== undefined) throw new UsageError(read.refusals.join(' '))
  return read
}

/** The settings of the app that came from `source`. @throws UsageError for any other value. */
export function checkedSettings(value: unknown, source: string, text?: string): AppConfig {
  const { settings } = checkedConfiguration(value, source, text)
  if (settings !== undefined) return settings
  throw new UsageError(`${source} contains the destination: choose the server "PostHog today", and load it again.`)
}

/** Sets the app up without sending requests, and returns the problems that the app reports. */
export async function problemsWith(config: AppConfig, server: ServerVersion): Promise<Problem[]> {
  const app = new ObservedApp({ server, config, fetch: mockedLoops(), trusted: true })
  try {
    const { errors } = await app.deliver(firstEvent)
    if (app.enabled) return []
    // A server with two hooks sets the app up for each of them, so each message comes twice.
    return [...new Set(errors.map(({ message }) => message))].flatMap(problemsIn)
  } finally {
    app.close()
  }
}
