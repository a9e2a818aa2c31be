import type { LoopsAnswer, Problem, Result, ShownRequest, Target } from '../contract'
import { byId, connectCopy, counted, element, setText } from './dom'
import type { SentBadge } from './event-list'
import { highlightedText } from './json-view'

/** Whether the shown requests were sent, and where to. */
export type Sent = 'preview' | 'not yet' | 'the Loops simulator' | 'the real Loops'

export const TARGETS: Readonly<Record<Target, Sent>> = {
  simulator: 'the Loops simulator',
  loops: 'the real Loops',
}

/** What came of an event that was sent, for its row in the list. */
export function sentBadge({ requests, errors, reason }: Result): SentBadge {
  const last = requests.at(-1)
  const status = last?.answer?.status
  if (last === undefined) {
    const title = reason ?? errors[0] ?? 'No request'
    return { text: errors.length > 0 ? 'error' : 'not sent', kind: errors.length > 0 ? 'is-bad' : 'is-none', title }
  }
  return {
    text: statusText(status),
    kind: isTaken(status) ? 'is-post' : 'is-bad',
    title: `Loops’ answer to ${last.method}`,
  }
}

function isTaken(status: number | undefined): boolean {
  return status !== undefined && status < 300
}

/** What the result asks of the settings. */
export interface SettingsOfResult {
  /** What `sendEvent` does. */
  readonly sendingLabel: string
  /** Lets the settings send the event of this name, which no setting names. */
  sendEvent(name: string): void
  /** The problems as a text that leads to their fields. */
  partsOf(problems: readonly Problem[]): (Node | string)[]
}

const SENT_BEFORE =
  'Loops has accepted this event before, and accepts each event only once: “Send again” sends it as a new event.'

/** The result of the chosen event. */
export class ResultView {
  private readonly body = byId('result-body', 'div')
  private readonly status = byId('result-status', 'p')
  private readonly note = byId('result-note', 'span')

  constructor(private readonly settings: SettingsOfResult) {}

  show(name: string, result: Result, sent: Sent): void {
    const { requests, missing, warnings, errors, logs } = result
    this.note.textContent = noteOf(requests)
    this.say(summary(name, result), errors.length > 0)
    this.body.replaceChildren(
      ...this.reasonOf(result),
      ...(result.isUnnamed === true ? [this.sendThisButton(name)] : []),
      ...requests.map((request) => requestCard(request, sent)),
      ...(missing.length === 0 ? [] : [element('p', { class: 'quiet-text missing' }, missingSentence(missing))]),
      ...listOf('Warnings', 'warnings', warnings),
      ...listOf('Errors', 'errors', errors),
      ...listOf('Log', 'log', logs),
    )
  }

  private reasonOf({ requests, reason, problems }: Result): HTMLElement[] {
    const wasRepeated = requests.some(({ answer }) => answer?.status === 409)
    const sentence = wasRepeated ? SENT_BEFORE : reason
    if (sentence === undefined) return []
    const parts = problems === undefined ? [] : [' ', ...this.settings.partsOf(problems)]
    return [element('p', { class: 'reason' }, parts.length > 0 ? sentence.replace(/\.$/, ':') : sentence, ...parts)]
  }

  private sendThisButton(name: string): HTMLElement {
    const button = element('button', { type: 'button', class: 'send-this' }, this.settings.sendingLabel)
    button.addEventListener('click', () => {
      this.settings.sendEvent(name)
    })
    return button
  }

  /** Says in place of an answer that it is still to come. */
  showWaiting(sentence: string): void {
    this.say(sentence)
    for (const row of this.body.querySelectorAll('.answer')) {
      row.replaceChildren(element('p', { class: 'quiet-text' }, sentence))
    }
  }

  /** Shows a sentence in place of a result. */
  showNone(sentence: string, isBad = false): void {
    this.note.textContent = ''
    this.say(sentence, isBad)
    // A screen reader reads the line, and the page shows the sentence below.
    this.status.classList.add('visually-hidden')
    this.body.replaceChildren(element('p', { class: 'reason' }, sentence))
  }

  say(sentence: string, isBad = false): void {
    this.status.classList.remove('visually-hidden')
    this.status.classList.toggle('is-bad', isBad)
    setText(this.status, sentence)
  }
}

function missingSentence(names: readonly string[]): string {
  return `Mapped, but not in this event: ${names.join(', ')}.`
}

/** The tab of the result on a phone: the method of a preview, or what came of sending. */
function noteOf(requests: readonly ShownRequest[]): string {
  const answer = requests.at(-1)?.answer
  return answer === undefined ? (requests[0]?.method ?? 'none') : statusText(answer.status)
}

function statusText(status: number | undefined): string {
  return status === undefined ? 'no answer' : String(status)
}

/** `accepted (200)`, or an empty text for a preview. */
function outcomeOf({ answer }: ShownRequest): string {
  if (answer === undefined) return ''
  const { status } = answer
  if (status === undefined) return statusText(status)
  const word = isTaken(status) ? 'accepted' : status === 409 ? 'duplicate' : status < 500 ? 'rejected' : 'failed'
  return `${word} (${status})`
}

function summary(name: string, { requests, warnings, errors }: Result): string {
  const made = requests.length === 0 ? 'no request' : counted(requests.length, 'request')
  const outcomes = new Set(requests.map(outcomeOf).filter((outcome) => outcome !== ''))
  const parts = [made, ...outcomes, ...(warnings.length > 0 ? [counted(warnings.length, 'warning')] : [])]
  return `${name}: ${[...parts, ...(errors.length > 0 ? [counted(errors.length, 'error')] : [])].join(', ')}.`
}

function requestCard({ mapping, method, url, headers, body, answer }: ShownRequest, sent: Sent): HTMLElement {
  const rows = Object.entries(headers).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)])
  const card = element(
    'article',
    { class: 'card request', 'aria-label': `${method} ${url}` },
    element(
      'p',
      { class: 'request-line' },
      element('span', { class: `badge is-${method.toLowerCase()}` }, method),
      element('code', {}, ...breakable(url)),
      ...(mapping === undefined ? [] : [element('span', { class: 'quiet-text' }, `by the mapping “${mapping}”`)]),
    ),
    element('dl', { class: 'headers', 'aria-label': 'Headers' }, ...rows),
  )
  if (body !== '') {
    card.append(element('pre', { class: 'code', tabindex: 0, 'aria-label': 'Body' }, highlightedText(body)))
  }
  card.append(copyRow({ method, url, headers, body }), answerRow(answer, sent))
  return card
}

type Curl = Pick<ShownRequest, 'method' | 'url' | 'headers' | 'body'>

function copyRow(request: Curl): HTMLElement {
  const button = element('button', { type: 'button', class: 'quiet' }, 'Copy as curl')
  connectCopy(button, () => curlOf(request))
  return element('div', { class: 'copy-row' }, button)
}

/** The request as a command for a shell that has the key in LOOPS_API_KEY. */
function curlOf({ method, url, headers, body }: Curl): string {
  const others = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization')
  return [
    `curl -X ${method} ${quoted(url)}`,
    '-H "Authorization: Bearer $LOOPS_API_KEY"',
    ...others.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === '' ? [] : [`--data-raw ${quoted(body)}`]),
  ].join(' \\\n  ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** The URL with places to wrap after each slash. */
function breakable(url: string): (string | HTMLElement)[] {
  return url.split(/(?<=[^/]\/)(?!\/)/).flatMap((part) => [part, element('wbr')])
}

function answerRow(answer: LoopsAnswer | undefined, sent: Sent): HTMLElement {
  const row = element('div', { class: 'answer' })
  if (answer === undefined) {
    const why = sent === 'preview' ? 'Not sent: this is only a preview.' : 'Not sent yet.'
    row.append(element('p', { class: 'quiet-text' }, why))
    return row
  }
  const { status, error, body } = answer
  row.append(
    element(
      'p',
      {},
      element('span', { class: `badge ${isTaken(status) ? 'is-post' : 'is-bad'}` }, String(status ?? 'No answer')),
      ` from ${sent}`,
    ),
    element('pre', { class: 'code', tabindex: 0, 'aria-label': 'Answer' }, highlightedText(error ?? body)),
  )
  return row
}

function listOf(heading: string, kind: string, sentences: readonly string[]): HTMLElement[] {
  if (sentences.length === 0) return []
  const items = sentences.map((sentence) => element('li', {}, sentence))
  return [element('section', { class: `card ${kind}` }, element('h3', {}, heading), element('ul', {}, ...items))]
}
