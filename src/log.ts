import type { LoopsRequest, SkipReason } from './translate/translate'
import type { CapturedEvent } from './event'
import type { Settings } from './settings'
import type { Memory } from './meta'
import { quoted } from './redact'

export function logDryRun({ method, path, body }: LoopsRequest): void {
  console.log(`Dry run: ${method} ${path} ${JSON.stringify(body)}`)
}

export function logSkip(event: CapturedEvent, reason: SkipReason, { dryRun }: Settings, memory: Memory): void {
  if (dryRun) console.log(`Dry run: the event ${quoted(event.event)} is skipped: ${reason}.`)
  else logOnce(reason, memory)
}

/** Outside a dry run a reason is logged once, and nothing of the event: page views would fill the log. */
export function logOnce(reason: string, memory: Memory): void {
  memory.loggedSkips ??= new Set()
  if (memory.loggedSkips.has(reason)) return
  memory.loggedSkips.add(reason)
  console.log(`An event is skipped: ${reason}. Later events that are skipped for this reason are not logged.`)
}
