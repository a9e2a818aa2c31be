import type { Install, SettingsQuestion } from '../contract'
import { afterPause, byId, connectCopy, setText } from './dom'
import { ask, latestOnly, sentenceOf } from './server-access'

const TYPING_PAUSE = 200

/** Connects the dialog that tells how to install the settings. `question` gives them without the key. */
export function connectInstall(question: () => SettingsQuestion): void {
  const dialog = byId('install', 'dialog')
  const address = byId('install-address', 'input')
  // A browser may have restored what was there before a reload.
  address.value ||= 'https://eu.posthog.com'
  const show = latestOnly(async (signal) => {
    try {
      showInstall(await ask<Install>('install', { ...question(), posthog: address.value }, signal))
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
  connectCopy(byId('copy-deploy', 'button'), () => byId('install-deploy', 'pre').textContent, showProblem)
}

function showInstall(install: Install): void {
  if ('refusals' in install) {
    showProblem(install.refusals.join('\n'))
    return
  }
  showProblem('')
  setText(byId('install-deploy', 'pre'), install.deploy)
  byId('install-link', 'a').href = install.link
}

/** A problem takes the place of the commands, which would be those of other settings. */
function showProblem(sentence: string): void {
  setText(byId('install-problem', 'p'), sentence)
  byId('install-ways', 'div').hidden = sentence !== ''
}
