import type { AppConfig } from '../../lib/config-file'
import type { Explanation } from './dry-runs'
import type { Outcome } from './observed-app'
import type { ServerVersion } from '../posthog/versions'

const REPEATED =
  'An event with this uuid was sent before, and Loops takes each once: change or remove "uuid" to send it again.'
const UNKNOWN_USER_ID = 'Loops has just answered that it knows no contact with its user ID'

/**
 * Says in one sentence why an event sends nothing to Loops. Returns undefined if it sends something, if it waits in the job
 * queue, or if an error explains it.
 */
export function whyNothingWasSent(
  config: AppConfig,
  server: ServerVersion,
  explanation: Explanation,
  outcome: Outcome,
): string | undefined {
  const { matched, skipped } = explanation
  if (matched.length === 0) return unwantedSentence(explanation.nearMisses)
  if (skipped !== undefined) return skipSentence(skipped)
  const writes = outcome.made.filter(({ method }) => method !== 'GET')
  if (writes.some(({ status }) => status === 409)) return REPEATED
  if (writes.length > 0 || outcome.waits || outcome.errors.length > 0) return undefined
  if (config.delivery === 'webhook' && server.composeWebhook !== 'called') {
    return `PostHog ${server.name} never asks the app for a webhook: choose "direct".`
  }
  if (config.dryRun === 'Yes') return 'The app only logs the request, since its own setting "Dry run" is on.'
  return reasonOfApp(explanation, outcome)
}

function reasonOfApp({ userIdAlone }: Explanation, { logs, isRepeated, unknownUserIds }: Outcome): string {
  const logged = logs.map(({ message }) => /^An event is skipped: (.*?)\. /.exec(message)?.[1]).find(Boolean)
  if (logged !== undefined) return skipSentence(logged)
  // The app logs each reason once, so a repeated reason must be derived from the outcome.
  if (userIdAlone !== undefined && unknownUserIds.has(userIdAlone)) return skipSentence(UNKNOWN_USER_ID)
  return isRepeated ? REPEATED : 'There is nothing to send: Loops has just been told the same.'
}

/** Says that the settings do not ask for an event, and why where a name looks like its own or a filter does not match. */
export function unwantedSentence(
  nearMisses: readonly { readonly group: string; readonly reason: string }[],
  otherwise = 'no list of events names it',
): string {
  const reasons = [...new Set(nearMisses.map(({ reason }) => reason))]
  const texts = reasons.length > 1 ? nearMisses.map(({ group, reason }) => `${group}: ${reason}`) : reasons
  return `The settings do not ask for this event: ${texts.join('; ') || otherwise}.`
}

function skipSentence(reason: string): string {
  return `The event is skipped: ${reason}.`
}
