import type { LiveEvent } from '../contract'

/** What happens on the server, as it happens. */
export interface NewsListener {
  /** All live events, when the page starts and whenever the connection is there again. */
  all: (events: LiveEvent[]) => void
  captured: (event: LiveEvent) => void
  /** The stand-in has been written to. */
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
