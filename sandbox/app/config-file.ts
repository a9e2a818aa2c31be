import { readFileSync } from 'node:fs'
import { messageOf, UsageError } from '../lib/usage-error'
import { settingFields } from './app-files'

/** The app's settings as PostHog stores them: text by key. */
export type AppConfig = Record<string, string>

/**
 * Reads settings from a JSON file: an object with a text for each setting, as PostHog's REST API takes it.
 *
 * @throws UsageError if the file cannot be read, holds something other than a JSON object of texts, or has a setting that
 *   plugin.json does not declare.
 */
export function readConfigFile(path: string): AppConfig {
  return checkedConfig(parsedFile(path), path)
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

function parsedFile(path: string): unknown {
  try {
    return JSON.parse(readTextFile(path))
  } catch (error) {
    throw new UsageError(`The settings cannot be read: ${path}: ${messageOf(error)}`)
  }
}

/** The text of a file without the byte order mark that Windows programs write first. Throws what `readFileSync` throws. */
export function readTextFile(path: string): string {
  return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
}
