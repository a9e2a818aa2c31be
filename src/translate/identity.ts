import { read, resolve } from '../rules/template'
import type { Template } from '../rules/template'
import type { EventWithPerson } from '../rules/person'
import { fits, isEmail } from '../rules/values'
import type { Settings } from '../settings'
import { own } from '../json'

/** The places where an address is looked for, up to the one that has it. */
export function emailPlacesUpTo(templates: readonly Template[], data: EventWithPerson): readonly Template[] {
  const found = templates.findIndex((template) => addressIn(template, data) !== undefined)
  return found < 0 ? templates : templates.slice(0, found)
}

function addressIn(template: Template, data: EventWithPerson): string | undefined {
  const value = template.length === 1 ? resolve(template, data) : ownParts(template, data)
  return typeof value === 'string' && isEmail(value.trim()) ? value.trim() : undefined
}

export function emailOf({ email }: Settings, data: EventWithPerson): string | undefined {
  return email.map((template) => addressIn(template, data)).find((address) => address !== undefined)
}

export function isExcluded({ excludedEmails }: Settings, email: string): boolean {
  const address = email.toLowerCase()
  return excludedEmails.has(address) || excludedEmails.has(address.slice(address.indexOf('@') + 1))
}

/** PostHog refuses to identify people by these, since many people would share them: Loops would fold them into one. */
const SHARED_ID =
  /^(anonymous|guest|distinct_?id|id|not_authenticated|email|undefined|true|false|null|none|nan|0|\[object object\]|)$/i

/** With a part missing, or with a part that is not one person's own, the whole would be shared: there is none then. */
function ownParts(template: Template, data: EventWithPerson): string | undefined {
  const parts = template.map((part) => (typeof part === 'string' ? part : idOf(read(part, data), data)))
  return parts.includes(undefined) ? undefined : parts.join('')
}

export function userIdOf({ userId }: Settings, data: EventWithPerson): string | undefined {
  return idOf(ownParts(userId, data), data)
}

function idOf(value: unknown, { event, properties }: EventWithPerson): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const id = String(value)
  const isAnonymous = own(properties, '$is_identified') === false && id === event.distinct_id
  // An id that is too long cannot be cut as other text is: two people might become one.
  if (isAnonymous || id === own(properties, '$device_id') || !fits(id)) return undefined
  return isShared(id) ? undefined : id
}

export function isShared(id: string): boolean {
  return SHARED_ID.test(id.replace(/^[\s'"]+|[\s'"]+$/g, ''))
}
