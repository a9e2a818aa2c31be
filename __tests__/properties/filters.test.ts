/** Property filters in the app, in the simulator that is written from PostHog's page, and in PostHog's Hog VM. */
import { compiledFilter } from '../../tools/simulators/hog/compiled-filters'
import { compileTemplate } from '../../tools/simulators/hog/compiler'
import { propertyFilter, propertyOf } from '../../tools/simulators/hog/property-filters'
import { newestVm, runInVm } from '../../tools/simulators/hog/vm'
import { translate } from '../../src/translate/translate'
import { eventWith, receivedAt, settingsFor } from '../app/setup'
import { dateCase, filterCase, oppositesCase, OPPOSITES, plainFilterCase, propertyCase } from './filters'
import type { WrittenFilter } from './filters'
import { hogDifferences } from './hog-differences'
import type { FilterCase } from './hog-differences'
import { always } from './runs'

type Properties = Readonly<Record<string, unknown>>

/** Whether all filters match in the app, which knows the stored person. */
function matchesInApp(eventFilters: string, event: Properties, person: Properties): boolean {
  const settings = settingsFor({ trackedEvents: '*', contactEvents: '', eventFilters })
  const translation = translate(eventWith({ ...event }), settings, receivedAt, { properties: person })
  return translation !== undefined && !('unmet' in translation)
}

/** Whether all filters match as PostHog's page says. */
function matchesByPage(filters: readonly WrittenFilter[], event: Properties, person: Properties): boolean {
  return filters.map(propertyFilter).every((filter) => filter.passes(propertyOf(filter, { event, person })))
}

function matchesInHog(filter: WrittenFilter, properties: Properties): boolean {
  const compiled = compiledFilter(filter)
  if (compiled === undefined) throw new Error(`Not compiled: ${JSON.stringify(filter)}`)
  const ran = runInVm(newestVm, compileTemplate(compiled), { globals: { properties } })
  if (ran.error !== undefined) throw ran.error as Error
  return Boolean(ran.result)
}

const filterOf = ({ operator, value }: FilterCase): WrittenFilter => ({ key: 'a', operator, value })
const propertiesOf = ({ found }: FilterCase): Properties => (found === undefined ? {} : { a: found })

describe('property filters', () => {
  always("match in the app where PostHog's page says so", filterCase, ({ filters, event, person }) => {
    expect(matchesInApp(JSON.stringify(filters), event, person)).toBe(matchesByPage(filters, event, person))
  })

  always('mean the same in plain text and in JSON', plainFilterCase, ({ text, filters, event, person }) => {
    const expected = matchesByPage(filters, event, person)
    expect(matchesInApp(JSON.stringify(filters), event, person)).toBe(expected)
    expect(matchesInApp(text, event, person)).toBe(expected)
  })

  always('match exactly where their opposite does not', oppositesCase, ({ operator, value, found }) => {
    const properties = propertiesOf({ operator, value, found })
    const both = [operator, OPPOSITES[operator]].map((one) => filterOf({ operator: one, value, found }))
    const inApp = both.map((filter) => matchesInApp(JSON.stringify([filter]), properties, {}))
    const byPage = both.map((filter) => matchesByPage([filter], properties, {}))
    expect([inApp[0] !== inApp[1], byPage[0] !== byPage[1]]).toEqual([true, true])
  })

  always('match no person property that the app cannot know', filterCase, ({ filters, event, person }) => {
    const eventFilters = JSON.stringify(filters)
    const settings = settingsFor({ trackedEvents: '*', contactEvents: '', eventFilters })
    const translation = translate(eventWith({ ...event, $set: person }), settings, receivedAt)
    const isUnknown = filters.some(({ key, type }) => type === 'person' && !Object.hasOwn(person, key))
    const expected = !isUnknown && matchesByPage(filters, event, person)
    expect(translation !== undefined && !('unmet' in translation)).toBe(expected)
  })

  always('compare dates however they are written', dateCase, ({ filter, property, matches }) => {
    expect(matchesInApp(JSON.stringify([filter]), { at: property }, {})).toBe(matches)
    expect(matchesByPage([filter], { at: property }, {})).toBe(matches)
  })
})

describe("PostHog's Hog VM", () => {
  const seen = new Map<string, number>()
  const isKnown = (one: FilterCase): boolean => hogDifferences.some(({ applies }) => applies(one))

  always('matches where its page says so, but for the known differences', propertyCase, (one) => {
    const [byPage, inHog] = [
      matchesByPage([filterOf(one)], propertiesOf(one), {}),
      matchesInHog(filterOf(one), propertiesOf(one)),
    ]
    if (!isKnown(one)) expect(inHog).toBe(byPage)
    if (inHog === byPage) return
    for (const { because } of hogDifferences.filter(({ applies }) => applies(one))) {
      seen.set(because, (seen.get(because) ?? 0) + 1)
    }
  })

  afterAll(() => {
    const lines = hogDifferences.map(({ because }) => `${String(seen.get(because) ?? 0).padStart(7)}  ${because}\n`)
    process.stderr.write(
      `Filters that the Hog VM answers otherwise than PostHog's page, by the reasons:\n${lines.join('')}`,
    )
  })

  it.each(hogDifferences)('differs: $because', ({ example, applies }) => {
    expect(applies(example)).toBe(true)
    expect(matchesInHog(filterOf(example), propertiesOf(example))).toBe(
      !matchesByPage([filterOf(example)], propertiesOf(example), {}),
    )
  })
})
