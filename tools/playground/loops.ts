import { LoopsApi } from '../simulators/loops/loops-api'
import { fetchOf, routeTo } from '../simulators/posthog/fetch'
import type { Fetch, FetchInit, FetchResponse } from '../simulators/posthog/fetch'
import type { ServerVersion } from '../simulators/posthog/versions'
import type { LoopsState } from './contract'

const LOOPS = 'https://app.loops.so'

/** The key that the form starts with. The simulator accepts every key, because only the real Loops can check a real one. */
export const SIMULATOR_KEY = 'loops-sandbox-key'

const SHOWN_EVENTS = 100

/**
 * A `fetch` to a Loops that accepts every write and stores nothing. Reads are answered by a team without contacts.
 */
export function mockedLoops(): Fetch {
  const api = new LoopsApi({ apiKey: SIMULATOR_KEY })
  return async (url, init = {}) =>
    (init.method ?? 'GET') === 'GET' ? ask(api, url, init) : new Response('{"success":true}', { status: 200 })
}

/** A `fetch` to the real Loops. It rejects every other origin. */
export function realLoops(server: ServerVersion): Fetch {
  return routeTo(LOOPS, LOOPS, fetchOf(server))
}

/** The Loops simulator that keeps what is sent to it. */
export class Simulator {
  private readonly api = new LoopsApi({ apiKey: SIMULATOR_KEY })

  constructor(private readonly onChange: () => void) {}

  readonly fetch: Fetch = async (url, init = {}) => {
    const response = await ask(this.api, url, init)
    this.onChange()
    return response
  }

  state(): LoopsState {
    const contacts = this.api.contacts()
    const events = this.api.events().reverse()
    return {
      contacts,
      lists: this.api.mailingLists().map(({ id, name }) => ({
        id,
        name,
        members: contacts.filter(({ mailingLists }) => mailingLists[id]).map(({ email }) => email),
      })),
      events: events
        .slice(0, SHOWN_EVENTS)
        .map(({ eventName, email, eventProperties }) => ({ eventName, email, eventProperties })),
      eventCount: events.length,
    }
  }

  reset(): void {
    this.api.reset()
    this.onChange()
  }

  /** Creates a mailing list for each ID in a text of settings, because the user may have these lists in Loops. */
  addListsIn(settings: string): void {
    const known = this.api.mailingLists().map(({ id }) => id)
    const named = settings.match(/\bc[a-z\d]{24}\b/g) ?? []
    for (const id of new Set(named)) {
      if (!known.includes(id)) {
        this.api.addMailingList({ id, name: 'From your settings', description: null, isPublic: false })
      }
    }
  }
}

function ask(api: LoopsApi, url: string, { method = 'GET', headers, body = '' }: FetchInit): Promise<FetchResponse> {
  const { origin, pathname, search } = new URL(url)
  if (origin !== LOOPS) return Promise.reject(new Error(`The playground has no route to ${origin}.`))
  const named = new Headers(headers)
  named.set('authorization', `Bearer ${SIMULATOR_KEY}`)
  const answer = api.handle({ method, path: pathname + search, headers: Object.fromEntries(named), body })
  return Promise.resolve(new Response(answer.body, { status: answer.status, headers: answer.headers }))
}
