/**
 * Wrong inputs of the destination, as people type and paste them, with a part of the sentence that refuses each. Where the
 * app's form has the same setting, the texts are those of its own tables, `__tests__/app/pasted-*.ts`.
 */
import * as listsAndFilters from '../../app/pasted-lists-and-filters'
import * as ofOtherTools from '../../app/pasted-from-other-tools'
import * as texts from '../../app/pasted-texts'
import type { PastedText } from '../../app/pasted-texts'

/** The field as the page names it, its value, and a part of the sentence. */
export type WrongInput = readonly [key: string, value: unknown, sentence: string]

const OUTSIDE = 'has a property outside braces: write {event.properties.NAME} or {person.properties.NAME}'
const FOREIGN = 'is a placeholder of another tool: write {event.properties.NAME}'
const UNKNOWN = 'is not a placeholder: write {event.properties.NAME}, {person.properties.NAME}'
const SAME = 'would give everybody the same contact: write '
const LIST = 'cannot be the value of list "abc": write true, false or one placeholder'

const KEY_OF_POSTHOG = `phx_${'Ab3'.repeat(15)}`
const IS_POSTHOGS = '"[API key]" is an API key of PostHog: remove it.'

const byHand: readonly WrongInput[] = [
  ['apiKey', 'phc_0123456789abcdef', 'the key is a PostHog key: copy the key again from Loops'],
  ['apiKey', 'a key', 'the key has spaces or special characters inside: copy the key again'],
  ['userId', 'event.properties.account_id', 'has a property outside braces: write {event.properties.account_id}.'],
  ['userId', '{{event.distinct_id}}', 'has double braces: write {event.distinct_id}.'],
  ['userId', '{{ person.properties.id }}', 'has double braces: write {person.properties.id}.'],
  ['userId', 'user_1', SAME],
  ['userId', "{'user_1'}", SAME],
  ['userId', '{project.id}', SAME],
  [
    'userId',
    '{event.properties.account-id}',
    "has a name with a hyphen or a space: write {event.properties['account-id']}.",
  ],
  [
    'userId',
    '{event.distinct_id}, {person.id}',
    'gives several user IDs, but a contact has one: write {event.distinct_id}',
  ],
  ['userId', '{person.properties["id"]}', "has double quotes in braces: write {person.properties['id']}."],
  ['userId', '{[event.distinct_id, person.id]}', 'gives several user IDs, but a contact has one: write '],
  ['userId', 5, 'must be text'],
  [
    'email',
    '{event.properties.a}, {person.properties.email}',
    'has several placeholders between commas: write {[event.properties.a, person.properties.email]}.',
  ],
  [
    'email',
    '{person.properties.email}, {event.distinct_id}',
    'has several placeholders between commas: write {[person.properties.email, event.distinct_id]}.',
  ],
  [
    'email',
    "{[person.properties.email, event.properties['e-mail']]}, { event.distinct_id },",
    "write {[person.properties.email, event.properties['e-mail'], event.distinct_id]}.",
  ],
  [
    'email',
    '{event.distinct_id} or {person.properties.email}',
    'write {[event.distinct_id, person.properties.email]}.',
  ],
  [
    'email',
    '{event.distinct_id}@example.com, {person.properties.email}',
    'write one pair of braces, or {[person.properties.email, event.properties.email]}.',
  ],
  ['email', '{person.properties.email},', 'write {person.properties.email}.'],
  ['email', '{person.properties.email}, {event.uuid}', 'would give one person several contacts: write {person.'],
  ['email', '{event.properties.full name}', "write {event.properties['full name']}."],
  ['excludedEmails', '-example.com', 'is neither an email nor a domain: write '],
  ['maxEventAge', '-1', 'write one like 24'],
  ['maxEventAge', -1, 'write one like 24'],
  ['mailingListsFromEvents', 'Yes', 'must be true or false'],
  ['0.contactProperties', { plan: 'person.properties.plan' }, 'braces: write {person.properties.plan}; to '],
  ['0.contactProperties', { plan: '{{person.properties.plan}}' }, 'has double braces: write {person.properties.plan}.'],
  ['0.contactProperties', { plan: 'plan' }, 'would send the text "plan" for everybody: write {person.properties.plan}'],
  ['0.contactProperties', { email: '{person.properties.email}' }, 'has its own setting: remove it from the mapping'],
  ['0.contactProperties', { updatedAt: 'x' }, 'is reserved by Loops: choose another name'],
  [
    '0.contactProperties',
    { subscribed: 'yes' },
    'must be true or false in Loops: write true, false or one placeholder',
  ],
  ['0.contactProperties', 'plan: {person.properties.plan}', 'must be a dictionary like '],
  ['1.eventProperties', { total: 'the event.properties.total' }, OUTSIDE],
  ['1.eventProperties', { total: '{total}' }, 'write {event.properties.total} or {person.properties.total}.'],
  ['1.eventProperties', { total: '{event.total}' }, 'is not a placeholder: write {event.properties.total}.'],
  ['1.eventProperties', { total: '{event.propertis.total}' }, 'is not a placeholder: write {event.properties.total}.'],
  ['1.eventProperties', { plan: '{person.property.plan}' }, 'is not a placeholder: write {person.properties.plan}.'],
  ['1.eventProperties', { total: '{cart.total}' }, UNKNOWN],
  [
    '1.eventProperties',
    { total: '${event.properties.total}' },
    "without it; to send this text literally, write {concat('$', event.properties.total)}.",
  ],
  ['1.eventProperties', { total: '%total%' }, FOREIGN],
  ['1.eventProperties', { total: '"{event.properties.total}"' }, 'has quotation marks: remove them'],
  ['1.eventProperties', { total: '{event.properties.total' }, 'has a brace "{" without its "}"'],
  ['1.eventProperties', { total: ['a'] }, 'cannot be the value of "total": write text, a number, true or false'],
  ['1.eventProperties', { ' ': 'a' }, 'cannot be used as a name: choose another'],
  ['1.eventNames', { 'user signed up': '' }, 'needs the event name for Loops as text'],
  ['1.eventNames', { 'user signed up': 'event.event' }, 'has a property outside braces'],
  ['1.mailingLists', { abc: 'yes' }, LIST],
  ['1.mailingLists', { abc: 'event.properties.newsletter' }, LIST],
  [
    '1.mailingLists',
    { abc: '{{event.properties.newsletter}}' },
    'has double braces: write {event.properties.newsletter}.',
  ],
  ['0.contactProperties', { plan: KEY_OF_POSTHOG }, IS_POSTHOGS],
  ['0.contactProperties', { [KEY_OF_POSTHOG]: 'a' }, IS_POSTHOGS],
  ['1.events', [KEY_OF_POSTHOG], IS_POSTHOGS],
  ['1.filters', [{ key: 'a', type: 'event', operator: 'exact', value: ['b', KEY_OF_POSTHOG] }], IS_POSTHOGS],
  ['1.events', ['0123456789abcdef0123456789ABCDEF'], '"[API key]" is an API key: write it into "Loops API key" only.'],
  ['1.action', 'send', 'must be "contact", "event" or "both"'],
  ['1.events', ["'user signed up'"], 'has quotation marks: remove them'],
  ['1.events', ['“purchase”'], 'has quotation marks: remove them'],
  ['1.filters', [{ key: 'total', operator: 'gt', value: 'ten' }], '"ten" is not valid for gt (filter on "total")'],
  [
    '1.filters',
    [{ key: 'total', type: 'events', operator: 'gt', value: 10 }],
    '"events" is not a filter type (filter on "total"): write "event" or "person".',
  ],
  ['1.events', ['order *'], "has a wildcard, and PostHog's filters take whole names: write each event that you want"],
  [
    '1.filters',
    [{ key: 'plan', type: 'event', operator: 'sounds_like', value: 'pro' }],
    'is not an operator (filter on "plan")',
  ],
  [
    '1.filters',
    [{ key: 'total', type: 'event', operator: 'gt', value: 'much' }],
    'is not valid for gt (filter on "total")',
  ],
]

/** What the app's form refuses of these settings for a reason that Hog shares, with the app's own words. */
const SHARED: Readonly<Record<string, readonly RegExp[]>> = {
  email: [
    /quotation marks/,
    /double braces/,
    /without its/,
    /outside braces/,
    /"\$", "#"/,
    /another tool/,
    /is not a placeholder/,
    /same contact/,
    /several contacts/,
  ],
  userId: [
    /quotation marks/,
    /double braces/,
    /outside braces/,
    /another tool/,
    /is not a placeholder/,
    /same contact/,
    /several contacts/,
    /around the placeholder/,
  ],
  excludedEmails: [/./],
  maxEventAge: [/./],
}

const tables: readonly Readonly<Record<string, readonly PastedText[]>>[] = [
  { email: texts.email, userId: texts.userId },
  { excludedEmails: listsAndFilters.excludedEmails },
  {
    email: ofOtherTools.email,
    userId: ofOtherTools.userId,
    excludedEmails: ofOtherTools.excludedEmails,
    maxEventAge: ofOtherTools.maxEventAge,
  },
]

const ofApp: readonly WrongInput[] = tables.flatMap((table) =>
  Object.entries(table).flatMap(([key, rows]) =>
    rows.flatMap(([text, refusal]): WrongInput[] =>
      typeof refusal === 'string' && SHARED[key]?.some((shared) => shared.test(refusal)) === true
        ? [[key, text, refusal]]
        : [],
    ),
  ),
)

export const wrongInputs: readonly WrongInput[] = [...byHand, ...ofApp]
