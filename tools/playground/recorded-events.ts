import { join } from 'node:path'
import { appDirectory } from '../lib/app-files'
import { readEventFile } from '../simulators/posthog/event-file'
import { ingest } from '../simulators/posthog/events'
import type { CapturedEvent } from '../lib/shapes'
import { recipes } from './recipes'
import type { RecipeStart } from './contract'

/**
 * Reads the recorded events. Their times are moved together, so that the last event has just happened: the app does not send
 * old events.
 */
export async function readRecordedEvents(): Promise<CapturedEvent[]> {
  const events: CapturedEvent[] = []
  for await (const event of readEventFile(join(appDirectory, 'tools/start/sample.json'))) events.push(event)
  const past = Date.now() - Math.max(...events.map(({ timestamp }) => Date.parse(timestamp)))
  return events.map((event) => ({ ...event, timestamp: new Date(Date.parse(event.timestamp) + past).toISOString() }))
}

/** The recipes with their events, which happen now, a second apart. */
export function recipesNow(): RecipeStart[] {
  return recipes.map(({ id, name, sentence, settings, steps }) => ({
    id,
    name,
    sentence,
    settings,
    events: steps.map(({ event }, place) => ingest(event, { now: Date.now() - (steps.length - place) * 1000 })),
  }))
}
