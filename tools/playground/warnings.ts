import { emailOfEvent, UserIdsOfEmails } from '../lib/emails-of-others'
import { fieldsOf } from '../lib/request-body'
import type { AppConfig, CapturedEvent } from '../lib/shapes'
import type { ServerVersion } from '../simulators/posthog/versions'
import type { Result, ShownRequest, Verdict } from './contract'

type Values = Readonly<Record<string, unknown>>

/** The properties of one kind that the settings put into a request. */
export interface WantedProperties {
  /** The texts of the mapping, with their placeholders. */
  readonly texts: string
  readonly includeAll: boolean
}

/** A request with the event and the settings that it was made from. */
export interface Comparison {
  readonly event: CapturedEvent
  /** The properties of the person, as far as the edition knows them. */
  readonly person: Values
  /** The properties of the person that PostHog stores once the event is in. */
  readonly stored: Values
  readonly request: Pick<ShownRequest, 'body'>
  /** Left out if the event is not sent as an event. */
  readonly eventProperties?: WantedProperties | undefined
  /** Left out if the event does not update the contact. */
  readonly contactProperties?: WantedProperties | undefined
  /** The names that the settings give to events in Loops. */
  readonly newNames: readonly string[]
  /** Whether the settings ask for a user ID. */
  readonly wantsUserId: boolean
  /** How the edition writes the person's email, or else the distinct_id, as the email of the user. */
  readonly emailOrDistinctId: string
}

/** A request of the app with its origin. */
export interface AppComparison {
  readonly event: CapturedEvent
  /** With the defaults of plugin.json filled in. */
  readonly config: AppConfig
  readonly server: ServerVersion
  readonly verdict: Verdict
  readonly request: ShownRequest
  /** The properties of the person that PostHog stores once the event is in. */
  readonly stored: Values
}

/**
 * Lists the unexpected differences between an event and its request, each in a sentence. It compares the two from outside
 * and knows nothing of the app's code.
 */
export function warningsFor(comparison: Comparison): string[] {
  const body = fieldsOf(comparison.request.body)
  return [
    ...nameWarnings(comparison, body),
    ...cutWarnings(comparison, body),
    ...nestedWarnings(comparison),
    ...identityWarnings(comparison, body),
    ...[emailOfEvent(body, comparison.event, comparison.stored)].filter((sentence) => sentence !== undefined),
  ]
}

/** The warnings for a request of the app, with those of its server. */
export function warningsForApp({ event, config, server, verdict, request, stored }: AppComparison): string[] {
  const wanted = (group: Verdict['matched'][number], texts = '', includeAll = 'No') =>
    verdict.matched.includes(group) ? { texts, includeAll: includeAll === 'Yes' } : undefined
  const { $set, $set_once } = event.properties
  const comparison: Comparison = {
    event,
    request,
    person: { ...asValues($set_once), ...asValues($set) },
    stored,
    eventProperties: wanted('Events to send', config.eventProperties, config.includeAllEventProperties),
    contactProperties: wanted('Update contacts', config.contactProperties, config.includeAllPersonProperties),
    newNames: newNames(config.trackedEvents ?? ''),
    wantsUserId: config.userId?.trim() !== '',
    emailOrDistinctId: '{person.properties.email}, {event.distinct_id}',
  }
  return [...warningsFor(comparison), ...serverWarnings({ config, server })]
}

/** Warns of an email that gets a second user ID, as long as the settings stay the same. */
export class LinkWarnings {
  private readonly userIds = new UserIdsOfEmails()
  private settings = ''

  /** The result, with a warning if its request replaces the user ID of an email. */
  added(result: Result, settings: unknown): Result {
    const text = JSON.stringify(settings)
    if (text !== this.settings) this.clear()
    this.settings = text
    const warnings = result.requests.flatMap(({ body }) => {
      const before = body === '' ? undefined : this.userIds.note(fieldsOf(body))
      return before === undefined
        ? []
        : [
            `An earlier request has this email with the user ID "${before}", which Loops replaces: it may be somebody else's email.`,
          ]
    })
    return { ...result, warnings: [...result.warnings, ...new Set(warnings)] }
  }

  clear(): void {
    this.userIds.clear()
  }
}

function nameWarnings({ event, newNames }: Comparison, { eventName }: Values): string[] {
  const names = [event.event, ...newNames]
  const changed = names.find((name) => name.includes(':') && name.replaceAll(':', '_') === eventName)
  return changed === undefined
    ? []
    : [`Loops forbids ":" in event names: "${changed}" is named "${changed.replaceAll(':', '_')}" there.`]
}

function newNames(trackedEvents: string): string[] {
  try {
    return Object.values(asValues(JSON.parse(trackedEvents))).filter((name) => typeof name === 'string')
  } catch {
    return []
  }
}

function cutWarnings({ event, person }: Comparison, body: Values): string[] {
  const sources = [...textsIn([event.properties, person]), event.event, event.event.replaceAll(':', '_')]
  return Object.entries({ ...body, ...asValues(body.eventProperties) })
    .filter(([, value]) => typeof value === 'string' && isCut(value, sources))
    .map(([name]) => `"${name}" is cut to the 500 characters that Loops allows, quotes and escapes counted.`)
}

/** True if the value has the greatest length, and a text of the event continues after the value's end. */
function isCut(value: string, sources: readonly string[]): boolean {
  if (JSON.stringify(value).length < 494 || sources.includes(value)) return false
  const end = value.slice(-40)
  return sources.some((source) => source.includes(end) && !source.endsWith(end))
}

/** Every text in a value, and every list joined as the app joins it. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return [...(Array.isArray(value) ? [value.join(', ')] : []), ...Object.values(value).flatMap(textsIn)]
}

function nestedWarnings({ event, person, eventProperties, contactProperties }: Comparison): string[] {
  return [
    ...nestedIn('event', event.properties, eventProperties),
    ...nestedIn('person', person, contactProperties),
  ].map(([placeholder, inner]) => {
    const remedy = inner === undefined ? '' : `: map an inner value, like {${placeholder}.${inner}}`
    return `{${placeholder}} is left out, because it contains other values${remedy}.`
  })
}

/** The placeholders of requested nested values, each with the path of an inner value. */
function nestedIn(root: string, values: Values, wanted: WantedProperties | undefined): [string, string | undefined][] {
  const { texts, includeAll } = wanted ?? { texts: '', includeAll: false }
  const mapped = [...texts.matchAll(/\{\s*(event|person)\.properties\.([^{}]+?)\s*\}/g)]
    .filter(([, of]) => of === root)
    .map(([, , name = '']) => name)
  const all = includeAll ? Object.keys(values).filter((name) => !name.startsWith('$')) : []
  return [...new Set([...mapped, ...all])]
    .filter((name) => isNested(found(values, name)))
    .map((name) => [`${root}.properties.${name}`, innerPath(found(values, name))])
}

/** Looks a name up as the app does: first whole, then as a path. */
function found(values: Values, name: string): unknown {
  if (Object.hasOwn(values, name)) return values[name]
  return name.split('.').reduce<unknown>((value, key) => {
    const inner = typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    return inner ? (value as Values)[key] : undefined
  }, values)
}

function isNested(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const inner = Object.values(value) as unknown[]
  return Array.isArray(value) ? inner.some((item) => typeof item === 'object' && item !== null) : inner.length > 0
}

function innerPath(value: unknown): string | undefined {
  if (!isNested(value)) return undefined
  const [first] = Object.entries(value) as [string, unknown][]
  if (first === undefined) return undefined
  const [key, inner] = first
  const deeper = innerPath(inner)
  return deeper === undefined ? key : `${key}.${deeper}`
}

function identityWarnings({ wantsUserId, emailOrDistinctId }: Comparison, { email, userId }: Values): string[] {
  if (email === undefined) {
    const isEmail = typeof userId === 'string' && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(userId)
    return [
      'There is no email address: Loops accepts this only if a contact has the user ID already.',
      ...(isEmail ? [`The user ID is an email: write ${emailOrDistinctId} in "Email of the user".`] : []),
    ]
  }
  if (userId !== undefined || !wantsUserId) return []
  return ['There is no user ID: the one that the settings name is missing, anonymous, or shared by many people.']
}

function serverWarnings({ config, server }: Pick<AppComparison, 'config' | 'server'>): string[] {
  const twice = config.delivery === 'webhook' && server.webhookBodyEncodedTwice
  return [
    ...(config.dryRun === 'Yes'
      ? ['The app’s own setting "Dry run" is on: it logs this request and sends nothing.']
      : []),
    ...(twice
      ? [`PostHog ${server.name} encodes this body a second time, and Loops rejects it: choose "direct".`]
      : []),
    ...((config.posthogUrl ?? '') === ''
      ? []
      : ['The playground has no PostHog to look up persons: on your server the app may find more about this person.']),
  ]
}

function asValues(value: unknown): Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : {}
}
