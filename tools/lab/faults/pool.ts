import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { runCampaign } from './campaign'
import type { CampaignOptions } from './campaign'
import type { Outcome } from './measures'

/**
 * Runs the campaigns in `processes` child processes, or in this process if there is only one.
 *
 * @param onDone called after each campaign.
 * @returns the outcomes in the order of the campaigns.
 * @throws Error if a child process ends early.
 */
export async function runCampaigns(
  campaigns: readonly CampaignOptions[],
  processes: number,
  onDone: () => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const waiting = campaigns.entries()
  const runWaiting = async (run: (campaign: CampaignOptions) => Promise<Outcome>): Promise<void> => {
    for (const [index, campaign] of waiting) {
      outcomes[index] = await run(campaign)
      onDone()
    }
  }
  if (processes === 1) {
    await runWaiting(runCampaign)
    return outcomes
  }
  const children = Array.from({ length: Math.min(processes, campaigns.length) }, () => fork(__filename))
  try {
    await Promise.all(children.map((child) => runWaiting((campaign) => runIn(child, campaign))))
  } finally {
    for (const child of children) child.kill()
  }
  return outcomes
}

function runIn(child: ChildProcess, campaign: CampaignOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const onExit = () => {
      reject(new Error(`The process that ran ${campaign.mix.name}, seed ${campaign.seed}, has ended.`))
    }
    child.once('exit', onExit)
    child.once('message', (outcome) => {
      child.off('exit', onExit)
      resolve(outcome as Outcome)
    })
    child.send(campaign)
  })
}

if (require.main === module) {
  process.on('message', (campaign) => {
    void runCampaign(campaign as CampaignOptions).then((outcome) => process.send?.(outcome))
  })
}
