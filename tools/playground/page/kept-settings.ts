import type { DestinationSettings, Settings } from '../contract'

/** The state that outlives a reload. The key is never stored. */
export interface Kept {
  /** Without the key. */
  settings: Settings
  /** Without the key. */
  destination: DestinationSettings
  server: string
  /** The ids of the recipes; the first is empty for the defaults. */
  recipes: readonly string[]
  /** The recipes that the form of each edition is made of. */
  applied: Record<'app' | 'destination', string>
}

const SETTINGS = 'loops-app-playground'
const OWN_EVENT = 'loops-app-own-event'
const SERVER = 'loops-app-posthog'

/** The state that this tab has kept; empty in a new tab or session. */
export function keptSettings(): Partial<Kept> {
  return (JSON.parse(read('sessionStorage', SETTINGS) ?? 'null') as Kept | null) ?? {}
}

export function keepSettings(kept: Kept): void {
  keep('sessionStorage', SETTINGS, JSON.stringify(kept))
}

/** The text in the editor of this tab. */
export function keptOwnEvent(): string | undefined {
  return read('sessionStorage', OWN_EVENT)
}

export function keepOwnEvent(text: string): void {
  keep('sessionStorage', OWN_EVENT, text)
}

/** The server that the user has said to have, in any tab; undefined before. */
export function chosenServer(): string | undefined {
  return read('localStorage', SERVER)
}

export function keepChosenServer(server: string): void {
  keep('localStorage', SERVER, server)
}

type Storage = 'localStorage' | 'sessionStorage'

function read(storage: Storage, name: string): string | undefined {
  try {
    return window[storage].getItem(name) ?? undefined
  } catch {
    // The browser forbids storage.
    return undefined
  }
}

function keep(storage: Storage, name: string, text: string): void {
  try {
    window[storage].setItem(name, text)
  } catch {
    // The browser forbids storage, so the text is lost.
  }
}
