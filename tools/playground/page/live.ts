import type { LiveEvent } from '../contract'

/** The callbacks for news from the server. */
export interface NewsListener {
  /** Gets all live events when the page starts and after each reconnection. */
  all: (events: LiveEvent[]) => void
  captured: (event: LiveEvent) => void
  /** Called after a change in the Loops simulator. */
  loopsChanged: () => void
}

export function listenForNews({ all, captured, loopsChanged }: NewsListener): void {
  const source = new EventSource('/playground/live')
  const on = (name: string, take: (data: unknown) => void) => {
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      take(JSON.parse(data))
    })
  }
  on('all', (data) => {
    all(data as LiveEvent[])
  })
  on('captured', (data) => {
    captured(data as LiveEvent)
  })
  on('loops', loopsChanged)
}
