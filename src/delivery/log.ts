import type { CapturedEvent } from '../posthog/event'
import type { Memory } from '../posthog/meta'
import { onOneLine, quoted, withoutKey } from '../redact'
import type { Settings } from '../settings/settings'
import type { LoopsRequest } from '../translate/translate'

/** Logs the request that a dry run does not send: method, path and body. */
export function logDryRun({ method, path, body }: LoopsRequest): void {
  console.log(`Dry run: ${method} ${path} ${JSON.stringify(body)}`)
}

/** `not sent` if the event still updates its contact. */
type Verb = 'skipped' | 'not sent'

/** Logs why the event is skipped: in a dry run for every event, otherwise once for each reason. */
export function logSkip(
  event: CapturedEvent,
  reason: string,
  { dryRun }: Settings,
  memory: Memory,
  verb: Verb = 'skipped',
): void {
  if (dryRun) console.log(`Dry run: the event ${quoted(event.event)} is ${verb}: ${reason}.`)
  else logOnce(reason, memory, { verb })
}

/** Logs in a dry run why the settings do not want the event, which may hold values of the event. */
export function logUnwanted(event: CapturedEvent, reason: string, { apiKey }: Settings): void {
  const line = `Dry run: the event ${quoted(event.event)} is not asked for: ${reason}.`
  console.log(onOneLine(withoutKey(line, apiKey)))
}

/**
 * Logs that an event is skipped, once for each reason and worker, so that page views do not fill the log. The line names
 * neither the event nor its person.
 *
 * @param options.detail what the line adds to the reason of the first event.
 */
export function logOnce(
  reason: string,
  memory: Memory,
  { verb = 'skipped', detail = '' }: { verb?: Verb; detail?: string } = {},
): void {
  memory.loggedSkips ??= new Set()
  if (memory.loggedSkips.has(reason)) return
  memory.loggedSkips.add(reason)
  console.log(`An event is ${verb}: ${reason}${detail}. Later events that are ${verb} for this reason are not logged.`)
}
