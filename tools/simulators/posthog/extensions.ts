import type { Clock } from '../../lib/clock'
import { jobsExtension } from './jobs'
import type { Effect, InstalledApp, LogEntry, PosthogApiRequest, Storage } from './records'
import type { PosthogApiMethod } from './versions'

/** Runs `act` as an effect of the app, unless its worker is killed. */
export type PassEffect = <Answer>(
  kind: Effect['kind'],
  name: string,
  act: () => Answer | Promise<Answer>,
) => Promise<Answer>

/** An empty `meta.storage`. */
export function createStorage(): Storage {
  const values = new Map<string, string>()
  return {
    set: (key, value) => {
      if (value === undefined || value === null) values.delete(key)
      else values.set(key, JSON.stringify(value))
      return Promise.resolve()
    },
    get: (key, defaultValue) => {
      const value = values.get(key)
      return Promise.resolve(value === undefined ? defaultValue : JSON.parse(value))
    },
    del: (key) => {
      values.delete(key)
      return Promise.resolve()
    },
  }
}

/** The global `console`, whose lines go to `write`. */
export function createConsole(write: (level: LogEntry['level'], message: string) => void): object {
  const writer =
    (level: LogEntry['level']) =>
    (...values: unknown[]) => {
      write(level, values.map(logText).join(' '))
      return Promise.resolve()
    }
  return {
    debug: writer('DEBUG'),
    log: writer('LOG'),
    info: writer('INFO'),
    warn: writer('WARN'),
    error: writer('ERROR'),
  }
}

function logText(value: unknown): string {
  const text = String(value)
  return text === '[object Object]' || Array.isArray(value) ? JSON.stringify(value) : text
}

interface ApiOptions {
  host?: string
  headers?: Record<string, string>
  data?: Record<string, unknown>
}

const cloudHost = 'https://app.posthog.com'

/** The request that `posthog.api.METHOD(path, options)` makes. */
function posthogApiRequest(
  method: PosthogApiMethod,
  path: string,
  { host = cloudHost, headers = {}, data = {} }: ApiOptions,
  project: { teamId: number; resolveCurrent: boolean },
): PosthogApiRequest {
  const resolved = project.resolveCurrent ? path.replace('@current', String(project.teamId)) : path
  const url = new URL(`${host.replace(/\/$/, '')}/${resolved.replace(/^\//, '')}`)
  if (method === 'get') {
    for (const [name, value] of Object.entries(data)) url.searchParams.set(name, String(value))
  }
  url.searchParams.set('token', 'phc_simulator')
  return {
    method: method.toUpperCase(),
    url: url.href,
    headers: {
      Authorization: 'Bearer phx_simulator',
      ...(['post', 'patch'].includes(method) && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(['post', 'put', 'patch'].includes(method) && { body: JSON.stringify(data) }),
  }
}

/** The global `posthog`. */
export function createPosthog(installed: InstalledApp, effect: PassEffect): object {
  const { server, posthogApi, captured, teamId } = installed
  const project = { teamId, resolveCurrent: server.currentProjectResolvedBy === 'server' }
  const callApi =
    (method: PosthogApiMethod) =>
    (path: string, options: ApiOptions = {}) =>
      effect('posthog', `api.${method}`, () => posthogApi(posthogApiRequest(method, path, options, project)))
  return {
    capture: (event: string, properties: Record<string, unknown> = {}) =>
      effect('posthog', 'capture', () => {
        captured.push({ event, properties: { ...properties } })
      }),
    api: Object.fromEntries(server.posthogApi.map((method) => [method, callApi(method)])),
  }
}

/**
 * `meta` without `global`.
 *
 * @param clock by which a job's time is reckoned.
 */
export function createMeta(installed: InstalledApp, effect: PassEffect, clock: Clock): object {
  const { server, cache, storage, config } = installed
  const enqueue = (name: string, payload: unknown, runAt: number) =>
    effect('jobs', name, () => installed.enqueueJob(name, payload, runAt))
  return {
    config,
    attachments: {},
    cache: asEffects('cache', server.cache, cache, effect),
    storage: asEffects('storage', ['get', 'set', 'del'], storage, effect),
    ...(server.jobs && { jobs: jobsExtension(clock, enqueue) }),
    ...Object.fromEntries(server.metaExtensions.map((name) => [name, metaExtensions[name]])),
  }
}

const nothing = () => undefined

/** Extensions that an app may look for. They answer and do nothing. */
const metaExtensions = {
  geoip: { locate: () => Promise.resolve(null) },
  metrics: new Proxy({}, { get: () => ({ increment: nothing, max: nothing, min: nothing }) }),
  utils: { cursor: { init: () => Promise.resolve(), increment: () => Promise.resolve(0) } },
}

/** The named methods of `extension`, each run as an effect. */
function asEffects<Name extends string>(
  kind: Effect['kind'],
  names: readonly Name[],
  extension: Record<Name, (...values: never[]) => Promise<unknown>>,
  effect: PassEffect,
): object {
  return Object.fromEntries(
    names.map((name) => [name, (...values: never[]) => effect(kind, name, () => extension[name](...values))]),
  )
}
