import type { AppConfig } from '../sandbox/app/config-file'
import { LoopsApi } from '../sandbox/loops/loops-api'
import { fetchOf, routeTo } from '../sandbox/posthog/fetch'
import type { Fetch, FetchInit, FetchResponse } from '../sandbox/posthog/fetch'
import type { ServerVersion } from '../sandbox/posthog/versions'
import type { LoopsState } from './contract'

const LOOPS = 'https://app.loops.so'

/** The key of the stand-in. It takes any other key as well: only the real Loops can tell a right one from a wrong one. */
export const STAND_IN_KEY = 'loops-sandbox-key'

const SHOWN_EVENTS = 100

/**
 * The way to a Loops that takes whatever is written to it and keeps nothing. What is read comes from a team without
 * contacts.
 */
export function mockedLoops(): Fetch {
  const api = new LoopsApi({ apiKey: STAND_IN_KEY })
  return async (url, init = {}) =>
    (init.method ?? 'GET') === 'GET' ? ask(api, url, init) : new Response('{"success":true}', { status: 200 })
}

/** The way to the real Loops, and to nothing else. */
export function realLoops(server: ServerVersion): Fetch {
  return routeTo(LOOPS, LOOPS, fetchOf(server))
}

/** The Loops that events are sent to while HTTP requests are not mocked out. */
export class StandIn {
  private readonly api = new LoopsApi({ apiKey: STAND_IN_KEY })

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

  /** Whatever in the settings looks like the ID of a mailing list is taken for one that the user has in Loops. */
  addListsOf({ eventMailingLists = '', contactMailingLists = '' }: AppConfig): void {
    const known = this.api.mailingLists().map(({ id }) => id)
    const named = `${eventMailingLists} ${contactMailingLists}`.match(/\bc[a-z\d]{24}\b/g) ?? []
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
  named.set('authorization', `Bearer ${STAND_IN_KEY}`)
  const answer = api.handle({ method, path: pathname + search, headers: Object.fromEntries(named), body })
  return Promise.resolve(new Response(answer.body, { status: answer.status, headers: answer.headers }))
}
