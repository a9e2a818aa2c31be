import type { Settings } from '../contract'
import { byId, element } from './dom'
import { ask, sentenceOf } from './server-access'
import type { SettingsForm } from './settings-form'

/** Connects the buttons that load, save and copy the settings. None of them handles the key. */
export function connectSettingsFiles(form: SettingsForm, onLoad: () => void): void {
  const file = byId('settings-file', 'input')
  byId('load-settings', 'button').addEventListener('click', () => {
    file.click()
  })
  file.addEventListener('change', () => {
    const [chosen] = file.files ?? []
    if (chosen !== undefined) void load(chosen, form, onLoad)
    file.value = ''
  })
  byId('save-settings', 'button').addEventListener('click', () => {
    download('loops-settings.json', form.settingsToKeep())
    form.say('Saved as loops-settings.json, without the key.')
  })
  byId('copy-settings', 'button').addEventListener('click', () => {
    void copy(form)
  })
}

async function load(file: File, form: SettingsForm, onLoad: () => void): Promise<void> {
  try {
    const content: unknown = JSON.parse(await file.text())
    form.fill(await ask<Settings>('config-file', { name: file.name, content }))
    onLoad()
  } catch (error) {
    const sentence = error instanceof SyntaxError ? `${file.name} is not JSON: ${error.message}.` : sentenceOf(error)
    form.say(sentence ?? '', true)
  }
}

function download(name: string, content: object): void {
  const address = URL.createObjectURL(new Blob([`${JSON.stringify(content, null, 2)}\n`], { type: 'application/json' }))
  element('a', { href: address, download: name }).click()
  URL.revokeObjectURL(address)
}

/** Copies the body with which PostHog's REST API configures an app. */
async function copy(form: SettingsForm): Promise<void> {
  const config = { apiKey: 'LOOPS_API_KEY', ...form.settingsToKeep() }
  try {
    await navigator.clipboard.writeText(
      JSON.stringify({ plugin: 'PLUGIN_ID', enabled: true, order: 1, config }, null, 2),
    )
    form.say('Copied for POST …/plugin_configs/. Replace PLUGIN_ID and LOOPS_API_KEY yourself.')
  } catch {
    form.say('The browser does not let this page write to the clipboard.', true)
  }
}
