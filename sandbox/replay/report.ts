import colors from 'picocolors'
import type { CapturedEvent } from '../posthog/shapes'
import type { Contact, RecordedEvent } from '../loops/contract'
import type { LogEntry, RequestRecord } from '../posthog/records'
import type { Outcome } from '../app/observed-app'

/** The outcome of an event, with its explanation. */
export interface EventResult {
  /** The groups of settings that the event matches. */
  matched: readonly string[]
  /** Why it sends nothing to Loops. */
  reason: string | undefined
  outcome: Outcome
}

/** One event and its outcome, as lines for the terminal. */
export function eventReport(place: number, event: CapturedEvent, result: EventResult): string {
  const from = colors.dim(`of ${event.distinct_id}, ${event.timestamp}`)
  const heading = `${String(place).padStart(3)}  ${colors.bold(event.event)}  ${from}`
  return [heading, ...resultLines(result).map((line) => `     ${line}`.trimEnd()), ''].join('\n')
}

function resultLines({ matched, reason, outcome: { made, errors, logs, waits } }: EventResult): string[] {
  const deliveries = made.filter(({ by }) => by !== 'setupPlugin')
  return [
    ...(matched.length === 0 ? [] : [`matches ${matched.join(' and ')}`]),
    ...logs.filter(({ by }) => by !== 'setupPlugin').flatMap(logLine),
    ...deliveries.flatMap((request) => [...requestLines(request), answerLine(request)]),
    ...errors.map(({ name, message }) => colors.red(`${name}: ${message}`)),
    ...(waits ? [colors.yellow('a request failed; PostHog keeps it in the job queue for another try')] : []),
    ...(reason === undefined ? [] : [colors.yellow(reason)]),
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

/** The contacts and events in Loops after the replay. */
export function loopsReport(contacts: readonly Contact[], events: readonly RecordedEvent[]): string {
  return [
    colors.bold(`Loops now has ${counted(contacts.length, 'contact')}`),
    ...contacts.map((contact) => `  ${JSON.stringify(filledIn(contact))}`),
    colors.bold(`and ${counted(events.length, 'event')}`),
    ...events.map(
      ({ eventName, email, eventProperties }) => `  ${eventName} of ${email} ${JSON.stringify(eventProperties)}`,
    ),
    '',
  ].join('\n')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function filledIn(contact: Contact): Record<string, unknown> {
  return Object.fromEntries(Object.entries(contact).filter(([, value]) => value !== null && value !== ''))
}
