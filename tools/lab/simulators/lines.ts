/** A line for each request and each event that the simulators get, with what became of it. No line has an email. */
import { noMatchSentence } from '../../simulators/app/why-nothing-was-sent'
import type { MappingOutcome } from '../../simulators/hog/installed-destination'
import type { LoopsApiRequest, LoopsApiResponse } from '../../simulators/loops/contract'
import type { FunctionRun } from '../../simulators/posthog/rest-api/hog-functions'

/** A request to the simulator of Loops, with the message of a refusal. */
export function loopsLine({ method, path }: LoopsApiRequest, answer: LoopsApiResponse | 'dropped'): string {
  if (answer === 'dropped') return requestLine('Loops', method, path, 'no answer')
  const { status, body } = answer
  return requestLine('Loops', method, path, status < 400 ? `${status}` : `${status} ${messageIn(body)}`)
}

export function requestLine(server: string, method: string, path: string, answer: string): string {
  return line(`${server}: ${method} ${path.split('?')[0] ?? ''} ${answer}`)
}

/** @param runs `undefined` on a server without destinations. */
export function eventLines(event: string, runs: readonly FunctionRun[] | undefined): string[] {
  const say = (clause: string): string => line(`Event ${JSON.stringify(event)}: ${clause}`)
  if (runs === undefined) return [say('this server has no destinations.')]
  if (runs.length === 0) return [say('the project has no enabled destination.')]
  return runs.flatMap(({ outcomes, notRun }) =>
    outcomes.length === 0
      ? [say(noMatchSentence(notRun, 'no mapping has its name'))]
      : outcomes.map((outcome) => say(`${outcome.mapping.name}: ${resultOf(outcome)}`)),
  )
}

function resultOf({ requests, logs, error }: MappingOutcome): string {
  if (error !== undefined) return error.message
  const status = requests.at(-1)?.status ?? 0
  if (status >= 200 && status < 300) return `accepted (${status}).`
  return logs.at(-1)?.message ?? 'nothing is sent.'
}

function messageIn(body: string): string {
  try {
    const { message, error } = JSON.parse(body) as { message?: string; error?: string }
    return message ?? error ?? ''
  } catch {
    return ''
  }
}

function line(text: string): string {
  // PostHog's path /api/projects/@current/ has no email.
  const masked = text.replace(/[^\s"'<>/]+(@|%40)[^\s"'<>/]+/g, '[email]')
  // Control characters could rewrite what the terminal shows.
  return `${masked.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trimEnd()}\n`
}
