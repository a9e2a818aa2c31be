/** A process that runs the campaigns it is sent, one at a time, and answers each with its outcome. */
import { runCampaign } from './campaign'
import type { CampaignOptions } from './campaign'

process.on('message', (campaign) => {
  void runCampaign(campaign as CampaignOptions).then((outcome) => process.send?.(outcome))
})
