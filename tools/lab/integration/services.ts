import { execFileSync, spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep, systemClock } from '../../lib/clock'
import { UsageError } from '../../lib/usage-error'

/** A Redis or PostgreSQL. */
export interface Service {
  readonly url: string
  /** Undefined for a server that is not ours. */
  readonly faults: ServiceFaults | undefined
  /** Ends the server and deletes its data, if it is ours. */
  end(): Promise<void>
}

export interface ServiceFaults {
  /** Stops and starts the server, which is away for so many milliseconds in between. */
  restart(awayMilliseconds: number): Promise<void>
  /** Stops the process for so many milliseconds without closing its connections. */
  freeze(milliseconds: number): Promise<void>
}

/** The server at `url`, which is not ours to stop. */
export function externalService(url: string): Service {
  return { url, faults: undefined, end: () => Promise.resolve() }
}

interface ServiceOptions {
  readonly directory: string
  readonly url: string
  readonly start: () => ChildProcess
  readonly isReady: () => boolean | Promise<boolean>
  /** Ends the server in good order. */
  readonly stopSignal: NodeJS.Signals
}

/** Starts a Redis on loopback, with a folder of its own, that keeps its data in memory only: after a restart it is empty. */
export async function startRedis(): Promise<Service> {
  const directory = mkdtempSync(join(tmpdir(), 'loops-redis-'))
  const port = await freePort()
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'no']
  const start = () => started('redis-server', options)
  const isReady = () => accepts(port)
  return serviceOf({ directory, url: `redis://127.0.0.1:${port}`, start, isReady, stopSignal: 'SIGTERM' })
}

/** Starts a PostgreSQL on loopback with an empty database in a folder of its own. It refuses root, which becomes the user `postgres` for it. */
export async function startPostgres(): Promise<Service> {
  const directory = mkdtempSync(join(tmpdir(), 'loops-postgres-'))
  const data = join(directory, 'data')
  const [command, ...before] = process.getuid?.() === 0 ? asPostgres(directory) : []
  const inFull = (program: string, options: string[]): [string, string[]] =>
    command === undefined ? [program, options] : [command, [...before, program, ...options]]
  const programs = postgresPrograms()
  const initialize = ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '--encoding', 'UTF8']
  execFileSync(...inFull(join(programs, 'initdb'), initialize), { stdio: ['ignore', 'ignore', 'inherit'] })
  const port = await freePort()
  const options = ['-D', data, '-p', `${port}`, '-k', '', '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off']
  const start = () => started(...inFull(join(programs, 'postgres'), options))
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const isReady = () => spawnSync(join(programs, 'pg_isready'), ['-q', '-d', url]).status === 0
  return serviceOf({ directory, url, start, isReady, stopSignal: 'SIGINT' })
}

function asPostgres(directory: string): string[] {
  execFileSync('chown', ['postgres', directory])
  return ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups']
}

/** Debian's folder of the newest PostgreSQL. */
function postgresPrograms(): string {
  const versions = '/usr/lib/postgresql'
  const newest = existsSync(versions)
    ? readdirSync(versions)
        .map(Number)
        .sort((one, other) => other - one)[0]
    : undefined
  if (newest === undefined) throw new UsageError("Install Debian's package postgresql, or set DATABASE_URL.")
  return join(versions, `${newest}`, 'bin')
}

async function serviceOf({ directory, start, isReady, stopSignal, url }: ServiceOptions): Promise<Service> {
  let running = start()
  const endNow = () => {
    running.kill('SIGCONT')
    running.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
  process.once('exit', endNow)
  const stop = async () => {
    const ended = new Promise((resolve) => running.once('exit', resolve))
    running.kill(stopSignal)
    await ended
  }
  await ready(isReady)
  return {
    url,
    faults: {
      restart: async (awayMilliseconds) => {
        await stop()
        await sleep(systemClock, awayMilliseconds)
        running = start()
        await ready(isReady)
      },
      freeze: async (milliseconds) => {
        running.kill('SIGSTOP')
        await sleep(systemClock, milliseconds)
        running.kill('SIGCONT')
      },
    },
    end: async () => {
      await stop()
      process.off('exit', endNow)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function started(command: string, options: string[]): ChildProcess {
  const child = spawn(command, options, { stdio: 'ignore' })
  child.once('error', (error) => {
    throw new UsageError(
      `${command} cannot be started: ${error.message}. Install Debian's packages redis-server and postgresql.`,
    )
  })
  return child
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const longestStart = 30_000

async function ready(isReady: ServiceOptions['isReady']): Promise<void> {
  const start = Date.now()
  while (!(await isReady())) {
    if (Date.now() - start > longestStart) throw new Error('A server has not started within 30 s.')
    await sleep(systemClock, 50)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}
