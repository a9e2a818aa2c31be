/** A child process of the pool: runs each campaign that it is sent and answers with the outcome. */
import { runCampaign } from './campaign'
import type { CampaignOptions } from './campaign'

process.on('message', (campaign) => {
  void runCampaign(campaign as CampaignOptions).then((outcome) => process.send?.(outcome))
})
