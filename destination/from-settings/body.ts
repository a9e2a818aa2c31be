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
  readonly filters: { readonly source: string } & Partial<MappingFilters>
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
  /** All of them must match. */
  readonly properties: readonly WrittenFilter[]
  readonly filter_test_accounts: boolean
}

/** An event by its name; the ID null stands for every event. */
export interface EventFilter {
  readonly id: string | null
  readonly name: string
  readonly type: string
  readonly order: number
  /** Filters of this event alone. */
  readonly properties?: readonly WrittenFilter[]
}

/** `dist/destination.json`, with the defaults and without the API key. */
export const builtDestination: DestinationBody = built
