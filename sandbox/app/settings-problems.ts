import { settingFields } from './app-files'

/** One problem of the settings, in a sentence. */
export interface SettingsProblem {
  /** The setting, whose label stands not in the sentence; null if the sentence is about several. */
  readonly key: string | null
  readonly sentence: string
}

/** Splits the app's message by labels: `Loops settings: LABEL: "value" is wrong. LABEL: "value" is wrong, too.` */
export function problemsIn(message: string): SettingsProblem[] {
  const fields = settingFields()
  return linesOfProblems(message).map((line) => {
    const field = fields.find(({ name }) => line.startsWith(`${name}: `))
    if (field === undefined) return { key: null, sentence: line }
    return { key: field.key, sentence: line.slice(field.name.length + 2) }
  })
}

/** The problems of the message with their labels, each for a line of its own. */
export function linesOfProblems(message: string): string[] {
  // Longer labels first, because a longer label may begin with a shorter one.
  const names = settingFields()
    .map(({ name }) => name)
    .sort((one, other) => other.length - one.length)
  const labels = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  return message.replace(/^Loops settings: /, '').split(new RegExp(`(?<=\\.) (?=(?:${labels}): )`))
}
