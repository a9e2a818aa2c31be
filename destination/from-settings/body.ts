/** The destination as PostHog's REST API takes it. */
import built from '../../dist/destination.json'
import type { InputSchema, Inputs, WrittenFilter } from './types'

export interface DestinationBody {
  readonly type: string
  readonly name: string
  readonly description: string
  readonly icon_url: string
  readonly enabled: boolean
  readonly hog: string
  readonly inputs_schema: readonly InputSchema[]
  readonly inputs: Inputs
  readonly filters: { readonly source: string }
  readonly mappings: readonly DestinationMapping[]
}

/** One use of the destination, with the events that it is for. */
export interface DestinationMapping {
  readonly name: string
  readonly inputs_schema: readonly InputSchema[]
  readonly inputs: Inputs
  readonly filters: MappingFilters
}

export interface MappingFilters {
  readonly source: string
  readonly events: readonly EventFilter[]
  readonly actions: readonly unknown[]
  /** All of them must hold. */
  readonly properties: readonly WrittenFilter[]
  readonly filter_test_accounts: boolean
}

/** An event by its name; the ID null stands for every event. */
export interface EventFilter {
  readonly id: string | null
  readonly name: string
  readonly type: string
  readonly order: number
}

/** With several values, a filter with one of these holds if all of them differ. */
export const NEGATIVE_OPERATORS: readonly string[] = ['is_not', 'not_icontains', 'not_regex']

/** `dist/destination.json`, with the defaults and without the API key. */
export const builtDestination: DestinationBody = built
