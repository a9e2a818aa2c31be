import type { EventCounts, Range } from './counts'
import type { ProcessorTimes } from './processor-time'
import { table, times, verdict } from './tables'
import type { Verdict } from './tables'

/** What an event costs the server with the delivery `direct`. */
export interface DirectResults {
  readonly counts: readonly EventCounts[]
  /** With a `fetch` that answers at once: the VM and the app alone. */
  readonly inVm: ProcessorTimes
  /** With node-fetch to a server on this machine, as a PostHog server does it. */
  readonly withNetwork: ProcessorTimes
}

/** Compares the figures of `direct` with the targets. Each target holds for the worst kind of event. */
export function directVerdicts({ counts, inVm, withNetwork }: DirectResults): Verdict[] {
  const worst = (lines: readonly EventCounts[], range: (line: EventCounts) => Range): number =>
    Math.max(...lines.map((line) => range(line).most))
  const awaits = ({ awaits: range }: EventCounts) => range
  const commands = ({ commands: range }: EventCounts) => range
  const unsent = counts.filter(({ isSent }) => !isSent)
  const direct = counts.filter(({ isSent, delivered }) => isSent && delivered === 'directly')
  const byJob = counts.filter(({ isSent, delivered }) => isSent && delivered === 'by a job')
  const unwanted = inVm.kinds.find(({ name }) => name === 'unwanted')
  const sent = withNetwork.kinds.filter(({ isSent }) => isSent).map(({ microseconds }) => microseconds)
  return [
    verdict('guarded awaits, not sent', 0, worst(unsent, awaits), count),
    verdict('guarded awaits, sent directly', 4, worst(direct, awaits), count),
    verdict('guarded awaits, sent by a job', 7, worst(byJob, awaits), count),
    verdict('cache commands, sent directly', 10, worst(direct, commands), count),
    verdict('cache commands, sent by a job', 14, worst(byJob, commands), count),
    verdict('processor time: unwanted event / empty app', 1.3, (unwanted?.microseconds ?? NaN) / inVm.empty),
    verdict('processor time: sent event / plain app', 2, Math.max(...sent) / withNetwork.plain),
  ]
}

/** The figures of `direct` as tables to read. */
export function readableDirect({ counts, inVm, withNetwork }: DirectResults): string {
  const lines = counts.map(({ kind, contact, delivered, awaits, commands }) => [
    ...[kind, contact, delivered, span(awaits), span(commands)],
  ])
  const at = (microseconds: number): string => `${microseconds.toFixed(microseconds < 100 ? 1 : 0)} µs`
  const row = (name: string, bare: number, network: number): string[] => [
    ...[name, at(bare), times(bare / inVm.empty), times(bare / inVm.plain)],
    ...[at(network), times(network / withNetwork.plain)],
  ]
  const networkOf = (name: string): number => withNetwork.kinds.find((kind) => kind.name === name)?.microseconds ?? NaN
  return [
    'Delivery "direct": guarded awaits and cache commands of one event (12 events each, from the least to the most)',
    table([['event', 'of its contact', 'delivered', 'awaits', 'commands'], ...lines]),
    'Delivery "direct": processor time of one event through onEvent, vm2 3.9.18, the guard on the side of the host',
    table([
      ['', 'fetch at once', '/ empty', '/ plain', 'node-fetch, TLS', '/ plain'],
      row('empty app', inVm.empty, withNetwork.empty),
      row('plain app: one fetch', inVm.plain, withNetwork.plain),
      ...inVm.kinds.map(({ name, microseconds }) => row(name, microseconds, networkOf(name))),
      row('one guarded await', inVm.guardedAwait, withNetwork.guardedAwait),
    ]),
    'The cache answers at once: the work of the Redis client is not in these figures.',
  ].join('\n\n')
}

/** The steps of the costliest event of each line, in order. */
export function readableSteps(counts: readonly EventCounts[]): string {
  return counts
    .map(({ kind, contact, delivered, steps }) =>
      [`${kind}, ${contact} of its contact, ${delivered}:`, ...steps.map(({ kind: step, text }) => `  ${step} ${text}`)]
        .map((line) => line.trimEnd())
        .join('\n'),
    )
    .join('\n\n')
}

function span({ least, most }: Range): string {
  return least === most ? `${most}` : `${least}-${most}`
}

function count(value: number): string {
  return `${value}`
}
