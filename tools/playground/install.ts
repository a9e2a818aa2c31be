/** The ways to install the settings of the page into PostHog. None of them has a key: the shell adds those of its environment. */
import { settingFields } from '../lib/app-files'
import type { AppConfig } from '../lib/config-file'
import type { DestinationBody } from '../../destination/from-settings/body'
import { destinationFromSettings } from '../../destination/from-settings/from-settings'
import { UsageError } from '../lib/usage-error'
import type { DestinationSettings, Install } from './contract'
import { bodyOf } from '../../destination/from-settings/form'

/**
 * @param destination the form of the destination, if the page shows it; then there is nothing for the app.
 * @param posthog the address of the PostHog server.
 * @throws UsageError if it is no address.
 */
export function installOf(
  { apiKey: _, ...config }: AppConfig,
  destination: DestinationSettings | undefined,
  posthog: string,
): Install {
  const address = addressIn(posthog)
  if (destination !== undefined) {
    const { apiKey: _ofForm, ...inputs } = destination.inputs
    const form = { ...destination, inputs }
    return { destination: destinationCommands(bodyOf(form), form, address) }
  }
  const { body, refusals = [] } = destinationFromSettings(config)
  return {
    destination: body === undefined ? { refusals } : destinationCommands(body, changed(config), address),
    app: { deploy: deployCommand(changed(config), address, 'app'), curl: appCurl(config, address) },
  }
}

function destinationCommands(body: DestinationBody, file: object, address: string) {
  return {
    deploy: deployCommand(file, address, 'destination'),
    curl: destinationCurl(body, address),
    link: `${address}/functions/new/template-webhook#configuration=${encodeURIComponent(JSON.stringify(body))}`,
  }
}

/** The address as the shell takes it between single quotes. */
function addressIn(text: string): string {
  const written = text.trim()
  if (/^https?:\/\/[\w.-]+(:\d+)?(\/[\w./~-]*)?$/.test(written)) return written.replace(/\/+$/, '')
  throw new UsageError('Write the address of your PostHog like https://eu.posthog.com.')
}

/** The settings that are not the default: the same as all of them. */
function changed(config: AppConfig): AppConfig {
  const defaults = new Map(settingFields().map(({ key, default: text }) => [key, text]))
  return Object.fromEntries(Object.entries(config).filter(([key, text]) => defaults.get(key) !== text))
}

function deployCommand(file: object, address: string, edition: 'destination' | 'app'): string {
  const command = `npm run deploy -- --posthog '${address}' --edition ${edition} --config /dev/stdin <<'JSON'`
  return [command, JSON.stringify(file, null, 2), 'JSON'].join('\n')
}

const HEADERS = `-H "Authorization: Bearer $POSTHOG_API_KEY" -H 'Content-Type: application/json'`

function destinationCurl({ inputs, ...others }: DestinationBody, address: string): string {
  const body = `{"inputs":{"apiKey":{"value":"$LOOPS_API_KEY"},${membersOf(inputs)}},${membersOf(others)}}`
  return [
    `POSTHOG='${address}' PROJECT=@current`,
    `curl --fail-with-body "$POSTHOG/api/projects/$PROJECT/hog_functions/" ${HEADERS} -d @- <<JSON`,
    body,
    'JSON',
  ].join('\n')
}

function appCurl(config: AppConfig, address: string): string {
  const settings = Object.keys(changed(config)).length === 0 ? '' : `,${membersOf(changed(config))}`
  return [
    `POSTHOG='${address}' PROJECT=@current`,
    `PLUGIN=$(curl --fail-with-body "$POSTHOG/api/organizations/@current/plugins/" ${HEADERS} \\`,
    `  -d "{\\"url\\": \\"$REPOSITORY\\"}" | sed 's/^{"id": *\\([0-9]*\\).*/\\1/')`,
    `curl --fail-with-body "$POSTHOG/api/projects/$PROJECT/plugin_configs/" ${HEADERS} -d @- <<JSON`,
    `{"plugin":$PLUGIN,"enabled":true,"order":1,"config":{"apiKey":"$LOOPS_API_KEY"${settings}}}`,
    'JSON',
  ].join('\n')
}

/** The members of a JSON object for a here-document, in which the shell fills in variables and commands. */
function membersOf(object: object): string {
  return JSON.stringify(object)
    .slice(1, -1)
    .replace(/[\\$`]/g, (sign) => `\\${sign}`)
}
