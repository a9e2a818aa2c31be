import type { CapturedEvent } from '../../src/posthog/event'
import type { MeantSettings, Part, Parts } from './settings'

type Properties = Record<string, unknown>

export type Identity =
  | { readonly email?: string; readonly userId?: string; readonly emailIfUnknown?: string }
  | 'nobody'
  | `it has no email, and its ${string}`
  | 'nobody but by a distinct_id'
  | 'left out'

/** Who the event is about, read from the specification alone: section "Who" of what the app does. */
export function whoIs(event: CapturedEvent, settings: MeantSettings): Identity {
  const userId = userIdOf(event, settings.userId)
  const email = emailOf(event, settings)
  const fallback = email === undefined ? emailOf(withSetOnce(event), settings) : undefined
  if (email === undefined && fallback === undefined && userId === undefined) {
    return isAddress(event.distinct_id) ? 'nobody but by a distinct_id' : whyNobody(event, settings.userId)
  }
  if (isLeftOut(email ?? fallback ?? '', settings.excludedEmails)) return 'left out'
  if (userId === undefined) return { email: email ?? fallback ?? '' }
  if (email !== undefined) return { email, userId }
  return { userId, ...(fallback !== undefined && { emailIfUnknown: fallback }) }
}

function emailOf(event: CapturedEvent, { email }: MeantSettings): string | undefined {
  return email.map((template) => addressOf(event, template)).find((address) => address !== undefined)
}

/** The event as if it set what it sets once, where it does not set the same name. */
function withSetOnce(event: CapturedEvent): CapturedEvent {
  const properties = event.properties ?? {}
  const setOnce = objectOr(ownOf(properties, '$set_once') ?? event.$set_once)
  const set = objectOr(ownOf(properties, '$set') ?? event.$set)
  const joined = Object.fromEntries([...Object.entries(setOnce), ...Object.entries(set)])
  return { ...event, properties: { ...properties, $set: joined } }
}

/** What the event says of the person, and nothing else of it. What it sets once may be old. */
function personOf(event: CapturedEvent): Properties {
  const properties = event.properties ?? {}
  const set = objectOr(ownOf(properties, '$set') ?? event.$set)
  const unset = ownOf(properties, '$unset')
  const removed: unknown[] = Array.isArray(unset) ? unset : Object.keys(objectOr(unset))
  return Object.fromEntries(Object.entries(set).filter(([name]) => !removed.includes(name)))
}

function objectOr(value: unknown): Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Properties) : {}
}

function ownOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.getOwnPropertyNames(value).includes(name)
    ? (value as Properties)[name]
    : undefined
}

function found(event: CapturedEvent, part: Part): unknown {
  if ('text' in part) return part.text
  if ('eventProperty' in part) return wholeOrPath(event.properties, part.eventProperty)
  if ('personProperty' in part) return wholeOrPath(personOf(event), part.personProperty)
  if ('personId' in part) return undefined
  if (part.event !== 'timestamp') return event[part.event]
  const time = new Date(event.timestamp).getTime()
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

function wholeOrPath(properties: unknown, name: string): unknown {
  const whole = ownOf(properties, name)
  if (whole !== undefined) return whole
  let inner = properties
  for (const step of name.split('.')) inner = ownOf(inner, step)
  return inner
}

function addressOf(event: CapturedEvent, template: Parts): string | undefined {
  const [only] = template
  const value = template.length === 1 && only !== undefined ? found(event, only) : ownParts(event, template)
  if (typeof value !== 'string') return undefined
  const address = value.trim()
  return isAddress(address) ? address : undefined
}

function isAddress(text: string): boolean {
  const labels = text.split('@')[1]?.split('.') ?? []
  return (
    text.length <= 254 &&
    JSON.stringify(text).length <= 500 &&
    text.split('@').length === 2 &&
    !text.startsWith('@') &&
    labels.length >= 2 &&
    labels.every((label) => label !== '') &&
    Array.from(text).every((sign) => !'"(),:;<>[\\]'.includes(sign) && !/\s|\p{Cc}/u.test(sign))
  )
}

/** PostHog's list of illegal distinct_ids. */
const illegalIds = [
  ...['anonymous', 'guest', 'distinctid', 'distinct_id', 'id', 'not_authenticated', 'email', 'undefined', 'true'],
  ...['false', 'null', 'none', 'nan', '0', '[object object]', ''],
]

/** Text and parts put together, if there is none that is missing or shared. */
function ownParts(event: CapturedEvent, template: Parts): string | undefined {
  const parts = template.map((part) => {
    const value = found(event, part)
    if (typeof value !== 'string' && typeof value !== 'number') return undefined
    return 'text' in part || isSomeones(String(value), event) ? String(value) : undefined
  })
  return parts.every((part) => part !== undefined) ? parts.join('') : undefined
}

function userIdOf(event: CapturedEvent, template: Parts): string | undefined {
  const id = ownParts(event, template)
  return id !== undefined && isSomeones(id, event) ? id : undefined
}

/** The first part of the user ID, or else the whole, that is not one person's own. */
function whyNobody(event: CapturedEvent, template: Parts): Identity {
  const parts = template.filter((part) => !('text' in part)).map((part) => found(event, part))
  const isOwn = (value: unknown): boolean =>
    (typeof value === 'string' || typeof value === 'number') && isSomeones(String(value), event)
  const value = [...parts, ownParts(event, template)].find((each) => !isOwn(each))
  if ((typeof value !== 'string' && typeof value !== 'number') || JSON.stringify(String(value)).length > 500)
    return 'nobody'
  const name = String(value) === event.distinct_id ? 'distinct_id' : 'user ID'
  const word = withoutQuotes(String(value))
  if (word === '') return 'nobody'
  return `it has no email, and its ${name} ${illegalIds.includes(word) ? `"${word}" is shared by many people` : 'is anonymous'}`
}

function withoutQuotes(id: string): string {
  const signs = Array.from(id.toLowerCase())
  const isAround = (sign: string | undefined): boolean => sign !== undefined && /['"\s]/.test(sign)
  while (isAround(signs[0])) signs.shift()
  while (isAround(signs.at(-1))) signs.pop()
  return signs.join('')
}

/** Whether the ID is one person's own, and Loops takes it in full length. */
function isSomeones(id: string, event: CapturedEvent): boolean {
  if (JSON.stringify(id).length > 500) return false
  if (illegalIds.includes(withoutQuotes(id))) return false
  if (id === ownOf(event.properties, '$device_id')) return false
  return id !== event.distinct_id || !(isAnonymous(id, event) || isOfMobileSdk(id, event))
}

/** A mobile SDK, a UUID of version 7, and no sign that somebody has identified. */
function isOfMobileSdk(distinctId: string, { event, properties }: CapturedEvent): boolean {
  const sdks = ['posthog-react-native', 'posthog-ios', 'posthog-android', 'posthog-flutter', 'posthog-js-lite']
  if (!sdks.some((sdk) => ownOf(properties, '$lib') === sdk)) return false
  const groups = distinctId.toLowerCase().split('-')
  const isUuid = groups.map((group) => group.length).join() === '8,4,4,4,12' && /^[0-9a-f]+$/.test(groups.join(''))
  if (!isUuid || groups[2]?.startsWith('7') !== true) return false
  if (ownOf(properties, '$is_identified') === true) return false
  return (
    event !== '$identify' ||
    [undefined, null, '', distinctId].includes(ownOf(properties, '$anon_distinct_id') as string)
  )
}

/** The list of the specification, one line for each entry. */
function isAnonymous(distinctId: string, { properties }: CapturedEvent): boolean {
  const isMissing = (name: string): boolean => [undefined, null].includes(ownOf(properties, name) as undefined)
  if (ownOf(properties, '$is_identified') === false) return true
  if (ownOf(properties, '$process_person_profile') === false) return true
  if (/^cookieless_/.test(distinctId) || distinctId === '$posthog_cookieless') return true
  if (ownOf(properties, '$cookieless_mode') === true) return true
  if (ownOf(properties, '$anon_distinct_id') === distinctId) return true
  if (distinctId[0] === '$') return true
  const isBrowser = ownOf(properties, '$lib') === 'web' && !isMissing('$device_id')
  return isBrowser && isMissing('$is_identified') && ownOf(properties, '$user_id') !== distinctId
}

/** Whether an entry means the address: each notation as the regular expression of the addresses that it means. */
function isLeftOut(email: string, excluded: readonly string[]): boolean {
  return excluded.some((entry) => {
    const [domain = ''] = /[^@*]*$/.exec(entry.toLowerCase()) ?? []
    const escaped = domain.replace(/^\./, '').replace(/\./g, '\\.')
    if (entry.startsWith('*.')) return new RegExp(`[@.]${escaped}$`).test(email.toLowerCase())
    if (/^\*?@|^[^@]+$/.test(entry)) return new RegExp(`@${escaped}$`).test(email.toLowerCase())
    return entry.toLowerCase() === email.toLowerCase()
  })
}
