import type { RunningWorker } from '../../simulators/posthog/records'
import type { FetchOfWorker } from '../../simulators/posthog/fetch'
import type { ExpectedWrite } from './traffic'

/** One hand-over of an event to the app. */
export interface Receipt {
  /** Its number among all hand-overs. */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** The name of the worker that the event was handed to. */
  readonly worker: string
}

/** The order in which the server has handed the events to the app. An event comes again if its worker is killed. */
export class Receipts {
  private readonly ofEvents = new Map<string, Receipt[]>()
  private handedOver = 0

  add(uuid: string, at: number, worker: string): void {
    const receipts = this.ofEvents.get(uuid) ?? []
    receipts.push({ number: this.handedOver++, at: Math.floor(at), worker })
    this.ofEvents.set(uuid, receipts)
  }

  /** The first receipt of the event; undefined if the app never got it. */
  first({ uuid }: ExpectedWrite): Receipt | undefined {
    return this.ofEvents.get(uuid)?.[0]
  }

  /**
   * The receipt that decides about a value of the write which Loops has applied at the given time: the latest by then of its
   * event. If another event repeats the write, the receipt of that one, even if it came later.
   */
  deciding({ uuid, repetition }: ExpectedWrite, at: number): Receipt | undefined {
    const receipts = [uuid, repetition ?? ''].flatMap((each) => {
      const all = this.ofEvents.get(each) ?? []
      return all.findLast((receipt) => receipt.at <= at) ?? all.slice(0, 1)
    })
    return receipts.sort((one, other) => one.number - other.number).at(-1)
  }
}

/** Whether one hand-over came before another. Two workers do not know who was first within a millisecond. */
export function isBefore(one: Receipt, other: Receipt): boolean {
  return one.number < other.number && !(one.at === other.at && one.worker !== other.worker)
}

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
