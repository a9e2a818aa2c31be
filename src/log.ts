import type { CapturedEvent } from './event'
import type { Memory } from './meta'
import { quoted } from './redact'
import type { Settings } from './settings'
import type { LoopsRequest, SkipReason } from './translate/translate'

/** Logs the request that a dry run does not send: method, path and body. */
export function logDryRun({ method, path, body }: LoopsRequest): void {
  console.log(`Dry run: ${method} ${path} ${JSON.stringify(body)}`)
}

/** Logs why the event is skipped: in a dry run for every event, otherwise once for each reason. */
export function logSkip(event: CapturedEvent, reason: SkipReason, { dryRun }: Settings, memory: Memory): void {
  if (dryRun) console.log(`Dry run: the event ${quoted(event.event)} is skipped: ${reason}.`)
  else logOnce(reason, memory)
}

/**
 * Logs that an event is skipped, once for each reason and worker, so that page views do not fill the log. The line names
 * neither the event nor its person.
 */
export function logOnce(reason: string, memory: Memory): void {
  memory.loggedSkips ??= new Set()
  if (memory.loggedSkips.has(reason)) return
  memory.loggedSkips.add(reason)
  console.log(`An event is skipped: ${reason}. Later events that are skipped for this reason are not logged.`)
}
