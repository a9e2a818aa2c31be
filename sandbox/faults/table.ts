import { requestsPerSecond } from './campaign'
import type { CampaignOptions } from './campaign'
import { shortfall } from './limits'
import type { Measures, Outcome } from './measures'

/** A campaign that has been run. */
export interface Result {
  readonly campaign: CampaignOptions
  readonly outcome: Outcome
}

interface Column {
  readonly title: string
  /** Undefined where the number would mean nothing. */
  readonly value: (measures: Measures, campaign: CampaignOptions) => number | undefined
  /** Counts are summed over the seeds. Of ratios the mean is shown, and the worst seed behind it. */
  readonly kind: 'count' | 'ratio'
  /** What is good news however much there is of it is not marked. */
  readonly isGood?: true
}

const columns: readonly Column[] = [
  { title: 'delivered', kind: 'count', value: ({ delivered }) => delivered, isGood: true },
  { title: 'lost', kind: 'count', value: ({ lost }) => lost },
  { title: 'duplicated', kind: 'count', value: ({ duplicated }) => duplicated },
  { title: 'out of order', kind: 'count', value: ({ outOfOrder }) => outOfOrder },
  { title: 'requests an event', kind: 'ratio', value: ({ requests, wanted }) => requests / wanted },
  { title: 'time to drain', kind: 'ratio', value: drainRatio },
  { title: '429s', kind: 'count', value: ({ tooMany }) => tooMany },
]

/** How many times as long as the limit of Loops makes it. Over an hour the limit plays no part; what is lost takes no time. */
function drainRatio({ drainSeconds, wanted, lost }: Measures, { arrivals }: CampaignOptions): number | undefined {
  return arrivals === 'burst' && lost === 0 ? drainSeconds / (wanted / requestsPerSecond) : undefined
}

/** One table for each server, delivery mode and kind of arrival, with a row for each fault mix. */
export function tables(results: readonly Result[]): string {
  const drawn = grouped(results, ({ campaign }) => titleOf(campaign))
    .map(([title, ofTable]) => [title, '', ...tableLines(ofTable), ''].join('\n'))
    .join('\n')
  return drawn.includes('*') ? `${drawn}\n* the worst row of its column\n` : drawn
}

function titleOf({ server, delivery, arrivals, events, people }: CampaignOptions): string {
  const span = arrivals === 'burst' ? 'within a second' : 'over an hour'
  return `PostHog ${server.name}, ${delivery} delivery: ${events} events of ${people} people ${span}`
}

function tableLines(results: readonly Result[]): string[] {
  const rows = grouped(results, ({ campaign }) => campaign.mix.name)
  const cells = columns.map((column) =>
    columnCells(
      column,
      rows.map(([, ofRow]) => ofRow),
    ),
  )
  const lines = [
    ['faults', ...columns.map(({ title }) => title)],
    ...rows.map(([name], row) => [name, ...cells.map((column) => column[row] ?? '')]),
  ]
  const widths = lines[0]?.map((_, place) => Math.max(...lines.map((line) => (line[place] ?? '').length))) ?? []
  return lines.map((line) =>
    line
      .map((cell, place) => (place === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[place] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** The cells of a column, top to bottom. */
function columnCells({ kind, value, isGood }: Column, rows: readonly (readonly Result[])[]): string[] {
  const numbers = rows.map((results) =>
    results.flatMap(({ outcome, campaign }) => value(outcome.measures, campaign) ?? []),
  )
  const weights = numbers.map((ofRow) => (kind === 'count' ? sum(ofRow) : Math.max(0, ...ofRow)))
  const worst = Math.max(...weights)
  return numbers.map((ofRow, row) => {
    if (ofRow.length === 0) return '- '
    const isWorst = rows.length > 1 && isGood !== true && worst > 0 && weights[row] === worst
    return `${kind === 'count' ? String(sum(ofRow)) : ratio(ofRow)}${isWorst ? '*' : ' '}`
  })
}

function ratio(numbers: readonly number[]): string {
  const mean = (sum(numbers) / numbers.length).toFixed(2)
  return numbers.length === 1 ? mean : `${mean} (${Math.max(...numbers).toFixed(2)})`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): [string, Item[]][] {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return [...groups]
}

const mostFindings = 3

/** In what way a run falls short of what is promised, one line each; undefined if it keeps it. */
export function failureReport(result: Result): string | undefined {
  const short = shortfall(result)
  if (short === undefined) return undefined
  const { server, mix, arrivals, seed } = result.campaign
  const findings = result.outcome.findings.slice(0, mostFindings).map((finding) => `  ${finding}`)
  return [`PostHog ${server.name}, ${mix.name}, ${arrivals}, seed ${seed}: ${short}`, ...findings].join('\n')
}
