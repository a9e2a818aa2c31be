import { table } from '../../lib/command-line'
import { requestsPerSecond } from './campaign'
import type { CampaignOptions, CampaignResult } from './campaign'
import type { Measures } from './measures'

interface Column {
  readonly title: string
  /** Undefined if the measure does not apply to the campaign. */
  readonly value: (measures: Measures, campaign: CampaignOptions) => number | undefined
  /** A cell shows of a count the sum over the seeds, of a ratio the mean and, in brackets, the worst seed, else the most. */
  readonly kind: 'count' | 'ratio' | 'most'
  /** Columns where higher is better never mark a worst row. */
  readonly higherIsBetter?: true
}

const columns: readonly Column[] = [
  { title: 'delivered', kind: 'count', value: ({ delivered }) => delivered, higherIsBetter: true },
  { title: 'lost', kind: 'count', value: ({ lost }) => lost },
  { title: 'duplicated', kind: 'count', value: ({ duplicated }) => duplicated },
  { title: 'out of order', kind: 'count', value: ({ outOfOrder }) => outOfOrder },
  { title: 'by two workers', kind: 'count', value: ({ byTwoWorkers }) => byTwoWorkers },
  { title: 'requests an event', kind: 'ratio', value: ({ requests, wanted }) => requests / wanted },
  { title: 'time to drain', kind: 'ratio', value: drainRatio },
  { title: 'slowest, s', kind: 'most', value: ({ slowestSeconds }) => Math.ceil(slowestSeconds) },
  { title: '429s', kind: 'count', value: ({ tooMany }) => tooMany },
  { title: 'most in a second', kind: 'most', value: ({ mostInASecond }) => mostInASecond },
  { title: 'Redis, kB', kind: 'most', value: ({ redisBytes }) => Math.round(redisBytes / 1000) },
  {
    title: 'read, B an event',
    kind: 'most',
    value: ({ redisBytesRead, wanted }) => Math.round(redisBytesRead / wanted),
  },
  { title: 'keys for ever', kind: 'most', value: ({ keysWithoutLife }) => keysWithoutLife },
]

/** The time to drain as a multiple of the shortest that Loops' rate limit allows; undefined for other loads and for losses. */
function drainRatio({ drainSeconds, wanted, lost }: Measures, { mix }: CampaignOptions): number | undefined {
  return mix.load === 'burst' && lost === 0 ? drainSeconds / (wanted / requestsPerSecond) : undefined
}

/** One table for each server and delivery mode, with a row for each fault mix. */
export function tables(results: readonly CampaignResult[]): string {
  const drawn = grouped(results, ({ campaign }) => titleOf(campaign))
    .map(([title, ofTable]) =>
      [title, '', tableOf(ofTable), '', ...waitLines(ofTable), ...killLines(ofTable)].join('\n'),
    )
    .join('\n')
  return drawn.includes('*') ? `${drawn}\n* the worst row of its column\n` : drawn
}

/** A line for each row in which events wait for minutes: how many, minute by minute, of the worst seed. */
function waitLines(results: readonly CampaignResult[]): string[] {
  const lines = grouped(results, ({ campaign }) => campaign.mix.name).flatMap(([name, ofRow]) => {
    const each = ofRow.map(({ outcome }) => outcome.measures.waiting)
    const [worst = []] = each.toSorted((one, other) => sum(other) - sum(one))
    const minutes = worst.slice(0, mostMinutes)
    return sum(minutes.slice(1)) === 0 ? [] : [`${name}: waiting minute by minute: ${minutes.join(', ')}`]
  })
  return lines.length === 0 ? [] : [...lines, '']
}

const mostMinutes = 12

/** A line for each row with killed workers: what each kill has lost. */
function killLines(results: readonly CampaignResult[]): string[] {
  const lines = grouped(results, ({ campaign }) => campaign.mix.name).flatMap(([name, ofRow]) => {
    const killed = sum(ofRow.map(({ outcome }) => outcome.measures.killed))
    const lost = sum(ofRow.map(({ outcome }) => outcome.measures.lost))
    return killed === 0
      ? []
      : [`${name}: ${lost} lost with ${killed} killed processes, ${(lost / killed).toFixed(2)} each`]
  })
  return lines.length === 0 ? [] : [...lines, '']
}

function titleOf({ server, delivery, events, people }: CampaignOptions): string {
  return `PostHog ${server.name}, ${delivery} delivery: ${events} events of ${people} people, unless the mix sets it`
}

function tableOf(results: readonly CampaignResult[]): string {
  const rows = grouped(results, ({ campaign }) => campaign.mix.name)
  const cells = columns.map((column) =>
    columnCells(
      column,
      rows.map(([, ofRow]) => ofRow),
    ),
  )
  return table([
    ['faults', ...columns.map(({ title }) => title)],
    ...rows.map(([name], row) => [name, ...cells.map((column) => column[row] ?? '')]),
  ])
}

/** The cells of a column, top to bottom. */
function columnCells({ kind, value, higherIsBetter }: Column, rows: readonly (readonly CampaignResult[])[]): string[] {
  const numbers = rows.map((results) =>
    results.flatMap(({ outcome, campaign }) => value(outcome.measures, campaign) ?? []),
  )
  const weights = numbers.map((ofRow) => (kind === 'count' ? sum(ofRow) : Math.max(0, ...ofRow)))
  const shown = {
    count: (ofRow: number[]) => String(sum(ofRow)),
    ratio,
    most: (ofRow: number[]) => String(Math.max(...ofRow)),
  }
  const worst = Math.max(...weights)
  return numbers.map((ofRow, row) => {
    if (ofRow.length === 0) return '- '
    const isWorst = rows.length > 1 && higherIsBetter !== true && worst > 0 && weights[row] === worst
    return `${shown[kind](ofRow)}${isWorst ? '*' : ' '}`
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
