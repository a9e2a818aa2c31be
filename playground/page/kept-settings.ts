import type { Settings } from '../contract'

/** The state that outlives a reload. The key is never stored. */
export interface Kept {
  /** Without the key. */
  settings: Settings
  server: string
}

const NAME = 'loops-app-playground'

/** The state that this tab has kept; undefined in a new tab or session. */
export function keptSettings(): Kept | undefined {
  try {
    return (JSON.parse(window.sessionStorage.getItem(NAME) ?? 'null') as Kept | null) ?? undefined
  } catch {
    // The browser forbids storage.
    return undefined
  }
}

export function keepSettings(kept: Kept): void {
  try {
    window.sessionStorage.setItem(NAME, JSON.stringify(kept))
  } catch {
    // The browser forbids storage, so a reload loses the settings.
  }
}
