import { TODAY } from '../contract'
import type { Start } from '../contract'
import { byId, element } from './dom'
import { keptSettings } from './kept-settings'
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
  const button = byId('copy-capture', 'button')
  button.addEventListener('click', () => {
    void navigator.clipboard.writeText(origin).then(() => {
      button.textContent = 'Copied'
      window.setTimeout(() => (button.textContent = 'Copy'), 1500)
    })
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
  const isKnown = [...server.options].some(({ value }) => value === kept.server)
  server.value = isKnown && kept.server !== undefined ? kept.server : start.server
  new Playground(start, kept).open()
  followSections()
  // For the browser's own tools, and for take-screenshots.ts.
  performance.mark('usable')
}

void main()
