import { systemClock } from '../lib/clock'
import type { Clock } from '../lib/clock'
import type { Output } from '../lib/command-line'
import { collectRows } from './collect'
import { writeCsv } from './csv-file'
import { appConfigOf, exportSettings } from './export-settings'
import { SCOPES } from './options'
import type { ExportOptions } from './options'
import { countOfPersons } from './persons'
import type { PersonsSource } from './persons'
import { PosthogClient } from '../posthog-api/client'
import { noProgress, progressBar } from './progress'
import type { Progress } from './progress'
import { reportOf } from './report'
import { beginOrResume, filesOf, removeState } from './state'
import type { ExportState } from './state'

export interface Surroundings {
  readonly output: Output
  /** Ends the export. */
  readonly signal: AbortSignal
  readonly clock?: Clock
  /** Where the progress is shown. */
  readonly terminal?: NodeJS.WritableStream
}

/**
 * Exports PostHog's persons to a CSV, or continues an export that was stopped.
 *
 * @throws UsageError, `GaveUp` or `Stopped`; after the last two, and after a kill, the same call continues.
 */
export async function exportContacts(options: ExportOptions, surroundings: Surroundings): Promise<void> {
  const { output, signal, clock = systemClock, terminal } = surroundings
  const { config, notices: unfilled } = await appConfigOf(options.config)
  const { settings, notices } = exportSettings(config, options.userIdProperty)
  const state = beginOrResume(options)
  const files = filesOf(options)
  for (const notice of [...unfilled, ...notices]) output.tell(`${notice}\n`)
  if (state.persons > 0) output.tell(`Continues after ${state.persons.toLocaleString('en-US')} persons.\n`)

  const tell = (sentence: string): void => {
    output.tell(`${sentence}\n`)
  }
  const client = new PosthogClient({ ...options, scopes: SCOPES, signal })
  const source = { client, project: options.project, patience: { clock, signal, tell } }
  const progress = await progressFor(source, state, terminal)
  try {
    await collectRows({ source, settings, since: options.since, files, state, onPage: progress.update })
  } finally {
    progress.stop()
  }
  const written = await writeCsv(files, state, settings, signal)
  output.say(reportOf(files.csv, state, written))
  removeState(files)
}

async function progressFor(
  source: PersonsSource,
  state: ExportState,
  terminal?: NodeJS.WritableStream,
): Promise<Progress> {
  if (terminal === undefined || state.next === null) return noProgress
  return progressBar(state, await countOfPersons(source), terminal)
}
