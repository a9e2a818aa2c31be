/** `npm run lab bench`: counts what an event costs a PostHog server. `-- --help` lists the options. */
import { exitCodeOf, optionsIn, runInTerminal, table } from '../../lib/command-line'
import type { Output } from '../../lib/command-line'
import { countEvents } from './counts'
import type { EventCounts, Range } from './counts'

const help = `Counts the guarded awaits, the cache commands and the Redis memory of an event with the delivery "direct", in the app of
dist/, for each kind of event and in a summary.

Usage: npm run lab bench -- [options]

  --json    print JSON
  --steps   add each command, request and job of the costliest events, in order
  --help    show this
`

/** @returns the exit code: 1 for an unknown option. */
export function run(args: string[], output: Output): Promise<number> {
  return exitCodeOf(async () => {
    const flag = { type: 'boolean' } as const
    const options = optionsIn('npm run lab bench', args, { json: flag, steps: flag, help: flag })
    if (options.help === true) {
      output.say(help)
      return 0
    }
    const counts = await countEvents()
    const parts = [
      countsTable(counts),
      table(summaryRows(counts)),
      ...(options.steps === true ? counts.map(stepsOf) : []),
    ]
    output.say(`${options.json === true ? JSON.stringify(counts, null, 2) : parts.join('\n\n')}\n`)
    return 0
  }, output)
}

/** Of the events of each line, the least and the most. */
function countsTable(counts: readonly EventCounts[]): string {
  const lines = counts.map(({ kind, contact, delivered, awaits, commands, bytes }) => [
    ...[kind, contact, delivered, span(awaits), span(commands), span(bytes)],
  ])
  return table([['event', 'of its contact', 'delivered', 'awaits', 'commands', 'Redis, B'], ...lines])
}

/** All kinds of events together, as docs/measurements.md shows them. */
export function summaryRows(counts: readonly EventCounts[]): string[][] {
  const row = (title: string, isOfRow: (one: EventCounts) => boolean) => {
    const ofRow = counts.filter(isOfRow)
    const whole = (range: (one: EventCounts) => Range): Range => ({
      least: Math.min(...ofRow.map((one) => range(one).least)),
      most: Math.max(...ofRow.map((one) => range(one).most)),
    })
    const ranges = [whole(({ awaits }) => awaits), whole(({ commands }) => commands), whole(({ bytes }) => bytes)]
    return [title, ...ranges.map(span)]
  }
  const sent = (delivered: EventCounts['delivered'], contact: EventCounts['contact']) => (one: EventCounts) =>
    one.isSent && one.delivered === delivered && one.contact === contact
  return [
    ['an event that is', 'awaits', 'commands', 'bytes in Redis'],
    row('not matched, or skipped', ({ isSent }) => !isSent),
    row('sent directly, the first of its contact', sent('directly', 'first')),
    row('sent directly, a later one', sent('directly', 'later')),
    row('sent by a job, the first of its contact', sent('by a job', 'first')),
    row('sent by a job, a later one', sent('by a job', 'later')),
  ]
}

function span({ least, most }: Range): string {
  return least === most ? `${most}` : `${least}-${most}`
}

function stepsOf({ kind, contact, delivered, steps }: EventCounts): string {
  return [`${kind}, ${contact} of its contact, ${delivered}:`, ...steps.map((step) => `  ${step}`)].join('\n')
}

if (require.main === module) {
  // A changed app is compiled once more, and only this run needs the result.
  process.env['COMPILED'] = ''
  void runInTerminal((output) => run(process.argv.slice(2), output))
}
