import { getFromLoops } from '../loops/client'
import type { LoopsAnswer } from '../loops/client'
import { ownProperty } from '../json'
import type { Cache } from '../posthog/meta'
import { onceForAllWorkers } from './once-for-all-workers'
import { settingFields } from '../settings/field'
import { quoted, withoutSecrets } from '../redact'
import { nearestName } from '../settings/similar-name'
import { isOff } from '../settings/settings'
import type { Settings } from '../settings/settings'

/** The parts of the app that the checks at its start need. */
export interface CheckedApp {
  readonly settings: Settings
  readonly rateLimit: { readonly count: () => void }
  readonly lookUp: { readonly check: () => Promise<void> }
}

/**
 * Checks the key and the account, and, without waiting for it, the PostHog address. Of workers that start together only one
 * asks; a success counts for all workers for some minutes.
 *
 * @returns the settings error if Loops rejects the key, otherwise `undefined`.
 */
export async function checkAtSetUp(app: CheckedApp, cache: Cache): Promise<string | undefined> {
  const { settings, rateLimit, lookUp } = app
  const names = namesInUse(settings)
  const subject = JSON.stringify([settings.apiKey, settings.posthogUrl, names.listIds, names.propertyNames])
  return onceForAllWorkers(subject, cache, async () => {
    lookUp.check().catch(() => undefined)
    const check = await checkAccount(names, settings.apiKey, (path) => {
      rateLimit.count()
      return getFromLoops(path, settings.apiKey)
    })
    if (check.team !== undefined) console.log(check.team)
    if (check.warning !== undefined) console.warn(check.warning)
    const result = check.problem === undefined ? undefined : `Loops settings: ${check.problem}`
    return { succeeded: check.team !== undefined, result }
  })
}

/** The mailing lists and contact properties that the settings name, in the halves of the app that are on. */
function namesInUse({ eventsToSend, contactUpdates }: Settings): AccountNames {
  const rules = [eventsToSend, contactUpdates].filter((rule) => !isOff(rule))
  return {
    listIds: rules.flatMap(({ mailingLists }) => [...mailingLists.keys()]),
    propertyNames: isOff(contactUpdates) ? [] : [...contactUpdates.mapping.keys()],
  }
}

export interface AccountNames {
  readonly listIds: readonly string[]
  readonly propertyNames: readonly string[]
}

/** The result of Loops' check of the key and of the names in use. */
export type AccountCheck =
  /** Loops rejects the key. */
  | { readonly problem: string; readonly team?: undefined; readonly warning?: undefined }
  /** Loops accepts it: whose it is, and the names that the account lacks. */
  | { readonly team: string; readonly warning?: string; readonly problem?: undefined }
  /** Loops gives no answer. */
  | { readonly warning: string; readonly team?: undefined; readonly problem?: undefined }

/**
 * Asks Loops whether it accepts the API key, and which of the names the account lacks. Both editions have this check: the
 * app at its set-up, the destination in `npm run deploy`.
 *
 * @param ask sends a GET to Loops with the key; its path begins with `/v1`.
 */
export async function checkAccount(
  names: AccountNames,
  apiKey: string,
  ask: (path: string) => Promise<LoopsAnswer>,
): Promise<AccountCheck> {
  const answer = await ask('/v1/api-key')
  if (answer.status === 401) {
    const { label } = settingFields.apiKey
    return { problem: `${label}: Loops rejects it (${answer.reason}): copy a key from Loops, Settings -> API.` }
  }
  if (answer.status !== 200) {
    return { warning: `The Loops API key could not be checked (${answer.reason}). Events are still sent.` }
  }
  const team = withoutSecrets(quoted(ownProperty(answer.json, 'teamName')), apiKey)
  const connected = `Connected to Loops: the API key belongs to the team ${team}.`
  const missing = await missingNames(names, ask)
  if (missing.length === 0) return { team: connected }
  const phrases = withoutSecrets(missing.join(', '), apiKey)
  return {
    team: connected,
    warning:
      `The settings name mailing lists or contact properties that the Loops account lacks: ${phrases}. ` +
      'Create mailing lists in Loops, Settings -> Lists, and contact properties in Settings -> API.',
  }
}

/** A phrase for each name that the account lacks. Loops is asked only for what the settings name. */
async function missingNames(
  { listIds, propertyNames }: AccountNames,
  ask: (path: string) => Promise<LoopsAnswer>,
): Promise<string[]> {
  const lists = listIds.length === 0 ? undefined : await ask('/v1/lists')
  const properties = propertyNames.length === 0 ? undefined : await ask('/v1/contacts/properties?list=all')
  return [
    ...missingFrom(lists?.json, { kind: 'mailing list', names: listIds, keyField: 'id', labelField: 'name' }),
    ...missingFrom(properties?.json, {
      kind: 'contact property',
      names: propertyNames,
      keyField: 'key',
      labelField: 'label',
    }),
  ]
}

/** The names of one kind that the settings use, and the fields of Loops' answer that hold its key and its label. */
interface NamesInUse {
  readonly kind: string
  readonly names: readonly string[]
  readonly keyField: string
  readonly labelField: string
}

/** A phrase for each name that Loops' answer lacks, with the most similar key; empty if the answer is not a list. */
function missingFrom(answer: unknown, { kind, names, keyField, labelField }: NamesInUse): string[] {
  if (!Array.isArray(answer)) return []
  const present = answer.map((entry) => ({
    key: String(ownProperty(entry, keyField)),
    label: String(ownProperty(entry, labelField)),
  }))
  const missing = [...new Set(names)].filter((name) => present.every(({ key }) => key !== name))
  return missing.map((name) => {
    const nearest = nearestName(
      name,
      present.flatMap(({ key, label }) => [key, label]),
    )
    const similar = present.find(({ key, label }) => [key, label].includes(nearest ?? key + label))
    return `${kind} ${quoted(name)}${similar === undefined ? '' : ` (did you mean ${quoted(similar.key)}?)`}`
  })
}
