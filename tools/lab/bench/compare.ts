import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { appDirectory } from '../../lib/app-files'
import { cases } from './cases'
import { eventKinds } from './event-kinds'
import { eventOf, fastConfig, measureByTurns } from './processor-time'
import type { Load, Rounds } from './processor-time'
import { BenchServer } from './server-host'
import { table, times } from './tables'

/** Microseconds of the processor for an event in the VM. */
export interface Comparison {
  readonly event: string
  readonly app: number
  readonly other: number
}

/** Compares the app with another file of it, side by side. `fetch` and the cache answer at once. */
export async function compareFiles(otherFile: string, rounds: Rounds): Promise<Comparison[]> {
  const sources = [join(appDirectory, 'dist/index.js'), otherFile].map((file) => readFileSync(file, 'utf8'))
  const names: string[] = []
  const loads: Load[] = []
  for (const one of cases) {
    const { timestamp, ...event } = one.event(30)
    const payload = { ...event, team_id: 1, timestamp: new Date(timestamp) }
    names.push(`composeWebhook: ${one.name}, 30 properties`)
    for (const source of sources) {
      loads.push({
        server: new BenchServer(source, one.config),
        hook: 'composeWebhook',
        event: () => payload,
        requests: 0,
      })
    }
  }
  for (const kind of eventKinds) {
    names.push(`onEvent: ${kind.name}`)
    for (const source of sources) {
      loads.push({
        server: new BenchServer(source, fastConfig),
        hook: 'onEvent',
        event: eventOf(kind),
        requests: kind.isSent ? 1 : 0,
      })
    }
  }
  const measured = await measureByTurns(loads, rounds)
  return names.map((event, index) => ({
    event,
    app: measured[2 * index] ?? NaN,
    other: measured[2 * index + 1] ?? NaN,
  }))
}

/** The comparison as a table to read. */
export function readableComparison(compared: readonly Comparison[]): string {
  const rows = compared.map(({ event, app, other }) => [
    ...[event, `${app.toFixed(1)} µs`, `${other.toFixed(1)} µs`, times(app / other)],
  ])
  return table([['processor time in the VM', 'dist/index.js', 'the other file', 'ratio'], ...rows])
}
