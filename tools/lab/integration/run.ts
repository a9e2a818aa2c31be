/** `npm run lab integration`: the app with a real Redis, PostgreSQL and Graphile Worker, in real time. `npm run lab integration -- --help` lists the options. */
import { chosen, exitCodeOf, runInTerminal } from '../../lib/command-line'
import type { Output } from '../../lib/command-line'
import { UsageError } from '../../lib/usage-error'
import { help, parseOptions } from './options'
import type { IntegrationOptions } from './options'
import { longLengths, phasesOf, shortLengths } from './phases'
import type { Phase } from './phases'
import { failureReport, progressReport, tableOf } from './report'
import { runScenario } from './scenario'
import type { PhaseResult } from './scenario'

/**
 * Runs the scenario as the command line asks.
 *
 * @returns the exit code: 1 after a usage error, or if the app breaks a promise.
 */
export function run(args: string[], output: Output): Promise<number> {
  return exitCodeOf(async () => {
    const options = parseOptions(args, process.env)
    if (options !== undefined) return runAll(options, output)
    output.say(help)
    return 0
  }, output)
}

async function runAll(options: IntegrationOptions, output: Output): Promise<number> {
  const phases = phasesToRun(options)
  const results: PhaseResult[] = []
  const total = await runScenario(options, phases, (result) => {
    results.push(result)
    output.tell(progressReport(result))
  })
  output.say(tableOf([...results, total]))
  const failures = [...results, total].flatMap((result) => failureReport(result) ?? [])
  if (failures.length === 0) return 0
  output.tell(`${failures.join('\n')}\n`)
  return 1
}

/** Throws a UsageError if no phase is left. */
function phasesToRun({ short, phase, redisUrl, databaseUrl }: IntegrationOptions): Phase[] {
  const all = phasesOf(short ? shortLengths : longLengths)
  const named = chosen('phase', phase, all).filter(({ name }) => phase !== undefined || !short || name !== 'calm')
  const urls = { redis: redisUrl, postgres: databaseUrl }
  const possible = named.filter(({ server }) => server === undefined || urls[server] === undefined)
  if (possible.length === 0) throw new UsageError('The phase stops a server that REDIS_URL or DATABASE_URL names.')
  return possible
}

if (require.main === module) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // The servers end with this process, at its event `exit`.
    process.once(signal, () => process.exit(1))
  }
  void runInTerminal((output) => run(process.argv.slice(2), output))
}
