/**
 * `npm run lab NAME`: runs an experiment, with what follows `--` as its options. `faults` counts what is lost while
 * things go wrong, `bench` what an event costs; `integration` runs the app with a real Redis, PostgreSQL and Graphile Worker; `simulators` starts simulators
 * for PostHog and Loops.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { exitCodeOf, runInTerminal } from '../lib/command-line'
import { UsageError } from '../lib/usage-error'

const NAMES = ['faults', 'bench', 'integration', 'simulators']

/** Runs the experiment in a process of its own, and returns its exit code. Throws a UsageError for an unknown name. */
function runExperiment([name = '', ...args]: string[]): Promise<number> {
  if (!NAMES.includes(name)) throw new UsageError(`Usage: npm run lab ${NAMES.join('|')} [-- options]`)
  // The arguments make Node.js read TypeScript.
  const child = spawn(process.execPath, [...process.execArgv, join(__dirname, name, 'run.ts'), ...args], {
    stdio: 'inherit',
  })
  // Ctrl-C reaches the child, too, which ends in its own way.
  process.on('SIGINT', () => undefined)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      resolve(code ?? 1)
    })
  })
}

if (require.main === module) {
  void runInTerminal((output) => exitCodeOf(async () => runExperiment(process.argv.slice(2)), output))
}
