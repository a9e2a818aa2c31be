/** More texts that people paste into the settings, as in `pasted-texts.ts`. */
import type { PastedText } from './pasted-texts'

const QUOTES = 'has quotation marks: remove them'
const NEITHER = 'is neither an email nor a domain: write'
const domain = { 'ada@example.com': true, 'ada@mail.example.com': false, 'ada@example.org': false }
const address = { 'ada@example.com': true, 'bob@example.com': false }

/** Meaning: whether each address is excluded. */
export const excludedEmails: readonly PastedText[] = [
  ['example.com', domain],
  ['@example.com', domain],
  ['*@example.com', domain],
  ['Example.COM', domain],
  ['["*@example.com"]', domain],
  ['*.example.com', { 'ada@example.com': true, 'ada@a.b.example.com': true, 'ada@notexample.com': false }],
  ['ada@example.com', address],
  ['ADA@Example.com , example.net', { ...address, 'x@example.net': true }],
  ["o'brien@example.com", { "o'brien@example.com": true, 'ada@example.com': false }],
  ['bücher.example', { 'ada@bücher.example': true }],
  ['', { 'ada@example.com': false }],
  ["'example.com'", QUOTES],
  ['“example.com”, “example.org”', QUOTES],
  ['"ada@example.com","bob@example.com"', QUOTES],
  ['example.com; example.org', 'has ";": write commas between entries'],
  ['example.com|example.org', 'has "|": write commas between entries'],
  ['example.com\nexample.org', 'has a line break or a tab'],
  ['- example.com', 'has a dash or a bullet before an entry'],
  ['example.com\u200b', 'has an invisible character'],
  ['example.com example.org', NEITHER],
  ['example.com/', `${NEITHER} example.com.`],
  ['https://example.com', `${NEITHER} example.com.`],
  ['!example.com', `${NEITHER} example.com.`],
  ['mailto:ada@example.com', `${NEITHER} ada@example.com.`],
  ['Ada <ada@example.com>', `${NEITHER} ada@example.com.`],
  ['.example.com', `${NEITHER} *.example.com for example.com and all domains below it.`],
  ['*@*.example.com', `${NEITHER} *.example.com for example.com`],
  ['@*.example.com', `${NEITHER} *.example.com for example.com`],
  ['*example.com', `${NEITHER} *.example.com for example.com`],
  ['%@example.com', `${NEITHER} *.example.com for example.com`],
  ['.*@example.com', `${NEITHER} *.example.com for example.com`],
  ['["*@*.example.com"]', `${NEITHER} *.example.com for example.com`],
  ['ada*@example.com', NEITHER],
  ['ada@*', `${NEITHER} ada@example.org, example.com or *.example.com.`],
  ['*@example.*', NEITHER],
  ['/@example\\.com$/', NEITHER],
  ['[^@]+@example.com', 'is not valid JSON'],
  ['example', NEITHER],
  ['*', NEITHER],
  ['@', NEITHER],
  ['127.0.0.1', NEITHER],
  ['ada at example.com', NEITHER],
  ['{person.properties.email}', NEITHER],
]

const lists = { abc: true, def: false }

/** Meaning: the mailing lists of the request. */
export const eventMailingLists: readonly PastedText[] = [
  ['abc: true, def: false', lists],
  ['{"abc": true, "def": "false"}', lists],
  ['abc: {event.properties.newsletter}', { abc: true }],
  ['abc: "true"', QUOTES],
  ['"abc": true', QUOTES],
  ['abc = true', 'needs one ":"'],
  ['abc: true; def: false', 'has ";"'],
  ['abc: true\ndef: false', 'has a line break'],
  ['- abc: true', 'has a dash or a bullet'],
  ['abc', 'is not "name: value"'],
  ['abc: yes', 'cannot be the value of list "abc": write true, false or one placeholder'],
  ['abc: TRUE', 'cannot be the value of list "abc"'],
  ['abc: subscribed', 'cannot be the value of list "abc"'],
  ['abc: event.properties.newsletter', 'has a property outside braces'],
  ['{abc: true}', 'because it has names without quotes'],
  ['{"abc": true,}', 'because it has a trailing comma'],
  ['{"abc": True}', 'which needs double quotes'],
  ['["abc", "def"]', 'is not a JSON object'],
  ['{event.properties.newsletter}: abc', 'has a placeholder before the colon'],
]

const holds = { holds: true }
const fails = { holds: false }
const SECOND = 'has a second operator or braces'
const SEVERAL = 'has several values or filters'
const OPERATORS =
  'has no operator: write one of =, !=, >, >=, <, <=, contains, not contains, matches, is set, is not set'

/** Meaning: whether all filters hold for the event. */
export const eventFilters: readonly PastedText[] = [
  ['', holds],
  ['plan = pro', holds],
  ['plan=pro,total>40', holds],
  ['plan = free', fails],
  ['plan != pro', fails],
  ['total >= 49.5, total <= 49.5, total < 50', holds],
  ['total > 49.5', fails],
  ['full name contains ada', holds],
  ['full name not contains ada', fails],
  ['plan matches ^(pro|team)$', holds],
  ['full name is set, missing is not set', holds],
  ['person.email is set', holds],
  ['person.plan = free', holds],
  ['person.plan = pro', fails],
  ['FULL NAME IS SET', fails],
  ['plan IS SET', holds],
  ['[{"key": "plan", "operator": "is_set", "value": []}]', holds],
  ['[{"key": "missing", "operator": "is_not_set", "value": []}]', holds],
  ['[{"key": "missing", "operator": "is_set", "value": []}]', fails],
  ['[{"key": "plan", "value": ["pro", "team"]}]', holds],
  [
    'plan = "pro"',
    `${QUOTES}; to use this text literally, write JSON like [{"key":"plan","type":"event","operator":"exact","value":"\\"pro\\""}].`,
  ],
  ["properties.plan = 'pro'", QUOTES],
  ['“plan” = pro', QUOTES],
  ['plan == pro', 'has "==": write =.'],
  ['plan === pro', 'has "===": write =.'],
  ['plan !== pro', 'has "!==": write !=.'],
  ['plan <> pro', 'has "<>": write !=.'],
  ['plan =~ pro', 'has "=~": write matches.'],
  ['total => 40', 'has "=>": write >=.'],
  ['total =< 40', 'has "=<": write <=.'],
  ['plan = =pro', SECOND],
  ['plan = pro and total > 40', 'has "and": write plan = pro, total > 40.'],
  ['plan = pro && total > 40', 'has "&&": write plan = pro, total > 40.'],
  ['plan = {person.properties.plan}', SECOND],
  [
    'plan = pro or team',
    'has "or": write JSON with all values, [{"key":"plan","type":"event","operator":"exact","value":["pro","team"]}].',
  ],
  [
    'person.plan = pro or person.plan = team OR person.plan = free',
    'has "or": write JSON with all values, [{"key":"plan","type":"person","operator":"exact","value":["pro","team","free"]}].',
  ],
  [
    'plan = pro or total > 40',
    'has "or" between two filters: write filters that must all match, with commas between them.',
  ],
  ['plan != pro or plan != team', 'has "or" after !=: write filters that must all match, with commas between them.'],
  ['plan = pro AND team', SEVERAL],
  ['plan = (pro)', SEVERAL],
  ['plan = pro*', 'has a wildcard: write contains or matches'],
  ['plan contains %pro%', 'has a wildcard'],
  ['plan = pro; total > 40', 'has ";"'],
  ['plan = pro | team', 'has "|"'],
  ['plan = pro\ntotal > 40', 'has a line break'],
  ['- plan = pro', 'has a dash or a bullet'],
  ['plan', OPERATORS],
  ['plan: pro', OPERATORS],
  ['plan is pro', OPERATORS],
  ['plan equals pro', OPERATORS],
  ['plan like pro', OPERATORS],
  ['plan in pro, team', OPERATORS],
  ['email exists', OPERATORS],
  ['email is not null', OPERATORS],
  ['total ≥ 40', OPERATORS],
  ['name does not contain ada', OPERATORS],
  ['total > 1,000', OPERATORS],
  ['plan =', 'has no value after "="'],
  ['name contains', 'has no value after "contains"'],
  ['= pro', 'has no property before "="'],
  ['person. = pro', 'has no property before "="'],
  ['plan is set = true', 'has a text after "is set": remove it.'],
  ['event.properties.plan = pro', 'has more than the name of a property: write plan = pro.'],
  ['person.properties.plan = pro', 'has more than the name of a property: write person.plan = pro.'],
  ['event.plan = pro', 'has more than the name of a property: write plan = pro.'],
  ['{event.properties.plan} = pro', 'has more than the name of a property: write plan = pro.'],
  ['{person.properties.plan} = pro', 'has more than the name of a property: write person.plan = pro.'],
  ['{{person.plan}} is set', 'has more than the name of a property: write person.plan is set.'],
  ['total > $40', '"$40" is not valid for > (filter on "total"): write a number.'],
  ['total <= ten', '"ten" is not valid for <= (filter on "total"): write a number.'],
  ['[{"key": "total", "operator": "lte", "value": "ten"}]', '"ten" is not valid for lte (filter on "total")'],
  ['total > many', 'write a number'],
  ['path matches (', 'write a regular expression of RE2'],
  ['[{"key": "plan", "value": "pro"},]', 'because it has a trailing comma'],
  ["[{'key': 'plan', 'value': 'pro'}]", 'because it has single quotes'],
  ['[{key: "plan", value: "pro"}]', 'because it has names without quotes'],
  ['[{“key”: “plan”, “value”: “pro”}]', 'because it has smart quotes'],
  ['{"key": "plan", "value": "pro"}', 'is not a list of filters'],
]

const NUMBER = 'must be a number above 0 and up to 1000'
const SERVER = 'is not the URL of a server: write it like https://posthog.example.com'

/** Meaning: the setting itself, in this table and the next. */
export const requestsPerSecond: readonly PastedText[] = [
  ['5', { requestsPerSecond: 5 }],
  ['2.5', { requestsPerSecond: 2.5 }],
  ['10/s', NUMBER],
  ['10 per second', NUMBER],
  ['2,5', NUMBER],
  ['0x10', NUMBER],
  ['1e2', NUMBER],
  ['"10"', NUMBER],
  ['unlimited', NUMBER],
]

export const posthogUrl: readonly PastedText[] = [
  ['https://posthog.example.com/', { posthogUrl: 'https://posthog.example.com' }],
  ['http://10.0.0.1:8000', { posthogUrl: 'http://10.0.0.1:8000' }],
  ['http://10.0.0.1:8000/posthog//', { posthogUrl: 'http://10.0.0.1:8000/posthog' }],
  ['ftp://posthog.example.com', SERVER],
  ['https://user:secret@posthog.example.com', SERVER],
  ['https://posthog example.com', SERVER],
  ['posthog.example.com', SERVER],
  ['"https://posthog.example.com"', SERVER],
  ["https://posthog.example.com'", SERVER],
  ['https://posthog.example.com,', SERVER],
  ['https://https://posthog.example.com', SERVER],
  ['<https://posthog.example.com>', SERVER],
  ['https://posthog.example.com/project/1/events', SERVER],
  ['[PostHog](https://posthog.example.com)', SERVER],
]
