import { join } from 'node:path'
import { appDirectory } from '../sandbox/app/app-files'
import { readEventFile } from '../sandbox/app/event-file'
import type { CapturedEvent } from '../sandbox/posthog/shapes'

/**
 * Reads the recorded events. Their times are moved together, so that the last event has just happened: the app does not send
 * old events.
 */
export async function readRecordedEvents(): Promise<CapturedEvent[]> {
  const events: CapturedEvent[] = []
  for await (const event of readEventFile(join(appDirectory, 'sandbox/events/sample.json'))) events.push(event)
  const past = Date.now() - Math.max(...events.map(({ timestamp }) => Date.parse(timestamp)))
  return events.map((event) => ({ ...event, timestamp: new Date(Date.parse(event.timestamp) + past).toISOString() }))
}
