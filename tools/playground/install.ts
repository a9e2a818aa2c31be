/** How to install the settings of the page into PostHog. No answer has a key. */
import { settingFields } from '../lib/app-files'
import type { AppConfig } from '../lib/shapes'
import { UsageError } from '../lib/usage-error'
import type { ServerVersion } from '../simulators/posthog/versions'
import type { DestinationSettings, Install, Problem } from './contract'
import { bodyOfForm } from './destination-runs'

const NO_NEW_APP = 'From 2025-07-24 on, PostHog accepts no new app: update PostHog, and use the destination.'

/**
 * How to install the destination.
 *
 * @param posthog the address of the PostHog server.
 * @throws UsageError if it is no address.
 */
export async function installOfDestination(destination: DestinationSettings, posthog: string): Promise<Install> {
  const address = addressIn(posthog)
  const { body, refusals } = await bodyOfForm(destination)
  if (body === undefined) return { refusals }
  const { apiKey: _, ...inputs } = destination.inputs
  const command = `npm run deploy -- --posthog '${address}' --config /dev/stdin <<'JSON'`
  return {
    deploy: [command, JSON.stringify({ ...destination, inputs }, null, 2), 'JSON'].join('\n'),
    link: `${address}/functions/new/template-webhook#configuration=${encodeURIComponent(JSON.stringify(body))}`,
  }
}

/** The address as the shell takes it between single quotes. */
function addressIn(text: string): string {
  const written = text.trim()
  if (/^https?:\/\/[\w.-]+(:\d+)?(\/[\w./~-]*)?$/.test(written)) return written.replace(/\/+$/, '')
  throw new UsageError('Write the URL of your PostHog, like https://eu.posthog.com.')
}

/**
 * How to install the app, and what to write into its form: the settings that are not the default. `problems` are those of
 * the settings.
 */
export function installOfApp(config: AppConfig, server: ServerVersion, problems: readonly Problem[]): Install {
  if (server.installs.length === 0) return { refusals: [NO_NEW_APP] }
  const fields = settingFields()
  // The page asks without the key.
  const others = problems.filter(({ key }) => key !== 'apiKey')
  if (others.length > 0) {
    const labels = new Map(fields.map(({ key, name }) => [key, `${name}: `]))
    return { refusals: others.map(({ key, sentence }) => `${labels.get(key ?? '') ?? ''}${sentence}`) }
  }
  const changed = fields.filter(({ key, default: text, secret }) => secret !== true && (config[key] ?? text) !== text)
  return {
    by: server.installs,
    settings: changed.map(({ key, name }) => ({ key, label: name, text: config[key] ?? '' })),
  }
}
