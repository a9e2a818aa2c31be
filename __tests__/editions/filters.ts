/** Property filters in the app and in the preview of the destination, behind one function. */
import { MappingFilters } from '../../tools/simulators/hog/mapping-filters'
import { translate } from '../../src/translate/translate'
import { unmetReasonWithValues } from '../../src/translate/skip-reasons'
import { eventWith, receivedAt, settingsFor } from '../app/setup'

/** What filters look at. In the app the person is the one that PostHog has stored, if the row does not say otherwise. */
export interface Filtered {
  readonly properties?: Readonly<Record<string, unknown>>
  readonly person?: Readonly<Record<string, unknown>>
}

/** Why the filters do not match, as a clause; `undefined` if all of them match. */
export type Unmet = (filters: readonly unknown[], filtered: Filtered) => string | undefined

export function unmetInApp(
  filters: readonly unknown[],
  { properties = {}, person = {} }: Filtered,
): string | undefined {
  const settings = settingsFor({ trackedEvents: 'purchase', contactEvents: '', eventFilters: JSON.stringify(filters) })
  const translation = translate(eventWith({ ...properties }), settings, receivedAt, { properties: person })
  return translation && 'unmet' in translation ? unmetReasonWithValues(translation.unmet, settings) : undefined
}

export function unmetInPreview(
  filters: readonly unknown[],
  { properties = {}, person = {} }: Filtered,
): string | undefined {
  return new MappingFilters({ properties: filters }).whyNot({ name: 'purchase', event: properties, person })
}

/** For `describe.each`. */
export const filterEditions: readonly (readonly [name: string, unmet: Unmet])[] = [
  ['the app', unmetInApp],
  ['the preview of the destination', unmetInPreview],
]
