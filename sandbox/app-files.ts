import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder that PostHog would read from GitHub. */
export const appDirectory = join(__dirname, '..')

/** A field of the settings panel, as plugin.json declares it. */
export interface SettingField {
  key: string
  name: string
  type: 'string' | 'choice'
  default: string
  required: boolean
  secret?: boolean
  choices?: string[]
  hint: string
}

/** The fields of the settings panel, read from plugin.json as PostHog reads them. */
export function settingFields(): SettingField[] {
  const plugin = JSON.parse(readFileSync(join(appDirectory, 'plugin.json'), 'utf8')) as { config: SettingField[] }
  return plugin.config
}
