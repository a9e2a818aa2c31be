import { TODAY } from '../contract'
import type { Start } from '../contract'
import { byId, connectCopy, element } from './dom'
import { chosenServer, keepChosenServer, keptSettings } from './kept-settings'
import { Playground } from './playground'
import { followSections } from './sections'
import { read } from './server-access'

function showAddress(): void {
  const { origin } = window.location
  byId('capture-address', 'code').textContent = origin
  byId('sdk-example', 'code').textContent = `posthog.init('any-key', {
  api_host: '${origin}',
})

new PostHog('any-key', {
  host: '${origin}',
}) // posthog-node`
  connectCopy(byId('copy-capture', 'button'), () => origin)
}

/** Asks once which PostHog the user has, and remembers the answer. */
function askForServer(server: HTMLSelectElement, older: string): void {
  const question = byId('which-posthog', 'div')
  question.hidden = chosenServer() !== undefined
  byId('which-shown', 'span').textContent =
    server.value === TODAY ? 'the destination' : `the app on PostHog ${server.value}`
  const choose = (name: string): void => {
    keepChosenServer(name)
    question.hidden = true
    if (server.value === name) return
    server.value = name
    server.dispatchEvent(new Event('change'))
  }
  byId('has-destinations', 'button').addEventListener('click', () => {
    choose(TODAY)
  })
  byId('has-apps', 'button').addEventListener('click', () => {
    choose(server.value === TODAY ? older : server.value)
  })
  server.addEventListener('change', () => {
    choose(server.value)
  })
}

async function main(): Promise<void> {
  showAddress()
  const start = await read<Start>('start')
  const server = byId('server', 'select')
  server.append(
    ...start.servers.map(({ name, from, until }) =>
      element('option', { value: name, title: `${from} to ${until}` }, `${name} (${from} to ${until})`),
    ),
    element('option', { value: TODAY }, 'PostHog today (destination)'),
  )
  const kept = keptSettings()
  const isKnown = (name = '') => [...server.options].some(({ value }) => value === name)
  server.value = [kept.server, chosenServer(), start.server].find(isKnown) ?? start.server
  new Playground(start, kept).open()
  askForServer(server, start.server)
  followSections()
  // For the browser's own tools, and for take-screenshots.ts.
  performance.mark('usable')
}

void main()
