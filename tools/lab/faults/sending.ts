import type { RunningWorker } from '../../simulators/posthog/records'
import type { FetchOfWorker } from '../../simulators/posthog/fetch'

/** Which worker has sent a request, and when (milliseconds since 1970). */
export interface Sending {
  readonly worker: string
  readonly at: number
}

const workerHeader = 'x-campaign-worker'
const timeHeader = 'x-campaign-time'

/** A `fetch` that writes into the headers of each request, which Loops does not read, who sends it. */
export function signed(
  fetch: FetchOfWorker<RunningWorker>,
  nameOf: (worker: RunningWorker) => string,
  now: () => number,
): FetchOfWorker<RunningWorker> {
  return (url, init, worker) => {
    const headers = { ...init.headers, [workerHeader]: nameOf(worker), [timeHeader]: String(now()) }
    return fetch(url, { ...init, headers }, worker)
  }
}

/** What `signed` has written; undefined without it. */
export function sendingIn(headers: Readonly<Record<string, string>>): Sending | undefined {
  const worker = headers[workerHeader]
  return worker === undefined ? undefined : { worker, at: Number(headers[timeHeader]) }
}
