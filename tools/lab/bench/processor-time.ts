import type { CapturedEvent } from '../../../src/posthog/event'
import type { Fetch } from '../../simulators/posthog/fetch'
import { contactUpdate, directConfig, eventKinds } from './event-kinds'
import type { EventKind } from './event-kinds'
import { BenchServer } from './server-host'
import { awaitingApp, awaitsOfAwaitingApp, emptyApp, plainApp } from './small-apps'

export interface KindTime {
  readonly name: string
  readonly isSent: boolean
  readonly microseconds: number
}

/** Microseconds of the processor for an event: all threads of the process, in user and in system mode. */
export interface ProcessorTimes {
  /** An app that does nothing. */
  readonly empty: number
  /** An app that sends one finished request. */
  readonly plain: number
  /** One guarded await of a promise that is fulfilled already. */
  readonly guardedAwait: number
  /** The app. */
  readonly kinds: readonly KindTime[]
}

export interface Rounds {
  /** The apps take turns, a batch each. The median of the rounds counts. */
  readonly rounds: number
  /** Events in a batch, at most 100. */
  readonly batch: number
}

export interface ProcessorTimeOptions extends Rounds {
  /** The server's `fetch`; one that answers at once if it is left out. */
  readonly fetch?: Fetch
}

/** Events of one kind for one app. */
export interface Load {
  readonly server: BenchServer
  readonly hook: 'onEvent' | 'composeWebhook'
  readonly event: (number: number) => object
  /** How many requests the app makes for an event. */
  readonly requests: 0 | 1
}

/** The highest rate, so that no event waits for its turn. */
export const fastConfig = { ...directConfig, requestsPerSecond: '1000' }

/** A window of the pace has room for 333 events: two batches fit. */
const pauseMilliseconds = 400

/** An event in five is the first of its contact. */
const eventsForEachContact = 5

/**
 * Measures what an event costs through `onEvent`, beside an empty and a plain app.
 *
 * @param source the file that PostHog runs.
 * @throws as `measureByTurns` does.
 */
export async function measureProcessorTimes(source: string, options: ProcessorTimeOptions): Promise<ProcessorTimes> {
  const load = (app: string, config: object, kind: EventKind, requests: Load['requests']): Load => ({
    server: new BenchServer(app, config, { fetch: options.fetch }),
    hook: 'onEvent',
    event: eventOf(kind),
    requests,
  })
  const loads = [
    load(emptyApp, {}, contactUpdate, 0),
    load(plainApp, { apiKey: 'bench0key', body: finishedBody }, contactUpdate, 1),
    load(awaitingApp, {}, contactUpdate, 0),
    ...eventKinds.map((kind) => load(source, fastConfig, kind, kind.isSent ? 1 : 0)),
  ]
  const [empty = NaN, plain = NaN, awaiting = NaN, ...kinds] = await measureByTurns(loads, options)
  return {
    empty,
    plain,
    guardedAwait: (awaiting - empty) / awaitsOfAwaitingApp,
    kinds: eventKinds.map(({ name, isSent }, index) => ({ name, isSent, microseconds: kinds[index] ?? NaN })),
  }
}

const finishedBody = JSON.stringify({
  eventName: 'purchase',
  eventProperties: { total: 1, currency: 'EUR' },
  email: 'ada@example.com',
  userId: 'ada',
})

/** Numbered events of a kind. */
export function eventOf(kind: EventKind): (number: number) => CapturedEvent {
  return (number) => kind.event(`user_${Math.floor(number / eventsForEachContact)}`, number, Date.now())
}

/**
 * Microseconds of the processor for an event of each load: the median of the rounds. One round more than asked for warms up.
 *
 * @throws Error if the app does not do for an event what is to be measured: if the event waits for its turn, or if the number
 * of requests is not the expected one.
 */
export async function measureByTurns(loads: readonly Load[], { rounds, batch }: Rounds): Promise<number[]> {
  const measured: number[][] = loads.map(() => [])
  for (let round = 0; round <= rounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, round === 0 ? 0 : pauseMilliseconds))
    for (const [index, load] of loads.entries()) {
      const events = Array.from({ length: batch }, (_, place) => load.event(round * batch + place))
      const microseconds = await measureBatch(load, events)
      if (round > 0) measured[index]?.push(microseconds)
    }
  }
  return measured.map(median)
}

async function measureBatch({ server, hook, requests }: Load, events: readonly object[]): Promise<number> {
  const before = process.cpuUsage()
  for (const event of events) {
    if (hook === 'onEvent') await server.app.onEvent(event)
    else server.app.composeWebhook(event)
  }
  await server.settle()
  const { user, system } = process.cpuUsage(before)
  const waiting = server.jobs.length
  const made = server.steps.filter(({ kind }) => kind === 'fetch').length
  server.clear()
  if (waiting > 0) throw new Error('An event waits for its turn, so it cannot be measured.')
  if (made !== requests * events.length) {
    throw new Error(`The app made ${made} requests for ${events.length} events, not ${requests} for each.`)
  }
  return (user + system) / events.length
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}
