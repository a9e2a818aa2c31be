import { isOff } from './settings'
import type { Settings } from './settings'
import type { AppMeta } from './meta'
import { getFromLoops } from './delivery/loops-client'
import { settingFields } from './panel/field'
import { quoted, withoutSecrets } from './redact'
import { own } from './json'

/** Logs what Loops says of the key and the settings; a key that Loops refuses is the settings error that comes back. */
export async function checkKeyAndAccount(settings: Settings, meta: AppMeta): Promise<string | undefined> {
  const answer = await getFromLoops('/v1/api-key', settings, meta)
  if (answer.status === 401) {
    const problem = `${settingFields.apiKey.label}: Loops refuses it (${answer.reason})`
    return `Loops settings: ${problem}: copy a key from Loops, Settings -> API.`
  }
  if (answer.status !== 200) {
    console.warn(`The Loops API key is not checked (${answer.reason}); events are sent all the same.`)
    return undefined
  }
  const team = withoutSecrets(quoted(own(answer.json, 'teamName')), settings.apiKey)
  console.log(`Connected to Loops: the API key belongs to the team ${team}.`)
  await checkAccount(settings, meta)
  return undefined
}

/** Warns once of mailing lists and contact properties in the settings that the Loops account does not have. */
async function checkAccount(settings: Settings, meta: AppMeta): Promise<void> {
  const { eventsToSend, contactUpdates } = settings
  const halves = [eventsToSend, contactUpdates].filter((half) => !isOff(half))
  const lists = halves.flatMap(({ mailingLists: wanted }) => [...wanted.keys()])
  const names = isOff(contactUpdates) ? [] : [...contactUpdates.mapping.keys()]
  const loopsLists = lists.length === 0 ? undefined : await getFromLoops('/v1/lists', settings, meta)
  const loopsProperties =
    names.length === 0 ? undefined : await getFromLoops('/v1/contacts/properties?list=all', settings, meta)
  const missing = [
    ...missingIn(loopsLists?.json, 'mailing list', lists, 'id', 'name'),
    ...missingIn(loopsProperties?.json, 'contact property', names, 'key', 'label'),
  ]
  if (missing.length === 0) return
  console.warn(
    `The settings name what Loops does not have: ${withoutSecrets(missing.join(', '), settings.apiKey)}. ` +
      'Mailing lists are made in Loops, Settings -> Lists, and properties in Settings -> API.',
  )
}

/** A check that fails is no error: it finds nothing missing. */
function missingIn(
  answer: unknown,
  kind: string,
  wanted: readonly string[],
  keyField: string,
  nameField: string,
): string[] {
  if (!Array.isArray(answer)) return []
  const present = answer.map((entry) => ({ key: String(own(entry, keyField)), name: String(own(entry, nameField)) }))
  const unknown = [...new Set(wanted)].filter((one) => present.every(({ key }) => key !== one))
  return unknown.map((one) => {
    const close = [0, 1, 2].flatMap((letters) =>
      present.filter(({ key, name }) =>
        [key, name].some((other) => lettersChanged(bare(one), bare(other)) === letters),
      ),
    )
    return `${kind} ${quoted(one)}${close[0] === undefined ? '' : ` (it has ${quoted(close[0].key)})`}`
  })
}

/** A name without what people get wrong most: capitals, blanks and signs. */
function bare(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

/** The Levenshtein distance. */
function lettersChanged(one: string, other: string): number {
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
