/** `npm run lab faults`: counts what is lost while things go wrong. `npm run lab faults -- --help` lists the options. */
import { exitCodeOf, runInTerminal } from '../../lib/command-line'
import type { Output } from '../../lib/command-line'
import { failureReport } from './limits'
import { help, mustLoseNothing, parseOptions } from './options'
import type { FaultsOptions } from './options'
import { runCampaigns } from './pool'
import { tables } from './table'

/**
 * Runs fault campaigns as the command line asks.
 *
 * @returns the exit code: 1 after a usage error, or if a run falls short of `--expect-none-lost`.
 */
export function run(args: string[], output: Output): Promise<number> {
  return exitCodeOf(async () => {
    const options = parseOptions(args)
    if (options !== undefined) return runAll(options, output)
    output.say(help)
    return 0
  }, output)
}

async function runAll({ campaigns, processes, expectNoneLost }: FaultsOptions, output: Output): Promise<number> {
  const outcomes = await runCampaigns(campaigns, processes, progressOf(campaigns.length, output))
  const results = outcomes.flatMap((outcome, index) => {
    const campaign = campaigns[index]
    return campaign === undefined ? [] : [{ campaign, outcome }]
  })
  output.say(tables(results))
  if (!expectNoneLost) return 0
  const failures = results.flatMap((result) => (mustLoseNothing(result.campaign) ? (failureReport(result) ?? []) : []))
  if (failures.length === 0) return 0
  output.tell(`${failures.join('\n')}\n`)
  return 1
}

const progressSteps = 20

/** Reports the number of finished runs, about twenty times in all. */
function progressOf(total: number, output: Output): () => void {
  let done = 0
  return () => {
    done += 1
    const step = Math.floor((done * progressSteps) / total)
    if (step > Math.floor(((done - 1) * progressSteps) / total)) output.tell(`${done} of ${total} runs\n`)
  }
}

if (require.main === module) void runInTerminal((output) => run(process.argv.slice(2), output))
