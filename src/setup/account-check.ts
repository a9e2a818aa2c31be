import { getFromLoops } from '../loops/client'
import type { LoopsAnswer } from '../loops/client'
import { own } from '../json'
import type { Cache } from '../posthog/meta'
import { onceForAllWorkers } from './once-for-all-workers'
import { settingFields } from '../settings/field'
import { quoted, withoutSecrets } from '../redact'
import { isOff } from '../settings/settings'
import type { Settings } from '../settings/settings'

/** What the checks of set-up need of the app. */
export interface CheckedApp {
  readonly settings: Settings
  readonly rateLimit: { readonly count: () => void }
  readonly lookUp: { readonly check: () => Promise<void> }
}

/**
 * Checks the key and the account, and, without waiting for it, the PostHog address. Of workers that start together only one
 * asks; a success counts for all workers for some minutes.
 *
 * @returns the settings error if Loops refuses the key, otherwise `undefined`.
 */
export async function checkAtSetUp(app: CheckedApp, cache: Cache): Promise<string | undefined> {
  const { settings, rateLimit, lookUp } = app
  const names = namesInUse(settings)
  const subject = JSON.stringify([settings.apiKey, settings.posthogUrl, names.listIds, names.propertyNames])
  return onceForAllWorkers(subject, cache, async () => {
    lookUp.check().catch(() => undefined)
    const { succeeded, message } = await checkKeyAndAccount(settings.apiKey, names, (path) => {
      rateLimit.count()
      return getFromLoops(path, settings.apiKey)
    })
    return { succeeded, result: message }
  })
}

/** Asks Loops for its data. */
export type AskLoops = (path: string) => Promise<LoopsAnswer>

/**
 * Asks Loops whether it accepts the API key, logs the team's name, and warns of mailing lists and contact properties that
 * the account lacks. If Loops does not answer, it logs a warning.
 *
 * @returns whether Loops has accepted the key, and the settings error if it refuses it.
 */
export async function checkKeyAndAccount(
  apiKey: string,
  names: AccountNames,
  ask: AskLoops,
): Promise<{ readonly succeeded: boolean; readonly message: string | undefined }> {
  const answer = await ask('/v1/api-key')
  if (answer.status === 401) {
    const problem = `${settingFields.apiKey.label}: Loops refuses it (${answer.reason})`
    return { succeeded: false, message: `Loops settings: ${problem}: copy a key from Loops, Settings -> API.` }
  }
  if (answer.status !== 200) {
    console.warn(`The Loops API key could not be checked (${answer.reason}). Events are still sent.`)
    return { succeeded: false, message: undefined }
  }
  const team = withoutSecrets(quoted(own(answer.json, 'teamName')), apiKey)
  console.log(`Connected to Loops: the API key belongs to the team ${team}.`)
  await checkAccount(names, apiKey, ask)
  return { succeeded: true, message: undefined }
}

/** The mailing lists and contact properties that the settings name, in the halves of the app that are on. */
export function namesInUse({ eventsToSend, contactUpdates }: Settings): AccountNames {
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

/** Asks Loops for its mailing lists and contact properties, but only if the settings name any, and warns of missing ones. */
async function checkAccount({ listIds, propertyNames }: AccountNames, apiKey: string, ask: AskLoops): Promise<void> {
  const loopsLists = listIds.length === 0 ? undefined : await ask('/v1/lists')
  const loopsProperties = propertyNames.length === 0 ? undefined : await ask('/v1/contacts/properties?list=all')
  const missing = [
    ...missingFrom(loopsLists?.json, { kind: 'mailing list', names: listIds, keyField: 'id', labelField: 'name' }),
    ...missingFrom(loopsProperties?.json, {
      kind: 'contact property',
      names: propertyNames,
      keyField: 'key',
      labelField: 'label',
    }),
  ]
  if (missing.length === 0) return
  const phrases = withoutSecrets(missing.join(', '), apiKey)
  console.warn(
    `The settings name mailing lists or contact properties that the Loops account lacks: ${phrases}. ` +
      'Create mailing lists in Loops, Settings -> Lists, and contact properties in Settings -> API.',
  )
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
  const present = answer.map((entry) => ({ key: String(own(entry, keyField)), label: String(own(entry, labelField)) }))
  const missing = [...new Set(names)].filter((name) => present.every(({ key }) => key !== name))
  return missing.map((name) => {
    const [similar] = [0, 1, 2].flatMap((distance) =>
      present.filter(({ key, label }) =>
        [key, label].some((other) => editDistance(lettersAndDigits(name), lettersAndDigits(other)) === distance),
      ),
    )
    return `${kind} ${quoted(name)}${similar === undefined ? '' : ` (did you mean ${quoted(similar.key)}?)`}`
  })
}

/** The name in lower case without blanks and signs, which people mistype most often. */
function lettersAndDigits(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

/** The Levenshtein distance of two texts. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const letter of one) {
    const next = [(row[0] ?? 0) + 1]
    for (let place = 1; place <= other.length; place++) {
      const swapped = (row[place - 1] ?? 0) + (letter === other[place - 1] ? 0 : 1)
      next.push(Math.min(swapped, (row[place] ?? 0) + 1, (next[place - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
