/**
 * Reads a configuration in any of its forms: the settings of the app, the destination as the playground saves it,
 * `dist/destination.json`, and a hog function as PostHog's API gives it. What is left out has its default.
 */
import { isRecord, ownProperty } from '../../src/json'
import { settingFields } from '../../src/settings/field'
import { quoted, withoutLikelyKeys } from '../../src/redact'
import { repeatedName } from '../../src/settings/repeated-name'
import { actionOf, kindOf, problemOfAction } from './action'
import { builtDestination } from './body'
import type { DestinationBody } from './body'
import { bodyOf, formOfBody, NO_EVENT } from './form'
import { lineOf, problemsOfForm } from './form-checks'
import { formIn, noForm } from './form-shape'
import { destinationFromSettings } from './from-settings'
import type { AppSettings, FromSettings } from './from-settings'
import { functionIn, isFunction } from './hog-function'
import type { ParseText } from './hog-text'
import type { DestinationSettings, Inputs, Refused } from './types'
import { unknownInForm, unknownKeys } from './unknown-keys'

export type Configuration =
  | { readonly settings: AppSettings; readonly form?: undefined }
  | {
      readonly settings?: undefined
      /** With the key, if the file has one. */
      readonly form: DestinationSettings
      /** What PostHog gets of it, without the key; `undefined` if no mapping has an event. */
      readonly body: DestinationBody | undefined
    }

/**
 * @param source where the content comes from, for the sentences.
 * @param text the JSON of the content, if it is that of a file: of a key that it has twice, JSON keeps only the last value.
 * @returns the configuration, unchecked; or what is wrong with its shape.
 */
export function readConfiguration(
  content: unknown,
  source: string,
  text?: string,
): (Configuration & { readonly refusals?: undefined }) | Refused {
  const repeated = text === undefined ? undefined : repeatedName(text)
  if (repeated !== undefined)
    return { refusals: [`${source} has "${repeated}" twice: ${remedyForRepeated(repeated)}.`] }
  if (!isRecord(content))
    return { refusals: [`${source} contains no settings: write a JSON object like {"trackedEvents": "purchase"}.`] }
  if (!('inputs' in content || 'mappings' in content)) {
    return 'hog' in content || 'results' in content ? withoutInputs(content, source) : appSettingsIn(content, source)
  }
  return isFunction(content) ? functionIn(content, source) : savedFormIn(content, source)
}

/** PostHog's list of hog functions, or one of it. */
function withoutInputs({ id }: Content, source: string): Refused {
  const path = `hog_functions/${typeof id === 'string' ? id : 'ID'}/`
  return { refusals: [`${source} has no inputs, which a list of PostHog lacks: use PostHog's answer of ${path}.`] }
}

function remedyForRepeated(key: string): string {
  const setting = key === 'apiKey' ? undefined : ownProperty(settingFields, key)
  const isList = isRecord(setting) && !('choices' in setting)
  return isList ? 'write it once, with both texts joined by a comma' : 'remove one of the two'
}

/** The configuration without the key, for whoever uses another one. */
export function withoutKey(configuration: Configuration): Configuration {
  if (configuration.form === undefined) {
    const { apiKey: _, ...settings } = configuration.settings
    return { settings }
  }
  const { apiKey: _, ...inputs } = configuration.form.inputs
  return { ...configuration, form: { ...configuration.form, inputs } }
}

/**
 * Writes a configuration as the body of the request that creates the destination.
 *
 * @param apiKey the key of Loops: a setting that has it is refused.
 */
export function destinationOf(configuration: Configuration, parse: ParseText, apiKey?: string): FromSettings {
  if (configuration.form === undefined) {
    const { settings } = configuration
    const first = destinationFromSettings(settings)
    // The key of the file is not used, but a wrong one is a mistake that people want to know of.
    const { body, refusals = [] } = apiKey === undefined ? first : destinationFromSettings({ ...settings, apiKey })
    const all = [...new Set([...(first.refusals ?? []), ...refusals])]
    return body === undefined || all.length > 0 ? { refusals: all } : { body }
  }
  const { form, body } = configuration
  const foreign = body === undefined ? [] : fieldsWithoutHog(body)
  const refusals = problemsOfForm(form, parse, apiKey)
    .filter(({ key }) => !foreign.includes(key))
    .map((problem) => lineOf(problem, form))
  if (body === undefined) return { refusals: [NO_EVENT, ...refusals] }
  return refusals.length > 0 ? { refusals } : { body }
}

/** The fields whose texts are Liquid or plain text, which PostHog does not read as Hog. */
function fieldsWithoutHog({ inputs, mappings }: DestinationBody): (string | null)[] {
  const keysOf = (own: Inputs, prefix: string): string[] =>
    Object.entries(own).flatMap(([key, { templating = 'hog' }]) => (templating === 'hog' ? [] : [prefix + key]))
  return [...keysOf(inputs, ''), ...mappings.flatMap((mapping, index) => keysOf(mapping.inputs, `${index}.`))]
}

type Content = Readonly<Record<string, unknown>>

function appSettingsIn(content: Content, source: string): Configuration | Refused {
  const keys = Object.keys(settingFields)
  const unknown = unknownKeys(content, keys, `${source} has an unknown setting`, { added: ['inputs', 'mappings'] })
  const wrong = Object.entries(content).flatMap(([key, text]) =>
    !keys.includes(key) || typeof text === 'string'
      ? []
      : [`${source} has "${key}", whose value must be text: ${remedyForValue(key, text)}.`],
  )
  const refusals = [...unknown, ...wrong]
  return refusals.length > 0 ? { refusals } : { settings: content as AppSettings }
}

/** How a value that is no text is written. No message shows the key. */
function remedyForValue(key: string, value: unknown): string {
  const { choices } = (ownProperty(settingFields, key) ?? {}) as { readonly choices?: readonly string[] }
  if (choices !== undefined) return `write ${choices.map((choice) => `"${choice}"`).join(' or ')}`
  if (key === 'apiKey') return 'put it in quotes'
  const isPlainList = Array.isArray(value) && value.every((one) => typeof one === 'string' && /^[\w$@. -]+$/.test(one))
  return `write ${quoted(isPlainList ? value.join(', ') : JSON.stringify(value), '', withoutLikelyKeys)}`
}

// ---- The playground's file ----

function savedFormIn(content: Content, source: string): Configuration | Refused {
  const { inputs = {}, mappings } = content
  const defaults = formOfBody(builtDestination)
  const completed = {
    inputs: isRecord(inputs) ? { ...defaults.inputs, ...inputs } : inputs,
    mappings: Array.isArray(mappings) ? mappings.map(completedForm) : (mappings ?? defaults.mappings),
  }
  const form = formIn(completed)
  if (form === undefined) return { refusals: [noForm(completed)] }
  const written: readonly Content[] = Array.isArray(mappings) ? mappings : []
  const refusals = [
    ...unknownInForm(content, source),
    ...written.flatMap(({ name, inputs: own }, index) =>
      problemOfAction(name, isRecord(own) ? own.action : undefined, index, '"contact", "event" or "both"'),
    ),
  ]
  if (refusals.length > 0) return { refusals }
  const { apiKey: _, ...others } = form.inputs
  return { form, body: bodyOf({ ...form, inputs: others }).body }
}

function completedForm(mapping: unknown): unknown {
  if (!isRecord(mapping)) return mapping
  const { name, inputs = {} } = mapping
  const action = isRecord(inputs) ? actionOf(name, inputs.action) : undefined
  const [defaults] = formOfBody({ ...builtDestination, mappings: [kindOf(action)] }).mappings
  const filters: unknown = Array.isArray(mapping.filters) ? mapping.filters.map(completedFilter) : mapping.filters
  const written = { ...mapping, ...(filters !== undefined && { filters }) }
  return { ...defaults, ...written, inputs: isRecord(inputs) ? { ...defaults?.inputs, ...inputs, action } : inputs }
}

/** A filter without a type is one on the event, as in the app. */
function completedFilter(filter: unknown): unknown {
  return isRecord(filter) ? { ...filter, type: filter.type ?? 'event' } : filter
}
