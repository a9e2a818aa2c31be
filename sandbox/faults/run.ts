import { UsageError } from '../lib/usage-error'
import type { Output } from '../replay/run'
import { help, mustLoseNothing, parseOptions } from './options'
import type { FaultsOptions } from './options'
import { runCampaigns } from './pool'
import { failureReport, tables } from './table'

/**
 * Runs fault campaigns as the command line asks.
 *
 * @returns the exit code: 1 if the person at the command line made a mistake, or if something was lost that must not be.
 */
export async function run(args: string[], output: Output): Promise<number> {
  try {
    const options = parseOptions(args)
    if (options !== undefined) return await runAll(options, output)
    output.say(help)
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    output.tell(`${error.message}\n`)
    return 1
  }
}

async function runAll({ campaigns, processes, expectNoneLost }: FaultsOptions, output: Output): Promise<number> {
  const outcomes = await runCampaigns(campaigns, processes, progressOf(campaigns.length, output))
  const results = outcomes.flatMap((outcome, place) => {
    const campaign = campaigns[place]
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

/** Tells how far it is, some twenty times in all. */
function progressOf(total: number, output: Output): () => void {
  let done = 0
  return () => {
    done += 1
    const step = Math.floor((done * progressSteps) / total)
    if (step > Math.floor(((done - 1) * progressSteps) / total)) output.tell(`${done} of ${total} runs\n`)
  }
}
