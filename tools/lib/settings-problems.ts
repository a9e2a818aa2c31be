import { settingFields } from './app-files'

/** One problem of the settings, in a sentence. */
export interface SettingsProblem {
  /** The setting, whose label the sentence leaves out; null if the sentence is about several. */
  readonly key: string | null
  readonly sentence: string
}

/** Splits the app's message by labels: `Loops settings: LABEL: "value" is wrong. LABEL: "value" is wrong, too.` */
export function problemsIn(message: string): SettingsProblem[] {
  const fields = fieldsByLength()
  return linesOfProblems(message).map((line) => {
    const field = fields.find(({ name }) => line.startsWith(`${name}: `))
    if (field === undefined) return { key: null, sentence: line }
    return { key: field.key, sentence: line.slice(field.name.length + 2) }
  })
}

/** The problems of the app's message with their labels, each for a line of its own. */
export function linesOfProblems(message: string): string[] {
  const labels = fieldsByLength().map(({ name }) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return message.replace(/^Loops settings: /, '').split(new RegExp(`(?<=\\.) (?=(?:${labels.join('|')}): )`))
}

/** Longer labels first, because a longer label may begin with a shorter one. */
function fieldsByLength() {
  return settingFields().sort((one, other) => other.name.length - one.name.length)
}
