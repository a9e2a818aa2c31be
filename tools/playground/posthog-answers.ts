/** What PostHog's REST API gives back, as a configuration that the page can load. */
import { settingFields } from '../lib/app-files'
import { UsageError } from '../lib/usage-error'

type Json = Readonly<Record<string, unknown>>

/**
 * The settings in PostHog's answer about apps, as text by key and without secrets. A hog function, and anything else, comes
 * back as it is.
 *
 * @throws UsageError if a list has no such settings, or several.
 */
export function settingsInAnswer(content: unknown): unknown {
  if (!isRecord(content)) return content
  const { results } = content
  if (Array.isArray(results)) return settingsInList(results.filter(isRecord))
  if (isPluginConfig(content)) return settingsOfApp(content)
  return content
}

function settingsInList(results: readonly Json[]): unknown {
  const [found, ...others] = results.filter(
    (one) => (isPluginConfig(one) && isOfApp(one)) || String(one['hog']).includes('app.loops.so'),
  )
  if (found === undefined) throw new UsageError('The list has neither the app nor the destination for Loops.')
  if (others.length > 0) {
    const ids = [found, ...others].map(({ id }) => String(id)).join(', ')
    throw new UsageError(`The list has several entries for Loops: load the answer for one of the IDs ${ids}.`)
  }
  if (isPluginConfig(found)) return settingsOfApp(found)
  throw new UsageError(`A list shows no inputs: load the answer of hog_functions/${String(found['id'])}/.`)
}

function isPluginConfig({ plugin, config }: Json): boolean {
  return plugin !== undefined && isRecord(config)
}

const KEYS = settingFields()
  .filter(({ secret }) => secret !== true)
  .map(({ key }) => key)

function isOfApp({ config }: Json): boolean {
  return isRecord(config) && KEYS.some((key) => key in config)
}

/** A configuration may hold more than settings. */
function settingsOfApp({ config }: Json): Json {
  return Object.fromEntries(Object.entries(config as Json).filter(([key]) => KEYS.includes(key)))
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
