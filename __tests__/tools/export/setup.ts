import { parse } from 'csv-parse/sync'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { run } from '../../../tools/export/run'
import type { Clock } from '../../../tools/lib/clock'
import { listenOnLoopback } from '../../../tools/lib/local-server'
import type { LoopbackServer } from '../../../tools/lib/local-server'
import { personsRoute } from '../../../tools/simulators/posthog/rest-api/persons'
import type {
  PersonsRouteOptions,
  StoredPerson,
  StoredPersons,
} from '../../../tools/simulators/posthog/rest-api/persons'

/** A personal API key of PostHog, which must appear nowhere. */
export const key = 'phx_0nly4tests5and6nowhere7else'

export interface FaultyAnswer {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface PostHog extends LoopbackServer {
  /** The paths that were asked for, with their queries. */
  readonly asked: string[]
}

interface PostHogOptions extends PersonsRouteOptions {
  /** What the server answers in place of persons to the request with this number, from 1; `drop` closes the connection. */
  readonly fault?: (request: number, path: string) => FaultyAnswer | 'drop' | undefined
  readonly scopes?: readonly string[]
}

const servers: LoopbackServer[] = []
let folders: string[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
  folders.forEach((folder) => {
    rmSync(folder, { recursive: true })
  })
  folders = []
})

/** Serves persons on loopback, as the project 1, `@current`. */
export async function startPostHog(persons: StoredPersons, options: PostHogOptions = {}): Promise<PostHog> {
  const { fault = () => undefined } = options
  const asked: string[] = []
  const server = await listenOnLoopback(
    createServer((incoming, outgoing) => {
      asked.push(incoming.url ?? '')
      const faulty = fault(asked.length, incoming.url ?? '')
      void text(incoming).then((body) => {
        if (faulty === 'drop') return outgoing.destroy()
        const { status, body: content = '', headers } = faulty ?? answerTo(incoming, body, persons, options)
        return outgoing.writeHead(status, headers).end(content)
      })
    }),
    0,
  )
  servers.push(server)
  return Object.assign(server, { asked })
}

function answerTo(
  { url: path = '', method = '', headers }: IncomingMessage,
  body: string,
  persons: StoredPersons,
  { scopes = ['person:read', 'query:read'], ...options }: PostHogOptions,
): FaultyAnswer {
  const json = (status: number, content: unknown): FaultyAnswer => ({ status, body: JSON.stringify(content) })
  const url = new URL(path, `http://${headers.host ?? ''}`)
  const [, , project, ...below] = url.pathname.split('/').filter((part) => part !== '')
  if (headers.authorization !== `Bearer ${key}`) return json(401, { detail: 'Invalid personal API key.' })
  if (project === undefined) return json(200, { results: [{ id: 1, name: 'Shop' }] })
  if (!['1', '@current'].includes(project)) return json(404, { detail: 'Project not found.' })
  const missing: string[] = []
  const answer = personsRoute(
    persons,
    options,
  )({
    method,
    path: below,
    url: url.origin + url.pathname,
    query: url.searchParams,
    body: body === '' ? {} : (JSON.parse(body) as Record<string, unknown>),
    requireScope: (scope) => {
      if (!scopes.includes(scope)) missing.push(scope)
    },
  })
  if (missing.length > 0) return json(403, { detail: `API key missing required scope '${missing.join()}'` })
  return answer === undefined ? json(404, { detail: 'Endpoint not found.' }) : json(answer.status, answer.body)
}

/** A new folder for the files of an export. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'export-'))
  folders.push(folder)
  return folder
}

export interface Exported {
  readonly exitCode: number
  readonly said: string
  readonly told: string
  /** The waits between requests, in milliseconds. */
  readonly waits: readonly number[]
  /** The CSV as records by their headers; `undefined` if there is none. */
  readonly contacts: Record<string, string>[] | undefined
}

interface ExportRun {
  readonly folder?: string
  readonly config?: object
  readonly args?: readonly string[]
  readonly environment?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
  /** Without it, waits pass at once. */
  readonly clock?: Clock
  readonly terminal?: NodeJS.WritableStream
}

/** Runs `npm run export-contacts` against PostHog. */
export async function exported(posthog: string, options: ExportRun = {}): Promise<Exported> {
  const { folder = newFolder(), config, args = [], environment = { POSTHOG_API_KEY: key } } = options
  const { signal = new AbortController().signal } = options
  const csv = join(folder, 'contacts.csv')
  const settings = join(folder, 'settings.json')
  if (config !== undefined) writeFileSync(settings, JSON.stringify(config))
  const [said, told, waits]: [string[], string[], number[]] = [[], [], []]
  const quickClock: Clock = {
    now: Date.now,
    after: (milliseconds, callback) => {
      waits.push(milliseconds)
      setImmediate(callback)
      return () => undefined
    },
  }
  const exitCode = await run(
    ['--posthog', posthog, '--out', csv, ...(config === undefined ? [] : ['--config', settings]), ...args],
    environment,
    {
      output: { say: (words) => void said.push(words), tell: (words) => void told.push(words) },
      signal,
      clock: options.clock ?? quickClock,
      ...(options.terminal !== undefined && { terminal: options.terminal }),
    },
  )
  const contacts: Record<string, string>[] | undefined = existsSync(csv)
    ? parse(readFileSync(csv, 'utf8'), { columns: true })
    : undefined
  const shown = (words: string[]): string => words.join('').replaceAll(folder, 'FOLDER').replaceAll(posthog, 'POSTHOG')
  const result = { exitCode, said: shown(said), told: shown(told), waits, contacts }
  expect(result.said + result.told).not.toContain(key)
  expect(result.said + result.told).not.toMatch(/[\w.]+@[\w.]+\.\w/)
  return result
}

let serial = 0
export function person(properties: Record<string, unknown>, changes: Partial<StoredPerson> = {}): StoredPerson {
  serial += 1
  return {
    uuid: `018e0000-0000-7000-8000-${String(serial).padStart(12, '0')}`,
    distinct_ids: [`user_${serial}`],
    properties,
    created_at: '2024-05-01T10:00:00Z',
    ...changes,
  }
}
