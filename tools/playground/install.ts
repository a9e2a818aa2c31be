/** The ways to install the settings of the page into PostHog. Neither of them has a key. */
import { settingFields } from '../lib/app-files'
import type { AppConfig } from '../lib/shapes'
import { destinationFromSettings } from '../../destination/from-settings/from-settings'
import type { FromSettings } from '../../destination/from-settings/from-settings'
import { UsageError } from '../lib/usage-error'
import type { DestinationSettings, Install } from './contract'
import { bodyOfForm } from './destination-runs'

/**
 * @param destination the form of the destination, if the page shows it instead of the app's settings.
 * @param posthog the address of the PostHog server.
 * @throws UsageError if it is no address.
 */
export async function installOf(
  { apiKey: _, ...config }: AppConfig,
  destination: DestinationSettings | undefined,
  posthog: string,
): Promise<Install> {
  const address = addressIn(posthog)
  if (destination !== undefined) {
    const { apiKey: _ofForm, ...inputs } = destination.inputs
    const form = { ...destination, inputs }
    return waysFor(await bodyOfForm(destination), form, address)
  }
  return waysFor(destinationFromSettings(config), changed(config), address)
}

/** The address as the shell takes it between single quotes. */
function addressIn(text: string): string {
  const written = text.trim()
  if (/^https?:\/\/[\w.-]+(:\d+)?(\/[\w./~-]*)?$/.test(written)) return written.replace(/\/+$/, '')
  throw new UsageError('Write the URL of your PostHog, like https://eu.posthog.com.')
}

/** The settings that are not the default: the same as all of them. */
function changed(config: AppConfig): AppConfig {
  const defaults = new Map(settingFields().map(({ key, default: text }) => [key, text]))
  return Object.fromEntries(Object.entries(config).filter(([key, text]) => defaults.get(key) !== text))
}

function waysFor({ body, refusals }: FromSettings, file: object, address: string): Install {
  if (body === undefined) return { refusals }
  const command = `npm run deploy -- --posthog '${address}' --config /dev/stdin <<'JSON'`
  return {
    deploy: [command, JSON.stringify(file, null, 2), 'JSON'].join('\n'),
    link: `${address}/functions/new/template-webhook#configuration=${encodeURIComponent(JSON.stringify(body))}`,
  }
}
