import { join } from 'node:path'
import { appDirectory } from '../../lib/app-files'
import type { CapturedEvent } from '../../lib/shapes'
import { readEventFile } from './event-file'

/** The events of one person that the real SDKs have sent (tools/lab/record/record.ts). */
export const recordedEventsPath = join(appDirectory, 'tools/start/sample.json')

/** The recorded event of somebody whom Loops does not know shows what happens then. */
export const RECORDED_STRANGER = 'user_51907'

/**
 * Moves the times of events by as much for all of them, so that the newest happened a minute ago: the app ignores old events.
 *
 * @param now milliseconds since 1970.
 */
export function movedToNow(events: readonly CapturedEvent[], now: number): CapturedEvent[] {
  const newest = Math.max(...events.map(({ timestamp }) => Date.parse(timestamp)))
  const moved = now - 60_000 - newest
  return events.map((event) => ({ ...event, timestamp: new Date(Date.parse(event.timestamp) + moved).toISOString() }))
}

/** Reads the recorded events, dated as of today. */
export async function readRecordedEvents(now = Date.now()): Promise<CapturedEvent[]> {
  const events: CapturedEvent[] = []
  for await (const { event } of readEventFile(recordedEventsPath)) events.push(event)
  return movedToNow(events, now)
}
