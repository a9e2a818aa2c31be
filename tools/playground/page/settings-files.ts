import { byId, element } from './dom'
import { sentenceOf } from './server-access'
import type { SettingsPanel } from './settings-panel'

/** Connects the buttons that load, save and copy the settings. None of them handles the key. */
export function connectSettingsFiles(panel: SettingsPanel): void {
  const file = byId('settings-file', 'input')
  byId('load-settings', 'button').addEventListener('click', () => {
    file.click()
  })
  file.addEventListener('change', () => {
    const [chosen] = file.files ?? []
    if (chosen !== undefined) void load(chosen, panel)
    file.value = ''
  })
  byId('save-settings', 'button').addEventListener('click', () => {
    const name = panel.isToday ? 'loops-destination.json' : 'loops-settings.json'
    download(name, textOf(panel))
    panel.status.say(`Saved as ${name}, without the key.`)
  })
  byId('copy-settings', 'button').addEventListener('click', () => {
    void copy(panel)
  })
}

async function load(file: File, panel: SettingsPanel): Promise<void> {
  try {
    await panel.load(file.name, await file.text())
  } catch (error) {
    panel.status.say(sentenceOf(error) ?? '', { isBad: true })
  }
}

function textOf(panel: SettingsPanel): string {
  return JSON.stringify(panel.content(), null, 2)
}

function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([`${text}\n`], { type: 'application/json' }))
  element('a', { href: address, download: name }).click()
  URL.revokeObjectURL(address)
}

async function copy(panel: SettingsPanel): Promise<void> {
  try {
    await navigator.clipboard.writeText(textOf(panel))
    panel.status.say('Copied without the key. To load it again, save it as a file.')
  } catch {
    panel.status.say('The browser does not let this page write to the clipboard.', { isBad: true })
  }
}
