import colors from 'picocolors'
import type { CapturedEvent } from '../lib/shapes'
import type { Contact, RecordedEvent } from '../simulators/loops/contract'
import type { LogEntry, RequestRecord } from '../simulators/posthog/records'
import { commandFor } from './options'
import type { ReplayOptions } from './options'
import { waitSentence } from '../simulators/app/why-nothing-was-sent'
import type { EventResult } from './edition'
import { counted, withNoun } from './progress'

/** One event and its outcome, as lines for the terminal. */
export function eventReport(number: number, event: CapturedEvent, result: EventResult): string {
  const from = colors.dim(plain(`of ${event.distinct_id}, ${event.timestamp}`))
  const heading = `${String(number).padStart(3)}  ${colors.bold(plain(event.event))}  ${from}`
  return [heading, ...resultLines(result).map((line) => `     ${line}`.trimEnd()), ''].join('\n')
}

function resultLines({
  matched,
  heldBack,
  reason,
  hints,
  note,
  outcome: { made, errors, logs, waitsFor },
}: EventResult): string[] {
  const deliveries = made.filter(({ by }) => by !== 'setupPlugin')
  return [
    ...(matched.length === 0 ? [] : [plain(`matches ${matched.join(' and ')}`)]),
    ...heldBack.map((clause) => colors.yellow(plain(clause))),
    ...logs.filter(({ by, message }) => by !== 'setupPlugin' && !isSkipLine(message)).flatMap(logLine),
    ...deliveries.flatMap((request, index) => [
      ...repetitionLine(request, deliveries[index - 1]),
      ...requestLines(request),
      answerLine(request),
    ]),
    ...errors.map(({ name, message }) => colors.red(plain(`${name}: ${message}`))),
    ...(waitsFor === undefined ? [] : [colors.yellow(waitSentence(waitsFor))]),
    ...(reason === undefined ? [] : [colors.yellow(plain(reason))]),
    ...(note === undefined ? [] : [colors.yellow(note)]),
    ...hints.map((hint) => colors.yellow(plain(hint))),
  ]
}

/** True for the line with which the app logs a reason for the first time: the reason is shown for each event. */
function isSkipLine(message: string): boolean {
  return message.startsWith('An event is skipped: ')
}

/** Says how long after the first try the same request follows. */
function repetitionLine(request: RequestRecord, before: RequestRecord | undefined): string[] {
  const { method, url, body, at } = request
  if (before === undefined || before.method !== method || before.url !== url || before.body !== body) return []
  return [colors.yellow(`${Math.round((at - before.at) / 1000)} s later, once more:`)]
}

/** Method, URL and body; of the headers only the idempotency key, and never the API key. */
function requestLines({ method, url, headers, body }: RequestRecord): string[] {
  const key = headers['Idempotency-Key']
  return [
    `${colors.cyan(method)} ${url}`,
    ...(key === undefined ? [] : [colors.dim(plain(`Idempotency-Key: ${key}`))]),
    ...prettyJson(body),
  ]
}

function answerLine({ status, error, answer }: RequestRecord & { answer: string }): string {
  if (status === undefined) return colors.red(plain(`no answer: ${error ?? 'unknown'}`))
  return (status < 300 ? colors.green : colors.red)(plain(`${status} ${answer}`))
}

function prettyJson(text = ''): string[] {
  try {
    return JSON.stringify(JSON.parse(text), null, 2).split('\n').map(plain)
  } catch {
    return text === '' ? [] : [plain(text)]
  }
}

/** The lines that the app logged during set-up, which runs before the first event. */
export function setUpReport(logs: readonly LogEntry[]): string {
  const lines = logs.filter(({ by }) => by === 'setupPlugin').flatMap(logLine)
  return lines.length === 0 ? '' : [...lines, '', ''].join('\n')
}

/** A line of the app's Logs tab. Errors are left out: the report lists them separately. */
function logLine({ level, message }: LogEntry): string[] {
  return level === 'ERROR' ? [] : [colors.dim(plain(`${level} ${message}`))]
}

export const LINES_OF_LOOPS = 100

/** The contacts and events in Loops after the replay, the first hundred of each. */
export function loopsReport(
  contacts: readonly Contact[],
  events: readonly RecordedEvent[],
  eventCount = events.length,
): string {
  const contactLine = (contact: Contact): string => plain(`  ${JSON.stringify(filledIn(contact))}`)
  const eventLine = ({ eventName, email, eventProperties }: RecordedEvent): string =>
    plain(`  ${eventName} of ${email} ${JSON.stringify(eventProperties)}`)
  return [
    colors.bold(`Loops now has ${withNoun(contacts.length, 'contact')}`),
    ...firstLines(contacts, contacts.length, contactLine),
    colors.bold(`and ${withNoun(eventCount, 'event')}`),
    ...firstLines(events, eventCount, eventLine),
    '',
  ].join('\n')
}

function firstLines<Item>(items: readonly Item[], count: number, line: (item: Item) => string): string[] {
  const more = count - LINES_OF_LOOPS
  return [...items.slice(0, LINES_OF_LOOPS).map(line), ...(more > 0 ? [`  and ${counted(more)} more`] : [])]
}

/** What a replay has seen. */
export interface Tally {
  events: number
  /** Events that could not be replayed. */
  skipped: number
  /** Events that the settings skip because of their age. */
  tooOld: number
  /** Events with the properties of their person. */
  withPerson: number
  milliseconds: number
}

/** How many events were replayed, and what that took: time, and the largest memory of the process. */
export function effortReport({ events, skipped, milliseconds }: Tally): string {
  const seconds = milliseconds / 1000
  const time = seconds < 10 ? seconds.toFixed(1) : counted(Math.round(seconds))
  const megabytes = Math.ceil((process.resourceUsage().maxRSS * 1024) / 1_000_000)
  const left = skipped === 0 ? '' : `, ${counted(skipped)} skipped`
  return `${withNoun(events, 'event')}${left} in ${time} s, at most ${counted(megabytes)} MB\n`
}

/** What the reader may do next. */
export function nextSteps(options: ReplayOptions, { tooOld, withPerson }: Tally): string {
  const { events, config, server, liveKey } = options
  const isOwn = events !== undefined
  const files = `--events ${events ?? 'my-events.json'} --config ${isOwn && config !== undefined ? config : 'my-settings.json'}`
  const today = server === 'today' ? ' --server today' : ''
  const liveSteps = [[`LOOPS_API_KEY=... npm start -- --live ${files}${today}`, 'sends them to your Loops account']]
  const steps = [
    ...(liveKey === undefined && isOwn ? liveSteps : []),
    ...(isOwn ? [] : [[`npm start -- ${files}${today}`, 'your own events and settings']]),
    ...(today === ''
      ? [[commandFor('today', options), 'the same in the destination, for PostHog Cloud and newer servers']]
      : []),
    ['npm run playground', 'settings, events and requests in a page'],
  ]
  return [
    '',
    ...(tooOld === 0
      ? []
      : [
          `${withNoun(tooOld, 'event')} ${tooOld === 1 ? 'is' : 'are'} too old to be sent: to try them, set "maxEventAge" to "".`,
        ]),
    ...(withPerson > 0 && server !== 'today'
      ? ['The file contains persons. The app looks them up if "posthogUrl" is set, as in PostHog.']
      : []),
    colors.bold('Next'),
    ...steps.flatMap(([command = '', what = '']) => [`  ${plain(command)}`, `      ${what}`]),
    '',
  ].join('\n')
}

/** A text as one line for a terminal: control characters, which could rewrite what the terminal shows, are escaped. */
export function plain(text: string): string {
  return text.replace(CONTROL_CHARACTERS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The control characters, the line and paragraph separators, and the characters that change the direction of the text. */
const CONTROL_CHARACTERS = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

function filledIn(contact: Contact): Record<string, unknown> {
  return Object.fromEntries(Object.entries(contact).filter(([, value]) => value !== null && value !== ''))
}
