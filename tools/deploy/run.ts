/** `npm run deploy`: installs the destination into PostHog. `npm run deploy -- --help` lists the options. */
import { PosthogClient } from '../posthog-api/client'
import { exitCodeOf, runInTerminal } from '../lib/command-line'
import type { Output } from '../lib/command-line'
import { withoutKeys } from '../lib/keys'
import { deployDestination } from './destination'
import { help, parseOptions, SCOPES } from './options'
import type { DeployOptions } from './options'
import { planFor } from './plan'
import { askServer } from './server'
import { checkLoops, readSettings } from './settings'

/**
 * Installs what the command line asks for.
 *
 * @returns the exit code: 1 after an error, which goes to `output.tell` as sentences that say what to do.
 */
export function run(args: string[], environment: NodeJS.ProcessEnv, output: Output): Promise<number> {
  const masked = withoutKeys(output, environment)
  return exitCodeOf(async () => {
    const options = parseOptions(args, environment)
    if (options === undefined) masked.say(help)
    else await deploy(options, masked)
    return 0
  }, masked)
}

async function deploy(options: DeployOptions, output: Output): Promise<void> {
  const say = (text: string): void => {
    output.say(`${text}\n\n`)
  }
  const client = new PosthogClient({ posthog: options.posthog, key: options.keys.posthog, scopes: SCOPES })
  const requested = await readSettings(options)
  const server = await askServer(client, options.project)
  const deployment = { client, server, options, requested }
  const plan = await planFor(deployment)
  for (const sentence of await checkLoops(plan.configuration, options)) say(sentence)
  await deployDestination(deployment, plan, say)
  if (options.dryRun) say('Nothing was changed: this was a dry run.')
}

if (require.main === module) void runInTerminal((output) => run(process.argv.slice(2), process.env, output))
