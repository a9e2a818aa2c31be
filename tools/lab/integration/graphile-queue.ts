import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import type { WorkerUtils } from 'graphile-worker'
import type { EnqueueJob } from '../../simulators/posthog/jobs'

/** The task under which PostHog's server queues the jobs of all apps. */
const taskName = 'pluginJob'
const pollMilliseconds = 2000

/** A job of the app, as PostHog's server stores it. */
export interface StoredJob {
  /** The name that the app gave the job. */
  readonly type: string
  readonly payload: unknown
  /** Milliseconds since 1970. */
  readonly timestamp: number
}

/** The queue of one server process. */
export interface GraphileQueue {
  readonly enqueue: EnqueueJob
  /** The jobs that were queued. */
  queued(): number
  /** Runs the due jobs one at a time, each once. Calls `onStop` if Graphile Worker gives up. */
  consume(runJob: (job: StoredJob) => Promise<void>, onStop: () => void): Promise<void>
  /** Stores that the events of these people were processed. Throws if PostgreSQL is away. */
  writePersons(distinctIds: readonly string[]): Promise<void>
}

/** The tables of the queue, as their operator sees them. */
export interface QueueTables {
  /** The jobs that have yet to run. Throws if PostgreSQL is away. */
  waiting(): Promise<number>
  /** Removes the tables. */
  drop(): Promise<void>
  /** Closes the connections. */
  close(): Promise<void>
}

const silent = new Logger(() => () => undefined)

function utilsOf(url: string, schema: string): Promise<WorkerUtils> {
  return makeWorkerUtils({ connectionString: url, schema, noPreparedStatements: true, logger: silent })
}

/** Makes the tables of the queue, and one for the people. */
export async function createTables(url: string, schema: string): Promise<QueueTables> {
  const utils = await utilsOf(url, schema)
  const query = <Row extends object>(text: string) => utils.withPgClient((client) => client.query<Row>(text))
  await utils.migrate()
  await query(`CREATE TABLE "${schema}".persons (distinct_id text PRIMARY KEY, events integer NOT NULL)`)
  return {
    waiting: async () => {
      // A job that has begun has had its only attempt; it stays in the table if its process was killed.
      const { rows } = await query<{ count: string }>(
        `SELECT count(*) FROM "${schema}".jobs WHERE attempts < max_attempts`,
      )
      return Number(rows[0]?.count)
    },
    drop: async () => {
      await query(`DROP SCHEMA "${schema}" CASCADE`)
    },
    close: async () => {
      await utils.release()
    },
  }
}

/** Connects a server process to the queue with the settings of PostHog's server. */
export async function connectToQueue(url: string, schema: string): Promise<GraphileQueue> {
  const utils = await utilsOf(url, schema)
  let queued = 0
  return {
    enqueue: async (type, payload, timestamp) => {
      const runAt = new Date(timestamp)
      await utils.addJob(taskName, { type, payload, timestamp }, { runAt, maxAttempts: 1, priority: 1 })
      queued += 1
    },
    queued: () => queued,
    consume: async (runJob, onStop) => {
      const runner = await run({
        connectionString: url,
        schema,
        noPreparedStatements: true,
        concurrency: 1,
        noHandleSignals: true,
        pollInterval: pollMilliseconds,
        taskList: { [taskName]: (job) => runJob(job as StoredJob) },
        parsedCronItems: [],
        logger: silent,
      })
      runner.events.on('worker:stop', onStop)
    },
    writePersons: async (distinctIds) => {
      const insert = `INSERT INTO "${schema}".persons SELECT id, count(*) FROM unnest($1::text[]) AS id GROUP BY id
        ON CONFLICT (distinct_id) DO UPDATE SET events = persons.events + excluded.events`
      await utils.withPgClient((client) => client.query(insert, [distinctIds]))
    },
  }
}
