/** Apps that the app is measured against, as PostHog would read them. */

/** Asks nothing of the server: what the server itself costs. */
export const emptyApp = `
  export function onEvent() {}
`

/** Sends one finished request: no translation, no pace, no retries. */
export const plainApp = `
  import fetch from 'node-fetch'

  export async function onEvent(event, { config }) {
    const response = await fetch('https://app.loops.so/api/v1/events/send', {
      method: 'POST',
      headers: { Authorization: 'Bearer ' + config.apiKey, 'Content-Type': 'application/json' },
      body: config.body,
    })
    if (!response.ok) throw new Error('Loops answered ' + response.status)
  }
`

export const awaitsOfAwaitingApp = 20

/** Awaits promises of its own that are fulfilled already: what the guard costs. */
export const awaitingApp = `
  export async function onEvent() {
    for (let count = 0; count < ${awaitsOfAwaitingApp}; count++) await Promise.resolve()
  }
`
