/** What the settings of --config add to a destination in PostHog and remove from it. */
import { isDeepStrictEqual } from 'node:util'
import { labelOf } from '../../destination/from-settings/form-checks'
import type { DestinationSettings, MappingSettings } from '../../destination/from-settings/types'

type Values = Readonly<Record<string, unknown>>

/** @returns a line for each difference, the label first; none if both are the same. */
export function changesBetween(before: DestinationSettings, after: DestinationSettings): string[] {
  const { added, removed, kept } = matched(before.mappings, after.mappings)
  return [
    ...inputChanges(before.inputs, after.inputs),
    ...removed.map((mapping) => `- the mapping ${shownMapping(mapping)}`),
    ...added.map((mapping) => `+ the mapping ${shownMapping(mapping)}`),
    ...kept.flatMap(([old, now]) => mappingChanges(old, now).map((line) => `${line} (in "${now.name}")`)),
  ]
}

/** Mappings belong together by their names. */
function matched(before: readonly MappingSettings[], after: readonly MappingSettings[]) {
  const namedAs = (list: readonly MappingSettings[], name: string): MappingSettings | undefined =>
    list.find((one) => one.name === name)
  return {
    removed: before.filter(({ name }) => namedAs(after, name) === undefined),
    added: after.filter(({ name }) => namedAs(before, name) === undefined),
    kept: after.flatMap((now) => {
      const old = namedAs(before, now.name)
      return old === undefined ? [] : [[old, now] as const]
    }),
  }
}

function mappingChanges(before: MappingSettings, after: MappingSettings): string[] {
  return [
    ...missingIn(after.events, before.events).map((event) => `- the event ${shownEvent(event)}`),
    ...missingIn(before.events, after.events).map((event) => `+ the event ${shownEvent(event)}`),
    ...missingIn(after.filters, before.filters).map((filter) => `- the property filter ${JSON.stringify(filter)}`),
    ...missingIn(before.filters, after.filters).map((filter) => `+ the property filter ${JSON.stringify(filter)}`),
    ...inputChanges(before.inputs, after.inputs),
  ]
}

/** Each item that the first list lacks. */
function missingIn<Item>(list: readonly Item[], items: readonly Item[]): Item[] {
  return items.filter((item) => !list.some((one) => isDeepStrictEqual(one, item)))
}

function inputChanges(before: Values, after: Values): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => key !== 'apiKey')
  return keys.flatMap((key) => valueChanges(labelOf(key), before[key], after[key]))
}

/** Of a dictionary the rows, of any other value both texts. */
function valueChanges(label: string, before: unknown, after: unknown): string[] {
  if (isDeepStrictEqual(before ?? '', after ?? '')) return []
  if (!isValues(before ?? {}) || !isValues(after ?? {})) return shownLines(label, before, after)
  const [old, now] = [(before ?? {}) as Values, (after ?? {}) as Values]
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((name) =>
    isDeepStrictEqual(old[name], now[name]) ? [] : shownLines(`${label}, ${name}`, old[name], now[name]),
  )
}

function shownLines(label: string, before: unknown, after: unknown): string[] {
  const line = (sign: string, value: unknown): string[] =>
    value === undefined || value === '' ? [] : [`${sign} ${label}: ${JSON.stringify(value)}`]
  return [...line('-', before), ...line('+', after)]
}

function shownMapping({ name, events }: MappingSettings): string {
  return `"${name}": ${events.map(shownEvent).join(', ')}`
}

function shownEvent(event: string | null): string {
  return event ?? 'every event'
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
