import type { Settings } from '../contract'

/** What outlives a reload. The key does not: it is to be in no storage. */
export interface Kept {
  /** Without the key. */
  settings: Settings
  server: string
}

const NAME = 'loops-app-playground'

/** What this tab has kept; another tab and the next session start afresh. */
export function keptSettings(): Kept | undefined {
  try {
    return (JSON.parse(window.sessionStorage.getItem(NAME) ?? 'null') as Kept | null) ?? undefined
  } catch {
    // A browser may allow no storage.
    return undefined
  }
}

export function keepSettings(kept: Kept): void {
  try {
    window.sessionStorage.setItem(NAME, JSON.stringify(kept))
  } catch {
    // As above: then a reload forgets.
  }
}
