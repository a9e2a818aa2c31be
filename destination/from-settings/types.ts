/**
 * The parts of the destination that its form, PostHog's REST API and the playground's page share. This file imports nothing,
 * because the page runs in a browser.
 */

/** Inputs as PostHog's REST API takes them. */
export type Inputs = Readonly<Record<string, { readonly value?: unknown; readonly templating?: unknown }>>

/** A field of the form. */
export interface InputSchema {
  readonly key: string
  /** `string`, `number`, `boolean`, `choice` or `dictionary`. */
  readonly type: string
  readonly label: string
  readonly description?: string
  readonly default?: unknown
  readonly secret?: boolean
  readonly hidden?: boolean
  readonly required?: boolean
  readonly choices?: readonly { readonly label: string; readonly value: string }[]
}

/** A property filter as PostHog's JSON has it. */
export interface WrittenFilter {
  readonly key: string
  readonly type: string
  readonly operator: string
  readonly value?: unknown
}

/** The values of the destination's form, by the keys of their fields. */
export interface DestinationSettings {
  inputs: Readonly<Record<string, unknown>>
  mappings: MappingSettings[]
}

export interface MappingSettings {
  name: string
  /** The names of its events; null stands for every event. */
  events: (string | null)[]
  filters: WrittenFilter[]
  inputs: Readonly<Record<string, unknown>>
}

/** The destination: its fields, and the values that its form starts with. */
export interface DestinationStart {
  fields: readonly InputSchema[]
  /** The fields of the mappings of each action: `contact`, `event`, `both`. */
  mappingFields: Readonly<Record<string, readonly InputSchema[]>>
  settings: DestinationSettings
}

/** Why something cannot be made: each problem in one sentence. */
export interface Refused {
  readonly refusals: readonly string[]
  readonly settings?: undefined
  readonly notices?: undefined
}

/** One problem of a form, in a sentence that ends with the remedy. */
export interface FormProblem {
  /** The key of the field, in the second mapping as `1.mailingLists`; null if the sentence is about the whole form. */
  readonly key: string | null
  /** Without the field's label, unless `key` is null. */
  readonly sentence: string
}
