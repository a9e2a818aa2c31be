/** The app's settings for an export, in which there are persons but no events. */
import { lineOf, problemsOfForm } from '../../destination/from-settings/form-checks'
import type { Configuration } from '../../destination/from-settings/read'
import { asAppSettings } from '../../destination/from-settings/to-app'
import { loadHogParser } from '../simulators/hog/syntax-tree'
import type { AppConfig } from '../lib/shapes'
import { messageOf, UsageError } from '../lib/usage-error'
import { settingFields } from '../../src/settings/field'
import type { SettingKey } from '../../src/settings/field'
import { withoutKey } from '../../src/redact'
import type { Mapping } from '../../src/settings/mapping'
import type { Template } from '../../src/settings/template'
import type { LoopsValue } from '../../src/loops/values'
import { parseSettings } from '../../src/settings/settings'
import type { Settings } from '../../src/settings/settings'

export interface ExportSettings {
  readonly settings: Settings
  /** What the export leaves out of the settings, a sentence each. */
  readonly notices: readonly string[]
}

/**
 * The settings of either edition as those of the app.
 *
 * @returns them with a sentence for each property that the app's settings cannot have.
 * @throws UsageError if the contacts would be others than those of the destination.
 */
export async function appConfigOf(
  configuration: Configuration,
): Promise<{ config: AppConfig; notices: readonly string[] }> {
  if (configuration.form === undefined) return { config: { ...configuration.settings }, notices: [] }
  const parser = await loadHogParser()
  const parse = (text: string): unknown => parser.template(text)
  const problems = problemsOfForm(configuration.form, parse).map((problem) => lineOf(problem, configuration.form))
  const { settings, notices, refusals } =
    problems.length > 0 ? { refusals: problems } : asAppSettings(configuration.form, parse)
  if (settings === undefined) throw new UsageError(refusals.join('\n'))
  return { config: { ...settings }, notices }
}

/** The export asks Loops nothing, but the settings need a key. */
const UNUSED_KEY = 'export-sends-nothing-to-loops'

/** With a URL that is never requested, the settings may use `{person.id}`. */
const PERSONS_ARE_THERE = 'https://posthog.invalid'

/**
 * Parses the settings as the app does, and takes out what only an event can fill.
 *
 * @param userIdProperty replaces the setting "User ID" by this person property.
 * @throws UsageError that lists every problem of the settings; or each filter, user ID or address that reads the event: without
 * it the export would write other people than the app, or the wrong ones together.
 */
export function exportSettings(config: AppConfig, userIdProperty?: string): ExportSettings {
  const settings = parsed(config, userIdProperty)
  const problems = [...filterProblems(settings), ...userIdProblems(settings)]
  const email = settings.email.filter((template) => !readsEventBesideDistinctId(template))
  if (email.length === 0) {
    problems.push(
      `${label('email')}: ${eventTexts(settings.email)}, which a person does not have: name a person property too.`,
    )
  }
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
  const { mapping } = settings.contactUpdates
  const contactUpdates = {
    ...settings.contactUpdates,
    mapping: new Map([...mapping].filter(([, one]) => isFilled(one))),
  }
  return { settings: { ...settings, email, contactUpdates }, notices: noticesOf(settings) }
}

function parsed(config: AppConfig, userIdProperty: string | undefined): Settings {
  const fromPerson = {
    ...config,
    ...(userIdProperty !== undefined && { userId: JSON.stringify([`{person.properties.${userIdProperty}}`]) }),
    apiKey: UNUSED_KEY,
    delivery: 'direct',
    posthogUrl: PERSONS_ARE_THERE,
  }
  try {
    return parseSettings(fromPerson)
  } catch (error) {
    throw new UsageError(withoutKey(messageOf(error), config.apiKey ?? ''))
  }
}

function filterProblems({ contactUpdates: { filters } }: Settings): string[] {
  return filters.flatMap(({ type, key }, index) =>
    type === 'person'
      ? []
      : [
          `${label('contactFilters')}: filter ${index + 1} looks at the event property "${key}", which a person does not have: ` +
            `write person.${key}, or export with settings without this filter.`,
        ],
  )
}

function userIdProblems({ userId }: Settings): string[] {
  if (!readsEventBesideDistinctId(userId)) return []
  return [
    `${label('userId')}: ${eventTexts([userId])}, which a person does not have: name the person property with --user-id.`,
  ]
}

function noticesOf({ email, contactUpdates: { mapping, mailingLists } }: Settings): string[] {
  const unfilled = email.filter(readsEventBesideDistinctId)
  return [
    ...(unfilled.length > 0
      ? [
          `${label('email')}: ${eventTexts(unfilled)}, which a person does not have: the export reads the other properties.`,
        ]
      : []),
    ...[...mapping].flatMap(([name, value]) =>
      isFilled(value)
        ? []
        : [`${label('contactProperties')}: "${name}" reads the event, which a person does not have: it has no column.`],
    ),
    ...listNotices(mailingLists),
  ]
}

/** What Loops says of its import names no column for mailing lists. */
function listNotices(lists: Mapping): string[] {
  if (lists.size === 0) return []
  const names = [...lists.keys()].map((id) => `"${id}"`).join(', ')
  return [`${label('contactMailingLists')}: a CSV cannot contain mailing lists (${names}): add the contacts in Loops.`]
}

function isFilled(value: Template | LoopsValue): boolean {
  return typeof value !== 'object' || eventPlaceholders(value).length === 0
}

/** True if the template reads more of the event than its distinct_id, of which a person has several. */
function readsEventBesideDistinctId(template: Template): boolean {
  return eventPlaceholders(template).some((placeholder) => placeholder !== '{event.distinct_id}')
}

/** True if the template reads the distinct_id. */
export function readsDistinctId(template: Template): boolean {
  return eventPlaceholders(template).includes('{event.distinct_id}')
}

/** The placeholders of the template that stand for a value of the event, as the setting writes them. */
function eventPlaceholders(template: Template): string[] {
  return template.flatMap((part) => {
    if (typeof part === 'string') return []
    if (part.of === 'event') return [`{event.${part.field}}`]
    return part.of === 'event properties' ? [`{event.properties.${part.name}}`] : []
  })
}

function eventTexts(templates: readonly Template[]): string {
  const placeholders = [...new Set(templates.flatMap(eventPlaceholders))].filter((one) => one !== '{event.distinct_id}')
  return `${placeholders.join(', ')} ${placeholders.length === 1 ? 'reads' : 'read'} the event`
}

function label(key: SettingKey): string {
  return settingFields[key].label
}
