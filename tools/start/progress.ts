import { SingleBar } from 'cli-progress'
import type { Output } from '../lib/command-line'

/** Shows how much of a file is replayed. */
export interface Progress {
  /** @param bytes how many bytes of the file are read. */
  update(events: number, bytes: number): void
  stop(): void
}

/** For few events. */
export const noProgress: Progress = { update: () => undefined, stop: () => undefined }

const LINE_EVERY = 1000

/** A line on stderr for every thousand events, with an estimate of the time left. */
export function progressLines(totalBytes: number, output: Output, now = () => performance.now()): Progress {
  const begun = now()
  return {
    update: (events, bytes) => {
      if (events % LINE_EVERY !== 0) return
      const left = ((now() - begun) * (totalBytes - bytes)) / Math.max(bytes, 1) / 1000
      output.tell(`${counted(events)} events replayed, about ${left.toFixed(0)} s left\n`)
    },
    stop: () => undefined,
  }
}

/** A bar on a terminal at stderr. */
export function progressBar(totalBytes: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  const format = '[{bar}] {percentage} %, {events} events, {eta_formatted} left'
  const bar = new SingleBar({ stream, format, barsize: 24, etaBuffer: 50, clearOnComplete: true })
  bar.start(totalBytes, 0, { events: '0' })
  return {
    update: (events, bytes) => {
      bar.update(Math.min(bytes, totalBytes), { events: counted(events) })
    },
    stop: () => {
      bar.stop()
    },
  }
}

/** A number with commas between its thousands. */
export function counted(count: number): string {
  return count.toLocaleString('en-US')
}

export function withNoun(count: number, noun: string): string {
  return `${counted(count)} ${noun}${count === 1 ? '' : 's'}`
}
