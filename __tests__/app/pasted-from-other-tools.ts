/** Texts as people write them in Segment, Zapier, Customer.io, spreadsheets, chats and code, as in `pasted-texts.ts`. */
import type { PastedText } from './pasted-texts'

const NUMBER_BEFORE = 'has a number before an entry: write commas between entries'
const COMMENT = 'has a comment: remove it'
const INVISIBLE = 'has an invisible character: type the text again'
const SCRIPT = 'has a character of another script: write the plain one'
const WORDS = 'has OR, AND or NOT: write commas between events, and ! before an event to leave it out'
const INSIDE = 'has "!" inside: write a comma before it'
const TWICE = 'appears twice: remove one of the two'

export const trackedEvents: readonly PastedText[] = [
  ['User Signed Up, Order Completed', { 'User Signed Up': 'User Signed Up', user_signed_up: undefined }],
  [
    'search and filter used, yes or no',
    { 'search and filter used': 'search and filter used', 'yes or no': 'yes or no' },
  ],
  ['["*", "!purchase"]', { purchase: undefined, signup: 'signup' }],
  ['*.created', { 'user.created': 'user.created', created: undefined }],
  ['購入，登録', 'has a comma of another script'],
  ['購入、登録', 'has a comma of another script'],
  ['購入', { 購入: '購入' }],
  ['$pageview OR $pageleave', WORDS],
  ['purchase AND signup', WORDS],
  ['*, NOT purchase', WORDS],
  ['* !purchase', INSIDE],
  ['*!purchase', INSIDE],
  ['all except purchase', 'write * for every event'],
  ['everything but $pageview', 'write * for every event'],
  ['1. purchase', NUMBER_BEFORE],
  ['1) purchase, 2) signup', NUMBER_BEFORE],
  ['▪ purchase', 'has a dash or a bullet'],
  ['// purchase', COMMENT],
  ['# purchase', COMMENT],
  ['/* money */ purchase', COMMENT],
  ['purchase // money', COMMENT],
  ['purchase：Purchase', SCRIPT],
  ['order ＊', SCRIPT],
  ['＊，！purchase', 'has a comma of another script'],
  ['user\u2009signed up', INVISIBLE],
  ['user\u3000signed up', INVISIBLE],
  ['user\u202fsigned up', INVISIBLE],
  ['purchase\u00a0', { purchase: 'purchase' }],
  ['(?i)purchase', 'looks like a regular expression'],
  ['purchase&nbsp;', 'has ";"'],
  ['{"purchase": "A", "purchase": "B"}', `"purchase" ${TWICE}`],
  ['{"a": "A", "\\u0061": "B"}', `"a" ${TWICE}`],
  ['{"events": ["purchase"]}', 'needs the event name for Loops as text'],
  ['[{"purchase": "Purchase"}]', 'is not a JSON list of texts'],
  ['["purchase", // money\n "signup"]', 'is not valid JSON'],
]

const PLACES = 'write one placeholder, or several between commas'
const MORE = 'has more than a name in braces'
const SEVERAL = 'would give one person several contacts'

export const email: readonly PastedText[] = [
  ['{person.properties.email},', { email: 'ada@example.com' }],
  ['{event.properties.$set.email}', { email: 'ada@example.com' }],
  ['{person.properties.email ? person.properties.email : event.properties.email}', MORE],
  ['{person.properties.email or event.properties.email}', MORE],
  ['{person.properties.email and event.distinct_id}', MORE],
  ['{person.properties.email}/{event.properties.email}', PLACES],
  ['{person.properties.email}-{event.properties.email}', PLACES],
  ['{person.properties.email}{event.properties.email}', PLACES],
  ['{person.properties.email}.', PLACES],
  ['{person.properties.email}@', PLACES],
  ['@{person.properties.email}', PLACES],
  ['email={person.properties.email}', PLACES],
  ['email: {person.properties.email}', PLACES],
  ['({person.properties.email})', PLACES],
  ['{person.properties.email} OR {event.properties.email}', PLACES],
  ['{person.properties.emails.*}', MORE],
  ['{person.properties.email.trim(" ")}', 'has quotation marks'],
  ['{person.properties.email.at(0)}', MORE],
  ['{event.uuid}@example.com', SEVERAL],
  ['{event.distinct_id}-{event.timestamp}@example.com', SEVERAL],
  ['{person.properties.email\u202f}', INVISIBLE],
  ['｛person.properties.email｝', 'has a property outside braces'],
  ['{person.properties.email}，{event.properties.email}', 'has a comma of another script'],
  ['contact.email', 'is a placeholder of another tool'],
  ['trigger.event.email', 'is a placeholder of another tool'],
]

const AROUND = 'has text around the placeholder'

export const userId: readonly PastedText[] = [
  ['acct:{event.properties.plan}', { userId: 'acct:pro' }],
  ['id: {event.distinct_id}', AROUND],
  ['user_id={event.distinct_id}', AROUND],
  ['{event.distinct_id}.', AROUND],
  ['({event.distinct_id})', AROUND],
  ['/{event.distinct_id}/', AROUND],
  ['["({event.distinct_id})"]', { userId: '(user_1)' }],
  ['{event.uuid}', SEVERAL],
  ['{event.distinct_id}{event.timestamp}', SEVERAL],
  ['{event.distinct_id}-{event.event}', SEVERAL],
  ['{event.event}', 'would give everybody the same contact'],
]

export const excludedEmails: readonly PastedText[] = [
  ['@example.com, @example.org', { 'ada@example.com': true, 'ada@example.org': true, 'ada@a.example.org': false }],
  ['Ada Lovelace <ada@example.com>, bob@example.com', 'write ada@example.com.'],
  ['ada@example.com (Ada)', 'write ada@example.com.'],
  ['ada＠example.com', 'is neither an email nor a domain'],
  ['example。com', 'is neither an email nor a domain'],
  ['www.example.com', 'write example.com.'],
  ['https://www.example.com/path?x=1', 'write example.com.'],
  ['email contains example.com', 'write example.com.'],
  ['1. example.com', NUMBER_BEFORE],
  ['example.com // ours', COMMENT],
  ['# ours', COMMENT],
  ['{"example.com": true}', 'is not a JSON list of texts'],
]

const LEFT_OUT = 'means the text here: remove the entry to send nothing'
const ONLY_EVENTS = 'has "*", which only event names may contain: write each name'

export const eventProperties: readonly PastedText[] = [
  ['amount : {event.properties.total} , plan : {event.properties.plan}', { amount: 49.5, plan: 'pro' }],
  ['price: {event.properties.total} EUR', { price: '49.5 EUR' }],
  ['order: Order # {event.properties.total}', { order: 'Order # 49.5' }],
  ['summary: {event.properties.plan} at: {event.properties.total}', 'has a second name: write commas between entries'],
  ['{"summary": "{event.properties.plan} at: {event.properties.total}"}', { summary: 'pro at: 49.5' }],
  ['amount: {event.properties.total} plan: {event.properties.plan}', 'has a second name: write commas between entries'],
  ['amount: {event.properties.total} // net', COMMENT],
  ['amount: {event.properties.a + event.properties.b}', MORE],
  ['amount: {event.properties.total > 1}', MORE],
  ['amount: {event.properties.total ? 1 : 2}', MORE],
  ['amount: {event.properties.total.toFixed(2)}', MORE],
  ['names: {event.properties.items.*.name}', MORE],
  ['all: {event.properties.*}', MORE],
  ['*: *', ONLY_EVENTS],
  ['plan: *', ONLY_EVENTS],
  ['$*: {event.properties.$*}', ONLY_EVENTS],
  ['plan: plan', 'would send the text "plan" for everybody'],
  ['{"plan": "plan"}', { plan: 'plan' }],
  ['plan: null', LEFT_OUT],
  ['plan: undefined', LEFT_OUT],
  ['plan: message.properties.plan', 'has a property outside braces'],
  ['plan: steps.trigger.event.plan', 'is a placeholder of another tool'],
  ['plan: <%= plan %>', 'is a placeholder of another tool'],
  ['* plan: {event.properties.plan}', 'has a dash or a bullet'],
  ['1. plan: {event.properties.plan}', NUMBER_BEFORE],
  ['amount：{event.properties.total}', 'is not "name: value"'],
  ['amount：x: {event.properties.total}', 'has a colon of another script'],
  ['{"a": 1, "a": 2}', `"a" ${TWICE}`],
  ['{"a": 1, " a ": 2}', `"a" ${TWICE}`],
  ['{"a": "x}", "b": "{\\"a\\": 1, \\"a\\": 2}"}', 'has a brace "}" without its "{"'],
  ['{"a": "\\"b\\": 1", "b": 2}', { a: '"b": 1', b: 2 }],
]

const CHOICE = '"subscribed" must be true or false in Loops: write true, false or one placeholder'
const ada = { email: 'ada@example.com', userId: 'user_1' }

/** Meaning: the contact update. */
export const contactProperties: readonly PastedText[] = [
  ['subscribed: true', { ...ada, subscribed: true }],
  ['{"subscribed": false}', { ...ada, subscribed: false }],
  ['subscribed: {event.properties.newsletter}', { ...ada, subscribed: true }],
  ['subscribed: yes', CHOICE],
  ['subscribed: x{event.properties.newsletter}', CHOICE],
  ['{"subscribed": 1}', CHOICE],
  ['{"subscribed": ""}', ada],
  ['{"plan": "a", "plan": "b"}', `"plan" ${TWICE}`],
]

export const eventMailingLists: readonly PastedText[] = [
  ['{" abc ": true}', { abc: true }],
  ['{"abc": true, "abc": false}', `"abc" ${TWICE}`],
  ['{" abc": true, "abc": false}', `"abc" ${TWICE}`],
  ['abc: true, abc: false', `"abc" ${TWICE}`],
  ['*: true', ONLY_EVENTS],
  ['abc：true', 'is not "name: value"'],
  ['abc: 1', 'cannot be the value of list "abc"'],
  ['abc: not {event.properties.newsletter}', 'cannot be the value of list "abc"'],
]

const holds = { holds: true }
const NAME = 'has more than the name of a property'
const A_WORD = 'has an extra word before'
const SECOND = 'has a property or an operator after the operator'

export const eventFilters: readonly PastedText[] = [
  ['plan matches ^pro$, total > 1', holds],
  ['total > 4e1', holds],
  ['[{"key": "plan", "value": "pro", "label": "Plan"}]', holds],
  ['[{"key": "plan", "value": "pro", "operater": "is_not"}]', '"operater" is not a field of a filter'],
  ['[{"key": "plan", "value": "pro", "negation": true}]', '"negation" is not a field of a filter'],
  ['[{"key": "plan", "key": "total", "value": "pro"}]', `"key" ${TWICE}`],
  ['[{"key": "plan", "value": "pro"}, {"key": "total", "value": 49.5}]', holds],
  ['plan not matches pro', `${A_WORD} "matches"`],
  ['plan not = pro', `${A_WORD} "="`],
  ['plan is = pro', `${A_WORD} "="`],
  ['plan is not = pro', `${A_WORD} "="`],
  ['not plan = pro', `${A_WORD} "="`],
  ['!plan = pro', `${A_WORD} "="`],
  ['NOT (plan = pro)', `${A_WORD} "="`],
  ['(plan = pro)', NAME],
  ['plan = pro, or total > 1', NAME],
  ['plan = pro, and total > 1', NAME],
  ['where plan = pro', NAME],
  ['filter: plan = pro', NAME],
  ['* plan = pro', NAME],
  ['1. plan = pro', NUMBER_BEFORE],
  ['// plan = pro', COMMENT],
  ['plan = pro // ours', COMMENT],
  ['Person.plan = pro', NAME],
  ['$person.plan = pro', NAME],
  ['person. plan = free', NAME],
  ['person[plan] = free', NAME],
  ['traits.plan = pro', NAME],
  ['total + 1 > 2', NAME],
  ['plan = person.plan', SECOND],
  ['total = event.properties.total', SECOND],
  ['plan = is set', SECOND],
  ['plan matches /^pro/', 'has a pattern of another tool'],
  ['plan matches /pro/i', 'has a pattern of another tool'],
  ['plan matches %pro%', 'has a pattern of another tool'],
  ['full name contains A.*L', 'has a wildcard'],
  ['plan ≠ pro', 'has no operator'],
  ['plan ＝ pro', 'has no operator'],
  ['plan includes pro', 'has no operator'],
]

const SERVER = 'is not the URL of a server: write it like https://posthog.example.com'
const CLOUD = 'is PostHog Cloud, which runs no apps: write the URL of your own server'

export const posthogUrl: readonly PastedText[] = [
  ['https://us.posthog.com', CLOUD],
  ['https://eu.i.posthog.com/', CLOUD],
  ['https://notposthog.com', { posthogUrl: 'https://notposthog.com' }],
  ['https://example.com/posthog/', { posthogUrl: 'https://example.com/posthog' }],
  ['https://posthog.example.com/insights', SERVER],
  ['https://posthog.example.com/e/', SERVER],
  ['https://example.com/posthog/project/3/settings', SERVER],
  ['https://posthog.example.com/static/array.js', SERVER],
  ['https://posthog.example.com/?a=b', SERVER],
  ['https://..', SERVER],
  ['https:/posthog.example.com', SERVER],
]

export const maxEventAge: readonly PastedText[] = [
  ['24 hours', 'write one like 24'],
  ['1d', 'write one like 24'],
  ['unlimited', 'or leave it empty to send events of any age'],
  ['24,5', 'write one like 24'],
]
