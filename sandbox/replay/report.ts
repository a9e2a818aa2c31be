import colors from 'picocolors'
import type { Explanation } from '../dry-runs'
import type { CapturedEvent } from '../ingestion'
import type { Contact, RecordedEvent } from '../loops-api'
import type { Delivery, LogEntry, RequestRecord } from '../plugin-server'

/** One event and what became of it, as lines for the terminal; `answers` are what Loops said, request by request. */
export function eventReport(
  place: number,
  event: CapturedEvent,
  explanation: Explanation,
  delivery: Delivery,
  answers: readonly string[],
): string {
  const heading = `${String(place).padStart(3)}  ${colors.bold(event.event)}  ${colors.dim(`of ${event.distinct_id}, ${event.timestamp}`)}`
  return [heading, ...outcome(explanation, delivery, answers).map((line) => `     ${line}`), ''].join('\n')
}

function outcome(
  { matched, skipped }: Explanation,
  { requests, errors }: Delivery,
  answers: readonly string[],
): string[] {
  const lines = matched.length === 0 ? ['not asked for by the settings'] : [`matches ${matched.join(' and ')}`]
  if (skipped !== undefined) lines.push(colors.yellow(`skipped: ${skipped}`))
  const answered = requests.filter(({ status }) => status !== undefined)
  for (const request of requests) {
    if (request.by === 'setupPlugin') continue
    lines.push(...requestLines(request), answerLine(request, answers[answered.indexOf(request)]))
  }
  return [...lines, ...errors.map(({ name, message }) => colors.red(`${name}: ${message}`))].map((line) =>
    line.trimEnd(),
  )
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

function answerLine({ status, error }: RequestRecord, answer = ''): string {
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

/** A line of the app's Logs tab. */
export function logReport({ level, message }: LogEntry): string {
  return colors.dim(`     ${level} ${message}`)
}

/** What Loops has in the end. */
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
