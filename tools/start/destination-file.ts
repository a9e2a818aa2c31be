import { checkedConfig } from '../lib/config-file'
import { parseJsonAt, readTextFile } from '../lib/text-file'
import { UsageError } from '../lib/usage-error'
import { builtDestination } from '../../destination/from-settings/body'
import type { DestinationBody, DestinationMapping } from '../../destination/from-settings/body'
import { destinationFromSettings } from '../../destination/from-settings/from-settings'
import type { AppSettings } from '../../destination/from-settings/from-settings'
import type { Inputs } from '../simulators/hog/inputs'

/**
 * Reads the destination from a JSON file: the app's settings, or `inputs` and `mappings` as `dist/destination.json` has them,
 * whose source and defaults stand for what the file leaves out. An API key in the file is left out.
 *
 * @throws UsageError if the file cannot be read or holds neither, or with a line for each setting that a destination cannot
 *   have.
 */
export function readDestinationFile(path: string): DestinationBody {
  const content = parseJsonAt(path, readTextFile(path))
  if (isObject(content) && ('inputs' in content || 'mappings' in content)) return completedBody(content, path)
  const { apiKey, ...settings } = checkedConfig(content, path)
  return bodyFromSettings(settings, path)
}

/** @throws UsageError with a line for each setting that a destination cannot have. */
function bodyFromSettings(settings: AppSettings, path: string): DestinationBody {
  const { body, refusals } = destinationFromSettings(settings)
  if (body !== undefined) return body
  throw new UsageError([`${path} has settings that a destination cannot have:`, ...refusals].join('\n'))
}

function completedBody(content: Record<string, unknown>, path: string): DestinationBody {
  const { inputs = {}, mappings = builtDestination.mappings } = content
  if (!isInputs(inputs))
    throw new UsageError(`${path} has "inputs" that are no inputs: write {"email": {"value": "…"}}.`)
  if (!Array.isArray(mappings) || !mappings.every(isMapping)) {
    throw new UsageError(
      `${path} has "mappings" that are no list of a name, inputs and filters: see dist/destination.json.`,
    )
  }
  const { apiKey, ...others } = inputs
  return { ...builtDestination, inputs: { ...builtDestination.inputs, ...others }, mappings }
}

function isMapping(value: unknown): value is DestinationMapping {
  return isObject(value) && typeof value['name'] === 'string' && isObject(value['filters']) && isInputs(value['inputs'])
}

function isInputs(value: unknown): value is Inputs {
  return isObject(value) && Object.values(value).every(isObject)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
