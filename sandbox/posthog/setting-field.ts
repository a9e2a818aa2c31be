/** A field of the settings panel, as plugin.json declares it. */
export interface SettingField {
  key: string
  name: string
  type: 'string' | 'choice'
  default: string
  required: boolean
  secret?: boolean
  choices?: string[]
  /** Markdown. */
  hint: string
}
