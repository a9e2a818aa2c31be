/** `npm run bench`: what an event costs, against the least that it could cost. `-- --json` prints figures for programs. */
import { readable, verdictsOn } from './report'
import { runBench } from './run'

async function main(): Promise<void> {
  // An ES module, which `require` does not take everywhere.
  const { measure } = await import('mitata')
  const results = await runBench({
    // The lowest, since whatever else the machine does only ever adds to it.
    measure: async (run) => (await measure(run, { min_cpu_time: 100_000_000 })).min,
    rounds: 3,
  })
  const isForPrograms = process.argv.includes('--json')
  const text = isForPrograms
    ? JSON.stringify({ ...results, verdicts: verdictsOn(results) }, null, 2)
    : readable(results)
  process.stdout.write(`${text}\n`)
}

void main()
