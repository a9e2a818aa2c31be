/** The settings to install, checked as the app checks them when PostHog sets it up, and against the account in Loops. */
import { builtDestination } from '../../destination/from-settings/body'
import type { DestinationBody } from '../../destination/from-settings/body'
import { bodyOf, formIn, NO_FORM } from '../../destination/from-settings/form'
import { destinationFromSettings } from '../../destination/from-settings/from-settings'
import type { FromSettings } from '../../destination/from-settings/from-settings'
import { getWithKey } from '../../src/loops/client'
import { checkAccount } from '../../src/setup/account-check'
import { checkedConfig } from '../lib/config-file'
import { parseJsonAt, readTextFile } from '../lib/text-file'
import { UsageError } from '../lib/usage-error'
import type { DeployOptions } from './options'

/**
 * The destination that --config describes, without its key: the file has settings of the app or, from the playground's
 * form, the destination.
 *
 * @returns `undefined` without a file. Then a new installation has the defaults, and an update keeps what is in PostHog.
 * @throws UsageError if the file cannot be read, or if a destination cannot have its settings: one line for each problem.
 */
export function readSettings({ config: file, keys }: DeployOptions): DestinationBody | undefined {
  if (file === undefined) return undefined
  const content = parseJsonAt(file, readTextFile(file))
  if (typeof content === 'object' && content !== null && 'mappings' in content) {
    const form = formIn(content)
    if (form === undefined) throw new UsageError(NO_FORM)
    return withoutKey(accepted(bodyOf(form)))
  }
  // With the key, so that a setting that has it is refused.
  return accepted(destinationFromSettings({ ...checkedConfig(content, file), apiKey: keys.loops }))
}

function withoutKey({ inputs: { apiKey: _, ...inputs }, ...body }: DestinationBody): DestinationBody {
  return { ...body, inputs }
}

function accepted({ body, refusals }: FromSettings): DestinationBody {
  if (body === undefined) throw refused(refusals)
  return body
}

function refused(problems: readonly string[]): UsageError {
  return new UsageError(['The settings are refused:', ...problems.map((problem) => `  ${problem}`)].join('\n'))
}

/**
 * Asks Loops about the key, the mailing lists and the contact properties, as the app does at its set-up.
 *
 * @param body the destination to install; without it, the defaults.
 * @returns the team of the key, and a warning of the names that the account lacks.
 * @throws UsageError if Loops refuses the key.
 */
export async function checkLoops(
  { mappings }: DestinationBody = builtDestination,
  { keys, loopsSimulator = 'https://app.loops.so' }: DeployOptions,
): Promise<string[]> {
  const names = (key: string): string[] => mappings.flatMap(({ inputs }) => Object.keys(inputs[key]?.value ?? {}))
  const { problem, team, warning } = await checkAccount(
    { listIds: names('mailingLists'), propertyNames: names('contactProperties') },
    keys.loops,
    (path) => getWithKey(`${loopsSimulator}/api${path}`, keys.loops),
  )
  if (problem !== undefined) throw refused([problem])
  return [team, warning].filter((sentence) => sentence !== undefined)
}
