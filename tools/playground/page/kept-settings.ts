import type { DestinationSettings, Settings } from '../contract'

/** The state that outlives a reload. The key is never stored. */
export interface Kept {
  /** Without the key. */
  settings: Settings
  /** Without the key. */
  destination: DestinationSettings
  server: string
  recipe: string
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

export function keepSettings(kept: Kept): void {
  try {
    window.sessionStorage.setItem(NAME, JSON.stringify(kept))
  } catch {
    // The browser forbids storage, so a reload loses the settings.
  }
}
