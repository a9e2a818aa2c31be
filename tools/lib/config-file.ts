import { UsageError } from './usage-error'
import { settingFields } from './app-files'
import { parseJsonAt, readTextFile } from './text-file'

/** The app's settings as PostHog stores them: text by key. */
export type AppConfig = Record<string, string>

/**
 * Reads settings from a JSON file: an object with a text for each setting, as PostHog's REST API takes it.
 *
 * @throws UsageError if the file cannot be read, holds something other than a JSON object of texts, or has a setting that
 *   plugin.json does not declare.
 */
export function readConfigFile(path: string): AppConfig {
  return checkedConfig(parseJsonAt(path, readTextFile(path)), path)
}

/** Checks settings that came from `source`; throws UsageError as `readConfigFile` does. */
export function checkedConfig(value: unknown, source: string): AppConfig {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${source} holds no settings: write a JSON object like {"trackedEvents": "purchase"}.`)
  }
  const keys = settingFields().map(({ key }) => key)
  for (const [key, text] of Object.entries(value)) {
    if (!keys.includes(key)) throw new UsageError(`${source} has an unknown setting "${key}": use ${keys.join(', ')}.`)
    if (typeof text !== 'string') throw new UsageError(`${source} gives "${key}" no text: put its value in quotes.`)
  }
  return value as AppConfig
}
