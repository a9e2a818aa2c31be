/** What PostHog's REST API gives back, as settings that the page can load: a plugin configuration or a hog function. */
import { settingFields } from '../lib/app-files'
import { UsageError } from '../lib/usage-error'

type Json = Readonly<Record<string, unknown>>

/**
 * The settings in an answer of PostHog: those of the app as text by key, those of the destination as inputs and mappings.
 * Keys are left out. Anything that is no answer of PostHog comes back as it is.
 *
 * @throws UsageError if a list has no such settings, or several.
 */
export function settingsInAnswer(content: unknown): unknown {
  if (!isRecord(content)) return content
  const { results } = content
  if (Array.isArray(results)) return settingsInList(results.filter(isRecord))
  if (isPluginConfig(content)) return settingsOfApp(content)
  return isHogFunction(content) ? settingsOfDestination(content) : content
}

function settingsInList(results: readonly Json[]): unknown {
  const [found, ...others] = results.filter(
    (one) => (isPluginConfig(one) && isOfApp(one)) || String(one['hog']).includes('app.loops.so'),
  )
  if (found === undefined) throw new UsageError('The list has neither the app nor the destination for Loops.')
  if (others.length > 0) {
    const ids = [found, ...others].map(({ id }) => String(id)).join(', ')
    throw new UsageError(`The list has several for Loops: load the answer for one of the IDs ${ids}.`)
  }
  if (isPluginConfig(found)) return settingsOfApp(found)
  throw new UsageError(`A list shows no inputs: load the answer of hog_functions/${String(found['id'])}/.`)
}

function isPluginConfig({ plugin, config }: Json): boolean {
  return plugin !== undefined && isRecord(config)
}

function isHogFunction({ hog, inputs_schema: schema }: Json): boolean {
  return typeof hog === 'string' && Array.isArray(schema)
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

function settingsOfDestination({ inputs, mappings }: Json) {
  if (!Array.isArray(mappings)) throw new UsageError('This hog function has no mappings: it is not the destination.')
  return {
    inputs: valuesOf(inputs),
    mappings: mappings.filter(isRecord).map(({ name, inputs: own, filters }) => {
      const { events, properties } = isRecord(filters) ? filters : {}
      return {
        name,
        events: listOf(events).map((event) => (isRecord(event) ? event['id'] : event)),
        filters: listOf(properties),
        inputs: valuesOf(own),
      }
    }),
  }
}

/** PostHog shows of a secret input only that it is set, and adds to the others what it makes of them. */
function valuesOf(inputs: unknown): Json {
  const shown = Object.entries(isRecord(inputs) ? inputs : {})
  return Object.fromEntries(
    shown.flatMap(([key, input]) => (isRecord(input) && 'value' in input ? [[key, input['value']]] : [])),
  )
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
