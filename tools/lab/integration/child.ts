/**
 * A server process with the app in it, like PostHog's of 2024: it takes ten events at once, writes their people to
 * PostgreSQL and hands the events to the app; meanwhile Graphile Worker runs the app's jobs one at a time. It stops itself
 * when Redis is gone or when Graphile Worker has given up, and its parent starts it again.
 */
import { sleep, systemClock } from '../../lib/clock'
import { messageOf } from '../../lib/usage-error'
import { fetchOf, routeTo } from '../../simulators/posthog/fetch'
import { createInstallation } from '../../simulators/posthog/plugin-server'
import type { Installation } from '../../simulators/posthog/plugin-server'
import type { CapturedEvent } from '../../lib/shapes'
import { serverVersion } from '../../simulators/posthog/versions'
import type { Worker } from '../../simulators/posthog/worker'
import { signed } from '../faults/receipts'
import { connectToQueue } from './graphile-queue'
import type { GraphileQueue } from './graphile-queue'
import type { MessageFromProcess, MessageToProcess, ProcessSettings } from './messages'
import { connectToRedis } from './redis-cache'

const server = serverVersion('2024-02')
const name = `process ${process.pid}`
const betweenCounts = 250
const betweenHandOvers = 2
const betweenWrites = 500

interface Running {
  readonly queue: GraphileQueue
  readonly worker: Worker
}

async function start({ redisUrl, databaseUrl, schema, keyPrefix, ...settings }: ProcessSettings): Promise<Running> {
  const redis = await connectToRedis(redisUrl, keyPrefix, () => {
    stop('Redis is gone')
  })
  const queue = await connectToQueue(databaseUrl, schema)
  const installation = createInstallation({
    directory: settings.directory,
    server,
    config: settings.config,
    fetch: signed(routeTo('https://app.loops.so', settings.loopsUrl, fetchOf(server)), () => name, Date.now),
    cache: redis.cache,
    enqueueJob: queue.enqueue,
    trusted: settings.trusted,
    onHandOver: ({ uuid }) => {
      send({ kind: 'received', receipt: { uuid, at: Date.now(), worker: name } })
    },
  })
  const worker = installation.startWorker()
  await queue.consume(
    async ({ type, payload, timestamp }) => {
      await worker.runJob({ id: 0, name: type, payload: JSON.stringify(payload), runAt: timestamp })
    },
    () => {
      stop('Graphile Worker has given up')
    },
  )
  reportRegularly(installation, () => ({ commands: redis.commands(), jobs: queue.queued() }))
  return { queue, worker }
}

async function handle(events: readonly CapturedEvent[], { queue, worker }: Running): Promise<void> {
  await writePersons(events, queue)
  for (const event of events) {
    void worker.deliver(event).then(() => {
      send({ kind: 'handled', uuid: event.uuid })
    })
    await sleep(systemClock, betweenHandOvers)
  }
}

/** PostHog processes no event while PostgreSQL is away: its consumer waits and tries again. */
async function writePersons(events: readonly CapturedEvent[], queue: GraphileQueue): Promise<void> {
  for (;;) {
    try {
      await queue.writePersons(events.map(({ distinct_id }) => distinct_id))
      return
    } catch {
      await sleep(systemClock, betweenWrites)
    }
  }
}

function reportRegularly({ failures }: Installation, counts: () => { commands: number; jobs: number }): void {
  let reported = 0
  setInterval(() => {
    send({ kind: 'counts', counts: counts() })
    for (const { failure } of failures.slice(reported)) {
      send({ kind: 'failure', text: `${failure.by} threw ${failure.name}: ${failure.message}` })
    }
    reported = failures.length
  }, betweenCounts)
}

function send(message: MessageFromProcess): void {
  process.send?.(message)
}

function stop(reason: string): void {
  process.send?.({ kind: 'failure', text: `a process stopped itself: ${reason}` }, () => {
    process.exit(1)
  })
}

let running: Promise<Running> | undefined

process.on('message', (message) => {
  const received = message as MessageToProcess
  if (received.kind === 'start') {
    running = start(received.settings)
    running.then(
      () => {
        send({ kind: 'ready' })
      },
      (error: unknown) => {
        stop(`it could not start: ${messageOf(error)}`)
      },
    )
  } else {
    void running?.then((started) => handle(received.events, started))
  }
})
process.on('disconnect', () => {
  process.exit()
})
