import colors from 'picocolors'
import type { CapturedEvent } from '../lib/shapes'
import type { Contact, RecordedEvent } from '../simulators/loops/contract'
import type { LogEntry, RequestRecord } from '../simulators/posthog/records'
import type { EventResult } from './edition'
import { counted } from './progress'

/** One event and its outcome, as lines for the terminal. */
export function eventReport(place: number, event: CapturedEvent, result: EventResult): string {
  const from = colors.dim(`of ${event.distinct_id}, ${event.timestamp}`)
  const heading = `${String(place).padStart(3)}  ${colors.bold(event.event)}  ${from}`
  return [heading, ...resultLines(result).map((line) => `     ${line}`.trimEnd()), ''].join('\n')
}

function resultLines({ matched, reason, hints, outcome: { made, errors, logs, waits } }: EventResult): string[] {
  const deliveries = made.filter(({ by }) => by !== 'setupPlugin')
  return [
    ...(matched.length === 0 ? [] : [`matches ${matched.join(' and ')}`]),
    ...logs.filter(({ by }) => by !== 'setupPlugin').flatMap(logLine),
    ...deliveries.flatMap((request) => [...requestLines(request), answerLine(request)]),
    ...errors.map(({ name, message }) => colors.red(`${name}: ${message}`)),
    ...(waits ? [colors.yellow('a request failed; PostHog keeps it in the job queue for another try')] : []),
    ...(reason === undefined ? [] : [colors.yellow(reason)]),
    ...hints.map((hint) => colors.yellow(hint)),
  ]
}

/** Method, address and body; of the headers only the idempotency key, and never the API key. */
function requestLines({ method, url, headers, body }: RequestRecord): string[] {
  const key = headers['Idempotency-Key']
  return [
    `${colors.cyan(method)} ${url}`,
    ...(key === undefined ? [] : [colors.dim(`Idempotency-Key: ${key}`)]),
    ...prettyJson(body),
  ]
}

function answerLine({ status, error, answer }: RequestRecord & { answer: string }): string {
  if (status === undefined) return colors.red(`no answer: ${error ?? 'unknown'}`)
  return (status < 300 ? colors.green : colors.red)(`${status} ${answer}`)
}

function prettyJson(text = ''): string[] {
  try {
    return JSON.stringify(JSON.parse(text), null, 2).split('\n')
  } catch {
    return text === '' ? [] : [text]
  }
}

/** The lines that the app logged during set-up, which runs before the first event. */
export function setUpReport(logs: readonly LogEntry[]): string {
  const lines = logs.filter(({ by }) => by === 'setupPlugin').flatMap(logLine)
  return lines.length === 0 ? '' : [...lines, '', ''].join('\n')
}

/** A line of the app's Logs tab. Errors are left out: the report lists them separately. */
function logLine({ level, message }: LogEntry): string[] {
  return level === 'ERROR' ? [] : [colors.dim(`${level} ${message}`)]
}

const LINES_OF_LOOPS = 100

/** The contacts and events in Loops after the replay, the first hundred of each. */
export function loopsReport(contacts: readonly Contact[], events: readonly RecordedEvent[]): string {
  const contactLine = (contact: Contact): string => `  ${JSON.stringify(filledIn(contact))}`
  const eventLine = ({ eventName, email, eventProperties }: RecordedEvent): string =>
    `  ${eventName} of ${email} ${JSON.stringify(eventProperties)}`
  return [
    colors.bold(`Loops now has ${withNoun(contacts.length, 'contact')}`),
    ...firstLines(contacts, contactLine),
    colors.bold(`and ${withNoun(events.length, 'event')}`),
    ...firstLines(events, eventLine),
    '',
  ].join('\n')
}

function firstLines<Item>(items: readonly Item[], line: (item: Item) => string): string[] {
  const more = items.length - LINES_OF_LOOPS
  return [...items.slice(0, LINES_OF_LOOPS).map(line), ...(more > 0 ? [`  and ${counted(more)} more`] : [])]
}

/** How many events were replayed, and what that took: time, and the largest memory of the process. */
export function effortReport(events: number, milliseconds: number, bytes: number): string {
  const seconds = milliseconds / 1000
  const time = seconds < 10 ? seconds.toFixed(1) : counted(Math.round(seconds))
  return `${withNoun(events, 'event')} in ${time} s, at most ${counted(Math.ceil(bytes / 1_000_000))} MB\n`
}

function withNoun(count: number, noun: string): string {
  return `${counted(count)} ${noun}${count === 1 ? '' : 's'}`
}

function filledIn(contact: Contact): Record<string, unknown> {
  return Object.fromEntries(Object.entries(contact).filter(([, value]) => value !== null && value !== ''))
}
