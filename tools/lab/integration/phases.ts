import { sleep, systemClock } from '../../lib/clock'
import type { ServerProcess } from './server-process'
import type { Service } from './services'

/** What a fault may reach. */
export interface Surroundings {
  readonly redis: Service
  readonly postgres: Service
  readonly processes: readonly ServerProcess[]
}

/** A part of a run: some of the events are handed over at once, and something breaks meanwhile. */
export interface Phase {
  readonly name: string
  /** Its row in the report. */
  readonly title: string
  /** The server that is frozen or stopped: the phase is left out if that server is not ours. */
  readonly server?: 'redis' | 'postgres'
  /** Starts when a third of the events is handled. */
  readonly breaks: (surroundings: Surroundings) => Promise<void> | undefined
  /** False if the order of updates is not promised: Redis has lost its data. */
  readonly keepsOrder: boolean
}

export interface Lengths {
  /** How long Redis is frozen. */
  readonly frozen: number
  /** How long Redis is away between its stop and its start. */
  readonly redisAway: number
  readonly postgresAway: number
}

export const longLengths: Lengths = { frozen: 20_000, redisAway: 6000, postgresAway: 2000 }
export const shortLengths: Lengths = { frozen: 3000, redisAway: 4000, postgresAway: 1000 }

/** The phases of a run. Redis loses its data in the last one, so that the order of the others does not suffer. */
export function phasesOf({ frozen, redisAway, postgresAway }: Lengths): readonly Phase[] {
  return [
    { name: 'calm', title: 'nothing else breaks', breaks: () => Promise.resolve(), keepsOrder: true },
    { name: 'kill', title: 'kill -9 of a process, restart, redelivery', breaks: killOne, keepsOrder: true },
    {
      name: 'freeze',
      server: 'redis',
      title: `Redis frozen for ${frozen / 1000} s`,
      breaks: ({ redis }) => redis.faults?.freeze(frozen),
      keepsOrder: true,
    },
    {
      name: 'postgres',
      server: 'postgres',
      title: `PostgreSQL restarted, ${postgresAway / 1000} s away`,
      breaks: ({ postgres }) => postgres.faults?.restart(postgresAway),
      keepsOrder: true,
    },
    {
      name: 'redis',
      server: 'redis',
      title: `Redis restarted empty, ${redisAway / 1000} s away`,
      breaks: ({ redis }) => redis.faults?.restart(redisAway),
      keepsOrder: false,
    },
  ]
}

async function killOne({ processes }: Surroundings): Promise<void> {
  processes[0]?.kill()
  // Long enough for the other process to do work alone.
  await sleep(systemClock, 1000)
}
