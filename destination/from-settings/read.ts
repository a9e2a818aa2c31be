/**
 * Reads a configuration in any of its forms: the settings of the app, the destination as the playground saves it,
 * `dist/destination.json`, and a hog function as PostHog's API gives it. What is left out has its default.
 */
import { isRecord } from '../../src/json'
import { settingFields } from '../../src/settings/field'
import { builtDestination } from './body'
import type { DestinationBody, DestinationMapping, MappingFilters } from './body'
import { bodyOf, formIn, formOfBody, NO_EVENT, NO_FORM, SEND, UPDATE } from './form'
import { lineOf, problemsOfForm } from './form-checks'
import { destinationFromSettings } from './from-settings'
import type { AppSettings, FromSettings } from './from-settings'
import type { ParseText } from './hog-text'
import type { DestinationSettings, Inputs, Refused } from './types'

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
 * @returns the configuration, unchecked; or what is wrong with its shape.
 */
export function readConfiguration(
  content: unknown,
  source: string,
): (Configuration & { readonly refusals?: undefined }) | Refused {
  if (!isRecord(content))
    return { refusals: [`${source} contains no settings: write a JSON object like {"trackedEvents": "purchase"}.`] }
  if (!('inputs' in content || 'mappings' in content)) return appSettingsIn(content, source)
  return isFunction(content) ? functionIn(content, source) : savedFormIn(content)
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

function appSettingsIn(content: Content, source: string): Configuration | Refused {
  const keys = Object.keys(settingFields)
  const refusals = Object.entries(content).flatMap(([key, text]) => {
    if (!keys.includes(key)) return [`${source} has an unknown setting "${key}": use ${keys.join(', ')}.`]
    return typeof text === 'string' ? [] : [`${source} has "${key}", whose value must be text: put it in quotes.`]
  })
  return refusals.length > 0 ? { refusals } : { settings: content as AppSettings }
}

type Content = Readonly<Record<string, unknown>>

/** True for a hog function as in PostHog's API: its values are in objects, and its events in `filters`. */
function isFunction({ hog, type, inputs, mappings }: Content): boolean {
  const values = isRecord(inputs) ? Object.values(inputs) : []
  const hasValues = values.length > 0 && values.every((input) => isRecord(input))
  const isMapped = Array.isArray(mappings) && mappings.some((one) => isRecord(one) && isRecord(one.filters))
  return hog !== undefined || type !== undefined || hasValues || isMapped
}

// ---- The playground's file ----

function savedFormIn({ inputs = {}, mappings }: Content): Configuration | Refused {
  const all = Array.isArray(mappings) ? mappings.map(completedForm) : mappings
  const defaults = formOfBody(builtDestination)
  const form = formIn({
    inputs: isRecord(inputs) ? { ...defaults.inputs, ...inputs } : inputs,
    mappings: all ?? defaults.mappings,
  })
  if (form === undefined) return { refusals: [NO_FORM] }
  const written = Array.isArray(mappings) ? mappings.filter(isRecord) : []
  const refusals = withoutAction(written, ({ action }) => action, '"contact", "event" or "both"')
  if (refusals.length > 0) return { refusals }
  const { apiKey: _, ...others } = form.inputs
  return { form, body: bodyOf({ ...form, inputs: others }).body }
}

function completedForm(mapping: unknown): unknown {
  if (!isRecord(mapping)) return mapping
  const { name, inputs = {} } = mapping
  const action = isRecord(inputs) ? actionOf(name, inputs.action) : undefined
  const [defaults] = formOfBody({ ...builtDestination, mappings: [kindOf(action)] }).mappings
  return { ...defaults, ...mapping, inputs: isRecord(inputs) ? { ...defaults?.inputs, ...inputs, action } : inputs }
}

// ---- The action: a default would send as events what is meant to update contacts ----

/** The action of a mapping: what is written, or what the name of a built-in mapping says; `undefined` if neither tells. */
function actionOf(name: unknown, written: unknown): unknown {
  if (written !== undefined && written !== null && written !== '') return written
  return [UPDATE, SEND].find((kind) => kind.name === name)?.inputs.action?.value
}

function kindOf(action: unknown): DestinationMapping {
  return action === 'contact' ? UPDATE : SEND
}

/** A sentence for each mapping whose action is neither written nor said by its name. */
function withoutAction(
  mappings: readonly Content[],
  actionIn: (inputs: Content) => unknown,
  example: string,
): string[] {
  return mappings.flatMap(({ name, inputs }, place) => {
    const action = isRecord(inputs) ? actionIn(inputs) : undefined
    if (actionOf(name, action) !== undefined) return []
    const subject = typeof name === 'string' && name !== '' ? `"${name}"` : `Mapping ${place + 1}`
    return [`${subject} has no action: write "action": ${example} in its inputs.`]
  })
}

// ---- PostHog's function ----

const NO_INPUTS = 'has invalid "inputs": write {"email": {"value": "{person.properties.email}"}}.'
const ANOTHER_FUNCTION = 'contains another hog function: the destination of this project has "mappings".'
const NO_MAPPINGS =
  'has invalid "mappings": write a list in which each has a name, inputs and filters, as in dist/destination.json.'

function functionIn(content: Content, source: string): Configuration | Refused {
  const { hog, inputs = {}, mappings, filters = {} } = content
  if (hog !== undefined && !Array.isArray(mappings)) return { refusals: [`${source} ${ANOTHER_FUNCTION}`] }
  const written = mappings ?? builtDestination.mappings
  if (!areInputs(inputs)) return { refusals: [`${source} ${NO_INPUTS}`] }
  if (!Array.isArray(written) || !written.every(isRecord)) return { refusals: [`${source} ${NO_MAPPINGS}`] }
  if (!written.every(({ inputs: own = {} }) => areInputs(own))) return { refusals: [`${source} ${NO_INPUTS}`] }
  if (!isRecord(filters))
    return { refusals: [`${source} has invalid "filters": write them as in dist/destination.json.`] }
  const example = '{"value": "contact"}, "event" or "both",'
  const refusals = withoutAction(written, ({ action }) => (isRecord(action) ? action.value : undefined), example)
  if (refusals.length > 0) return { refusals }
  const { apiKey, ...writtenInputs } = writableInputs(inputs)
  const body: DestinationBody = {
    ...builtDestination,
    inputs: { ...builtDestination.inputs, ...writtenInputs },
    mappings: written.map(completedMapping),
    filters: { ...builtDestination.filters, ...writableFilters(filters) },
  }
  const form = formOfBody(body)
  const key = apiKey?.value
  return { body, form: { ...form, inputs: { ...form.inputs, ...(key !== undefined && { apiKey: key }) } } }
}

function completedMapping(mapping: Content): DestinationMapping {
  const inputs = writableInputs(mapping.inputs)
  const value = actionOf(mapping.name, inputs.action?.value)
  const kind = kindOf(value)
  const filters = { ...kind.filters, ...writableFilters(mapping.filters) } as MappingFilters
  return {
    name: typeof mapping.name === 'string' && mapping.name !== '' ? mapping.name : kind.name,
    inputs_schema: kind.inputs_schema,
    inputs: { ...kind.inputs, ...inputs, action: { ...inputs.action, value } },
    filters: { ...filters, events: mapping.filters === undefined ? kind.filters.events : eventsIn(mapping.filters) },
  }
}

/** Without `events` PostHog goes by the actions. */
function eventsIn(filters: unknown): MappingFilters['events'] {
  const events = isRecord(filters) ? filters.events : undefined
  return Array.isArray(events) ? (events as MappingFilters['events']) : []
}

/** The fields of an input that people set; PostHog adds others. */
const WRITABLE = ['value', 'templating']

/**
 * The inputs as PostHog takes them: without the bytecode that it makes of them, and without the secrets, which it keeps.
 */
export function writableInputs(inputs: unknown): Inputs {
  const entries = isRecord(inputs) ? Object.entries(inputs) : []
  return Object.fromEntries(
    entries.flatMap(([key, input]) => {
      if (!isRecord(input) || !('value' in input)) return []
      return [[key, Object.fromEntries(Object.entries(input).filter(([name]) => WRITABLE.includes(name)))]]
    }),
  )
}

/** The filters as PostHog takes them: without the bytecode that it makes of them. */
export function writableFilters(filters: unknown): Content {
  if (!isRecord(filters)) return {}
  const { bytecode: _, bytecode_error: _error, ...written } = filters
  return written
}

function areInputs(inputs: unknown): inputs is Inputs {
  return isRecord(inputs) && Object.values(inputs).every((input) => isRecord(input))
}
