import type { Install, InstallOfApp, SettingsQuestion } from '../contract'
import { afterPause, byId, connectCopy, element, setText } from './dom'
import { ask, latestOnly, sentenceOf } from './server-access'

const TYPING_PAUSE = 200

/** Connects the dialog that tells how to install the settings. `question` gives them without the key. */
export function connectInstall(question: () => SettingsQuestion): void {
  const dialog = byId('install', 'dialog')
  const address = byId('install-address', 'input')
  // A browser may have restored what was there before a reload.
  address.value ||= 'https://eu.posthog.com'
  let ofApp: InstallOfApp['settings'] = []
  const show = latestOnly(async (signal) => {
    try {
      const install = await ask<Install>('install', { ...question(), posthog: address.value }, signal)
      if (!('refusals' in install) && 'settings' in install) ofApp = install.settings
      showInstall(install)
    } catch (error) {
      const sentence = sentenceOf(error)
      if (sentence !== undefined) showInstead(sentence)
    }
  })
  byId('open-install', 'button').addEventListener('click', () => {
    const isApp = question().destination === undefined
    setText(byId('install-heading', 'h2'), `Install the ${isApp ? 'app' : 'destination'} into PostHog`)
    byId('install-choice', 'div').hidden = isApp
    // Until the answer, the steps would be those of the dialog before.
    showInstead('')
    dialog.showModal()
    show()
  })
  byId('close-install', 'button').addEventListener('click', () => {
    dialog.close()
  })
  address.addEventListener('input', afterPause(TYPING_PAUSE, show))
  connectCopy(byId('copy-deploy', 'button'), () => byId('install-deploy', 'pre').textContent, showInstead)
  const asJson = () => JSON.stringify(Object.fromEntries(ofApp.map(({ key, text }) => [key, text])), null, 2)
  connectCopy(byId('copy-app-settings', 'button'), asJson, showInstead)
}

function showInstall(install: Install): void {
  if ('refusals' in install) {
    showInstead(install.refusals.join('\n'))
    return
  }
  const isApp = 'settings' in install
  setText(byId('install-problem', 'p'), '')
  byId('install-app', 'div').hidden = !isApp
  byId('install-destination', 'div').hidden = isApp
  if (isApp) {
    showPlaces(install.by)
    showSettings(install.settings)
  } else {
    setText(byId('install-deploy', 'pre'), install.deploy)
    byId('install-link', 'a').href = install.link
  }
}

/** Shows how this server takes the app, and the build dates only if they decide it. */
function showPlaces(by: InstallOfApp['by']): void {
  byId('install-by-page', 'div').hidden = !by.includes('page')
  byId('install-by-rest', 'p').hidden = !by.includes('rest')
  byId('install-app', 'div').classList.toggle('is-by-both', by.length > 1)
}

function showSettings(settings: InstallOfApp['settings']): void {
  const rows = settings.flatMap(({ label, text }) => [
    element('dt', {}, label),
    element('dd', {}, text === '' ? '(empty)' : element('code', {}, text)),
  ])
  const none = [element('dt', {}, 'All settings'), element('dd', {}, 'the defaults')]
  byId('install-settings', 'dl').replaceChildren(...(rows.length > 0 ? rows : none))
  byId('copy-app-settings', 'button').hidden = rows.length === 0
}

/** Shows a problem, or nothing, in place of the instructions, which would be those of other settings. */
function showInstead(sentence: string): void {
  setText(byId('install-problem', 'p'), sentence)
  for (const edition of ['app', 'destination']) byId(`install-${edition}`, 'div').hidden = true
}
