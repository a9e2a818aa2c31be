/** Settings with those of a recipe added to them. */
import type { DestinationSettings, MappingSettings, Settings } from '../contract'
import { filtersIn, mappingOfRows, namesIn, rowsOfMapping, textOfFilters, textOfNames } from './setting-text'

type Combine = (there: string, added: string) => string | undefined

const COMBINED: Readonly<Record<string, Combine>> = {
  trackedEvents: withNames,
  contactEvents: withNames,
  eventProperties: withRows,
  contactProperties: withRows,
  eventMailingLists: withRows,
  contactMailingLists: withRows,
  eventFilters: withFilters,
  contactFilters: withFilters,
}

/**
 * The app's settings with those of a recipe added: its events, properties, lists and filters; other settings are the recipe's.
 * `left` has the keys of the settings that are written in a way that nothing can be added to.
 */
export function withRecipe(there: Settings, recipe: Settings): { settings: Settings; left: string[] } {
  const settings = { ...there }
  const left: string[] = []
  for (const [key, added] of Object.entries(recipe)) {
    const combined = (COMBINED[key] ?? (() => added))(there[key] ?? '', added)
    if (combined === undefined) left.push(key)
    else settings[key] = combined
  }
  return { settings, left }
}

/** The destination's form with the mappings of a recipe added, under names of their own. */
export function withMappings(there: DestinationSettings, recipe: DestinationSettings): DestinationSettings {
  const mappings = there.mappings.filter(({ events }) => events.length > 0)
  for (const mapping of recipe.mappings.filter(({ events }) => events.length > 0)) {
    mappings.push({ ...mapping, name: freeName(mapping.name, mappings) })
  }
  return { ...there, mappings }
}

/** `Send events 2`, if there is a mapping `Send events`. */
export function freeName(name: string, mappings: readonly Pick<MappingSettings, 'name'>[]): string {
  const base = name.replace(/ \d+$/, '')
  const names = [base, ...Array.from({ length: mappings.length + 1 }, (_, place) => `${base} ${place + 2}`)]
  return names.find((wanted) => mappings.every((mapping) => mapping.name !== wanted)) ?? base
}

/** The names of a list of events with one more. */
export function withNames(there: string, added: string): string | undefined {
  const [names, more] = [namesIn(there), namesIn(added)]
  return names && more && textOfNames([...new Set([...names, ...more])])
}

/** The rows of a mapping or of mailing lists with more rows; a name that both have gets the value of the added row. */
export function withRows(there: string, added: string): string | undefined {
  const [rows, more] = [rowsOfMapping(there), rowsOfMapping(added)]
  if (rows === undefined || more === undefined) return undefined
  const entries = [...rows, ...more].map(([name = '', value = '']) => [name, value] as const)
  return mappingOfRows([...new Map(entries)])
}

/** The filters with more filters: all of them must match. */
export function withFilters(there: string, added: string): string | undefined {
  const [filters, more] = [filtersIn(there), filtersIn(added)]
  return filters && more && textOfFilters([...filters, ...more])
}
