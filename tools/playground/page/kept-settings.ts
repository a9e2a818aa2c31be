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

const NAME = 'loops-app-playground'

/** The state that this tab has kept; empty in a new tab or session. */
export function keptSettings(): Partial<Kept> {
  try {
    return (JSON.parse(window.sessionStorage.getItem(NAME) ?? 'null') as Kept | null) ?? {}
  } catch {
    // The browser forbids storage.
    return {}
  }
}

const CHOSEN = 'loops-app-posthog'

/** The server that the user has said to have, in any tab; undefined before. */
export function chosenServer(): string | undefined {
  try {
    return window.localStorage.getItem(CHOSEN) ?? undefined
  } catch {
    return undefined
  }
}

export function keepChosenServer(server: string): void {
  try {
    window.localStorage.setItem(CHOSEN, server)
  } catch {
    // The browser forbids storage, so the page asks again.
  }
}

export function keepSettings(kept: Kept): void {
  try {
    window.sessionStorage.setItem(NAME, JSON.stringify(kept))
  } catch {
    // The browser forbids storage, so a reload loses the settings.
  }
}
