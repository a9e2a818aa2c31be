import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SettingField } from './shapes'

/** The app's folder, which PostHog reads from GitHub. */
export const appDirectory = join(__dirname, '../..')

/** The fields of the settings panel, read from plugin.json as PostHog reads them. */
export function settingFields(): SettingField[] {
  const plugin = JSON.parse(readFileSync(join(appDirectory, 'plugin.json'), 'utf8')) as { config: SettingField[] }
  return plugin.config
}
