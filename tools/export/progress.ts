import { SingleBar } from 'cli-progress'
import type { ExportState } from './state'

export interface Progress {
  readonly update: (state: ExportState) => void
  readonly stop: () => void
}

export const noProgress: Progress = { update: () => undefined, stop: () => undefined }

/**
 * Shows in a terminal how many persons are read, how many a second, and, if the total is known, how long the rest takes.
 */
export function progressBar(state: ExportState, total: number | undefined, stream: NodeJS.WritableStream): Progress {
  const begun = Date.now()
  const before = state.persons
  const rate = (persons: number): string => {
    const seconds = (Date.now() - begun) / 1000
    return seconds > 0 ? ((persons - before) / seconds).toFixed(0) : '0'
  }
  const persons = '{value} persons, {rate} a second'
  const format = total === undefined ? persons : `[{bar}] {percentage} % of {total}, ${persons}, {eta_formatted} left`
  const bar = new SingleBar({ stream, format, barsize: 24, hideCursor: false, etaBuffer: 20 })
  // Persons that are created meanwhile may be more than the total.
  bar.start(Math.max(total ?? 0, before), before, { rate: '0' })
  return {
    update: ({ persons: read }) => {
      if (read > bar.getTotal()) bar.setTotal(read)
      bar.update(read, { rate: rate(read) })
    },
    stop: () => {
      bar.stop()
    },
  }
}
