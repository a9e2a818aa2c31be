/** What Loops gets of a person. */
import { emailOf, personalId, userIdOf } from '../../src/translate/identity'
import { contactProperties } from '../../src/translate/properties'
import type { Properties } from '../../src/json'
import { isExcluded } from '../../src/settings/excluded-emails'
import { unmetFilter } from '../../src/settings/filters'
import { withPerson } from '../../src/posthog/person'
import type { EventWithPerson } from '../../src/posthog/person'
import type { LoopsValue } from '../../src/loops/values'
import type { Settings } from '../../src/settings/settings'
import { isFormula } from './cells'
import { readsDistinctId } from './export-settings'

/** A person as PostHog's REST API tells it. */
export interface Person {
  /** The UUID, or the number on servers that tell no UUID. */
  readonly id?: string
  /** Milliseconds since 1970; 0 if PostHog does not tell. */
  readonly createdAt: number
  readonly distinctIds: readonly string[]
  readonly properties: Properties
}

export interface Contact {
  readonly createdAt: number
  readonly email: string
  readonly userId?: string
  /** The contact properties, by their names in Loops. */
  readonly properties: Readonly<Record<string, LoopsValue>>
}

/** Why a person is left out, as a clause. */
export const LEFT_OUT = [
  'PostHog created them before --since',
  'a property filter does not match',
  'they have no email',
  'the settings exclude their email',
  'a spreadsheet would run their email as a formula',
  'another person with their email is written, or PostHog listed them twice',
] as const
export type LeftOut = (typeof LEFT_OUT)[number]

/**
 * Applies the settings to a person, with the app's own code. Depends on its arguments only.
 *
 * @returns the contact, or why the person is left out.
 */
export function contactOf(person: Person, settings: Settings, since = -Infinity): Contact | LeftOut {
  const { contactUpdates } = settings
  if (person.createdAt < since) return 'PostHog created them before --since'
  const data = eventOf(person, person.distinctIds[0])
  if (unmetFilter(contactUpdates.filters, data) !== undefined) return 'a property filter does not match'
  const email = addressOf(person, settings)
  if (email === undefined) return 'they have no email'
  if (isExcluded(settings.excludedEmails, email)) return 'the settings exclude their email'
  if (isFormula(email)) return 'a spreadsheet would run their email as a formula'
  const userId = userIdOfPerson(person, settings)
  const properties = contactProperties(contactUpdates, data)
  return {
    createdAt: person.createdAt,
    email,
    ...(userId !== undefined && !isFormula(userId) && { userId }),
    properties: properties as Record<string, LoopsValue>,
  }
}

/** The first entry of the setting that yields an email. An entry that yields several, by several distinct_ids, is skipped. */
function addressOf(person: Person, settings: Settings): string | undefined {
  for (const template of settings.email) {
    const ids = readsDistinctId(template) ? person.distinctIds : person.distinctIds.slice(0, 1)
    const found = new Set(
      (ids.length === 0 ? [undefined] : ids).map((id) =>
        emailOf({ ...settings, email: [template] }, eventOf(person, id)),
      ),
    )
    found.delete(undefined)
    const [address] = found
    if (found.size === 1) return address
  }
  return undefined
}

/**
 * The user ID that the setting yields. If the setting reads the distinct_id, exactly one of the person's distinct_ids must be
 * one that can be the person's own: not made by an SDK, not shared by many.
 */
function userIdOfPerson(person: Person, settings: Settings): string | undefined {
  if (!readsDistinctId(settings.userId)) return userIdOf(settings, eventOf(person, person.distinctIds[0]))
  const own = person.distinctIds.filter(
    (id) => !MADE_BY_SDK.test(id) && personalId(id, eventOf(person, id)) !== undefined,
  )
  return own.length === 1 ? userIdOf(settings, eventOf(person, own[0])) : undefined
}

/** A UUID, or the five groups of older posthog-js: PostHog itself takes a distinct_id of this form as anonymous. */
const MADE_BY_SDK = /^[\da-f]+(-[\da-f]+){4}$/i

/** An event without properties of its own that the person could have caused. */
function eventOf({ id, properties }: Person, distinctId = ''): EventWithPerson {
  const event = { event: '$set', distinct_id: distinctId, timestamp: '' }
  return withPerson(event, { ...(id !== undefined && { id }), properties })
}
