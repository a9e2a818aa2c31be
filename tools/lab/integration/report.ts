import { table } from '../../lib/command-line'
import type { PhaseResult } from './scenario'

const mostFindings = 5

interface Column {
  readonly title: string
  readonly value: (result: PhaseResult) => string
}

const columns: readonly Column[] = [
  { title: 'events', value: ({ events }) => `${events}` },
  { title: 'lost', value: ({ outcome }) => `${outcome.measures.lost}` },
  { title: 'twice', value: ({ outcome }) => `${outcome.measures.duplicated}` },
  { title: 'out of order', value: ({ outcome }) => `${outcome.measures.outOfOrder}` },
  { title: 'by two processes', value: ({ outcome }) => `${outcome.measures.byTwoWorkers}` },
  { title: '429s', value: ({ outcome }) => `${outcome.measures.tooMany}` },
  { title: 'drain', value: ({ outcome }) => `${outcome.measures.drainSeconds.toFixed(1)} s` },
  { title: 'requests an event', value: (result) => eachEvent(result.outcome.measures.requests, result) },
  { title: 'commands an event', value: (result) => eachEvent(result.counts.commands, result) },
  { title: 'jobs an event', value: (result) => eachEvent(result.counts.jobs, result) },
  { title: 'processes ended', value: ({ ended }) => `${ended}` },
]

function eachEvent(count: number, { events }: PhaseResult): string {
  return (count / events).toFixed(2)
}

/** A row for each result. */
export function tableOf(results: readonly PhaseResult[]): string {
  const rows = results.map((result) => [result.title, ...columns.map(({ value }) => value(result))])
  return `${table([['what breaks', ...columns.map(({ title }) => title)], ...rows])}\n`
}

/** One line for a phase that has just ended, and what explains its losses, if there are any. */
export function progressReport(result: PhaseResult): string {
  const { lost, duplicated, outOfOrder, drainSeconds } = result.outcome.measures
  const counts = `${lost} lost, ${duplicated} twice, ${outOfOrder} out of order, ${result.ended} processes ended`
  return [`${result.title}: ${counts}, ${drainSeconds} s`, ...detailsOf(result)].map((line) => `${line}\n`).join('')
}

/** Which promises the result breaks, with what explains it; undefined if it keeps all. */
export function failureReport(result: PhaseResult): string | undefined {
  const { title, outcome, ended, failures, keepsOrder, drained } = result
  const { lost, duplicated, outOfOrder } = outcome.measures
  const broken = [
    ...(lost > ended + failures.filter(isReported).length ? [`${lost} lost with ${ended} processes ended`] : []),
    ...(duplicated > 0 ? [`${duplicated} twice`] : []),
    ...(keepsOrder && outOfOrder > 0 ? [`${outOfOrder} out of order`] : []),
    ...(drained ? [] : ['the queue did not become empty']),
  ]
  return broken.length === 0 ? undefined : [`${title}: ${broken.join(', ')}`, ...detailsOf(result)].join('\n')
}

/** The queue refuses jobs while PostgreSQL is away: then an event that fails ends as a failure that PostHog shows. */
function isReported(failure: string): boolean {
  return failure.startsWith('onEvent threw RetryError')
}

/** What explains the findings of a result, one a line; nothing if there are none. */
function detailsOf({ outcome, failures, drained }: PhaseResult): string[] {
  if (outcome.findings.length === 0 && drained) return []
  return [...outcome.findings.slice(0, mostFindings), ...counted(failures)].map((detail) => `  ${detail}`)
}

/** Each text once, with its number, the most frequent first. */
function counted(texts: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .slice(0, mostFindings)
    .map(([text, count]) => `${count} times: ${text}`)
}
