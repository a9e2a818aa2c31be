import { parseJsonAt, readTextFile } from '../lib/text-file'
import type { AppConfig } from '../lib/shapes'
import { UsageError } from '../lib/usage-error'
import type { DestinationBody } from '../../destination/from-settings/body'
import { destinationOf, readConfiguration, withoutKey } from '../../destination/from-settings/read'
import { loadHogParser } from '../simulators/hog/syntax-tree'

/**
 * Reads the settings of the app from a JSON file.
 *
 * @throws UsageError if the file cannot be read, or holds something other than texts of settings that plugin.json declares.
 */
export function readAppFile(path: string): AppConfig {
  const { settings, refusals } = readFile(path)
  if (refusals !== undefined) throw new UsageError(refusals.join('\n'))
  if (settings === undefined) {
    throw new UsageError(`${path} has the inputs and mappings of the destination: add --server today.`)
  }
  return settings
}

/**
 * Reads the destination from a JSON file in any of the forms of `readConfiguration`. An API key in the file is left out.
 * `settings` are those of the app, if the file has them.
 *
 * @throws UsageError if the file cannot be read or holds no configuration, or with a line for each problem of its settings.
 */
export async function readDestinationFile(
  path: string,
): Promise<{ readonly body: DestinationBody; readonly settings?: AppConfig | undefined }> {
  const read = readFile(path)
  if (read.refusals !== undefined) throw new UsageError(read.refusals.join('\n'))
  const parser = await loadHogParser()
  const { body, refusals } = destinationOf(withoutKey(read), (text) => parser.template(text))
  if (body !== undefined) return { body, settings: read.settings }
  throw new UsageError([`The settings of ${path} are rejected:`, ...refusals].join('\n'))
}

function readFile(path: string): ReturnType<typeof readConfiguration> {
  const text = readTextFile(path)
  return readConfiguration(parseJsonAt(path, text), path, text)
}
