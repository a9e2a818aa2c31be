import type { AppConfig } from '../../lib/shapes'
import type { Explanation } from './dry-runs'
import type { Outcome } from './observed-app'
import type { ServerVersion } from '../posthog/versions'

const REPEATED =
  'An event with this uuid was sent before, and Loops accepts each once: change or remove "uuid" to send it again.'
const UNKNOWN_USER_ID = 'Loops has just answered that it knows no contact with its user ID'
const SAME_UPDATE = 'Loops has accepted the same update of its contact within ten minutes'

/** Says when a job tries an event. */
export function waitSentence(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000))
  return `The event waits in PostHog's job queue: next try in ${seconds} second${seconds === 1 ? '' : 's'}.`
}

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
  if (matched.length === 0) return noMatchSentence(explanation.nearMisses)
  if (skipped !== undefined) return skipSentence(skipped)
  const writes = outcome.made.filter(({ method }) => method !== 'GET')
  if (writes.some(({ status }) => status === 409)) return REPEATED
  if (writes.length > 0 || outcome.waitsFor !== undefined || outcome.errors.length > 0) return undefined
  if (config.delivery === 'webhook' && server.composeWebhook !== 'called') {
    return `PostHog ${server.name} never asks the app for a webhook: choose "direct".`
  }
  if (config.dryRun === 'Yes') return 'The app only logs the request, since its own setting "Dry run" is on.'
  return reasonOfApp(explanation, outcome)
}

function reasonOfApp({ userIdAlone }: Explanation, { logs }: Outcome): string {
  const logged = logs.map(({ message }) => /^An event is skipped: (.*?)\. /.exec(message)?.[1]).find(Boolean)
  // The app logs each reason once: the reason of a later event follows from what its request would be.
  return skipSentence(logged ?? (userIdAlone === undefined ? SAME_UPDATE : UNKNOWN_USER_ID))
}

/** Why a group of settings, or a mapping, does not match an event: a name is similar, or a filter does not match. */
export interface NearMiss {
  readonly group: string
  readonly reason: string
}

/** A clause for each group that names an event and whose filters hold it back, while another group matches. */
export function heldBackClauses(nearMisses: readonly NearMiss[]): string[] {
  return nearMisses.filter(({ reason }) => /^filter \d/.test(reason)).map(({ group, reason }) => `${group}: ${reason}`)
}

/** Says that no setting matches an event, and why where a name is similar or a filter does not match. */
export function noMatchSentence(nearMisses: readonly NearMiss[], otherwise = 'no list of events has its name'): string {
  const reasons = [...new Set(nearMisses.map(({ reason }) => reason))]
  const texts = reasons.length > 1 ? nearMisses.map(({ group, reason }) => `${group}: ${reason}`) : reasons
  return `The event matches no setting: ${texts.join('; ') || otherwise}.`
}

function skipSentence(reason: string): string {
  return `The event is skipped: ${reason}.`
}
