/** `npm run test:real`: the app with real parts, in real time. `npm run test:real -- --help` lists the options. */
import { exitCodeOf, runInTerminal } from '../lib/command-line'
import type { Output } from '../lib/command-line'
import { UsageError } from '../lib/usage-error'
import { help, parseOptions } from './options'
import type { RealOptions } from './options'
import { longLengths, phasesOf, shortLengths } from './phases'
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

async function runAll(options: RealOptions, output: Output): Promise<number> {
  const all = phasesOf(options.short ? shortLengths : longLengths)
  const phases = all.filter(({ name }) =>
    options.phase === undefined ? !options.short || name !== 'calm' : name === options.phase,
  )
  if (phases.length === 0) {
    throw new UsageError(
      `--phase does not know '${options.phase ?? ''}': use ${all.map(({ name }) => name).join(', ')}.`,
    )
  }
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

if (require.main === module) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // The servers end with this process, at its event `exit`.
    process.once(signal, () => process.exit(1))
  }
  void runInTerminal((output) => run(process.argv.slice(2), output))
}
