import type { Install, SettingsQuestion } from '../contract'
import { afterPause } from './delay'
import { byId, setText } from './dom'
import { ask, latestOnly, sentenceOf } from './server-access'

const TYPING_PAUSE = 200

/** Connects the dialog that tells how to install the settings. `question` gives them without the key. */
export function connectInstall(question: () => SettingsQuestion): void {
  const dialog = byId('install', 'dialog')
  const address = byId('install-address', 'input')
  // A browser may have restored what was there before a reload.
  address.value ||= 'https://eu.posthog.com'
  const edition = byId('install-edition', 'select')
  const show = latestOnly(async (signal) => {
    try {
      const install = await ask<Install>('install', { ...question(), posthog: address.value }, signal)
      showInstall(install, edition)
    } catch (error) {
      const sentence = sentenceOf(error)
      if (sentence !== undefined) showProblem(sentence)
    }
  })
  byId('open-install', 'button').addEventListener('click', () => {
    dialog.showModal()
    show()
  })
  byId('close-install', 'button').addEventListener('click', () => {
    dialog.close()
  })
  address.addEventListener('input', afterPause(TYPING_PAUSE, show))
  edition.addEventListener('change', show)
  for (const button of dialog.querySelectorAll<HTMLButtonElement>('[data-copy]')) connectCopy(button)
}

function showInstall({ destination, app }: Install, edition: HTMLSelectElement): void {
  for (const option of edition.options) option.disabled = option.value === 'app' && app === undefined
  if (app === undefined) edition.value = 'destination'
  const isApp = edition.value === 'app'
  const chosen = isApp && app !== undefined ? app : destination
  if ('refusals' in chosen) {
    showProblem(chosen.refusals.join('\n'))
    return
  }
  showProblem('')
  setText(byId('install-deploy', 'pre'), chosen.deploy)
  setText(byId('install-curl', 'pre'), chosen.curl)
  byId('install-repository', 'span').hidden = !isApp
  byId('install-form', 'div').hidden = isApp
  if ('link' in destination) byId('install-link', 'a').href = destination.link
}

/** A problem takes the place of the commands, which would be those of other settings. */
function showProblem(sentence: string): void {
  setText(byId('install-problem', 'p'), sentence)
  byId('install-ways', 'div').hidden = sentence !== ''
}

function connectCopy(button: HTMLButtonElement): void {
  button.addEventListener('click', () => {
    const text = document.getElementById(button.dataset.copy ?? '')?.textContent ?? ''
    navigator.clipboard.writeText(text).then(
      () => {
        button.textContent = 'Copied'
        window.setTimeout(() => (button.textContent = 'Copy'), 1500)
      },
      () => {
        showProblem('The browser does not let this page write to the clipboard.')
      },
    )
  })
}
