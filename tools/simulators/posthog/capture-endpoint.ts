import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import type { RawEvent } from './events'
import { listenOnLoopback, requestBody } from '../../lib/local-server'
import type { LoopbackServer } from '../../lib/local-server'

/** A request of an SDK, not yet decoded. */
export interface CaptureRequest {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: Buffer
}

/** The events of one request, and the project's token if the request has one. */
export interface CapturedBatch {
  token: string | undefined
  events: RawEvent[]
}

export interface CaptureAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** A refused request. The message tells the sender why, in one sentence. */
export class CaptureError extends Error {
  override name = 'CaptureError'

  constructor(
    message: string,
    /** SDKs halve a batch that is refused with 413 and drop one that is refused with 400. */
    readonly status: 400 | 413 = 400,
  ) {
    super(message)
  }
}

export const MAXIMUM_BODY_BYTES = 20 * 1024 * 1024

const EVENT_PATHS = new Set(['/e', '/i/v0/e', '/batch', '/capture', '/track', '/engage'])
const RECORDING_PATH = '/s'

/**
 * Reads the events out of a request of any current PostHog SDK: gzip, base64 or plain JSON; one event, a list, or a batch.
 * Throws a `CaptureError` for anything else. Recordings yield no events: PostHog keeps them from apps.
 */
export function decodeCapture(request: Pick<CaptureRequest, 'path' | 'query' | 'body'>): CapturedBatch {
  const path = withoutSlash(request.path)
  if (path === RECORDING_PATH) return { token: undefined, events: [] }

  const payload = parsed(jsonText(request.body.length > 0 ? unpacked(request.body) : (request.query.get('data') ?? '')))
  const events = listed(payload).map((event, index, all) =>
    // Requests to /engage carry no event name: they always set a person's properties.
    checked(path === '/engage' && isRecord(event) ? { event: '$identify', ...event } : event, index, all.length),
  )
  return { token: tokenOf(payload) ?? tokenOf(events[0]), events }
}

/** Detects gzip by its first bytes: posthog-js 1.449 sends no header for it, and some proxies unpack it and keep the header. */
function unpacked(body: Buffer): string {
  if (body.length > MAXIMUM_BODY_BYTES) throw tooLarge()
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body.toString('utf8')
  try {
    return gunzipSync(body, { maxOutputLength: MAXIMUM_BODY_BYTES }).toString('utf8')
  } catch (error) {
    if (isRecord(error) && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw new CaptureError('The body starts like gzip, but is damaged or cut off.')
  }
}

function tooLarge(): CaptureError {
  return new CaptureError(`The body is larger than ${MAXIMUM_BODY_BYTES / 1024 / 1024} MB.`, 413)
}

function jsonText(text: string): string {
  const data = startsLikeJson(text) ? text : (new URLSearchParams(text).get('data') ?? text)
  if (data === '') throw new CaptureError('The request has no body.')
  // A form decodes an unescaped "+" of base64 as a space.
  return startsLikeJson(data) ? data : Buffer.from(data.replaceAll(' ', '+'), 'base64').toString('utf8')
}

function startsLikeJson(text: string): boolean {
  return /^\s*[{[]/.test(text)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CaptureError('The body is not JSON, neither plain nor as base64 or gzip.')
  }
}

function listed(payload: unknown): unknown[] {
  if (Array.isArray(payload)) return payload
  if (!isRecord(payload) || !('batch' in payload)) return [payload]
  if (!Array.isArray(payload.batch)) throw new CaptureError('"batch" must be a list of events.')
  return payload.batch
}

const FIELDS: [field: string, kind: string, fits: (value: unknown) => boolean][] = [
  ['properties', 'an object', isRecord],
  ['$set', 'an object', isRecord],
  ['$set_once', 'an object', isRecord],
  ['uuid', 'text', isText],
  ['timestamp', 'text', isText],
  ['offset', 'a number', isNumber],
]

/** Checks the types that ingestion relies on, so that the sender gets a message. */
function checked(event: unknown, index: number, count: number): RawEvent {
  const checkedEvent = isRecord(event) ? withoutNull(event) : undefined
  const problem = checkedEvent === undefined ? 'is not an object' : problemOf(checkedEvent)
  if (problem !== undefined) throw new CaptureError(`Event ${index + 1} of ${count} ${problem}.`)
  return checkedEvent as unknown as RawEvent
}

/** Some SDKs write null for a missing field. */
function withoutNull(event: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null))
}

function problemOf(event: Record<string, unknown>): string | undefined {
  if (!isText(event.event) || event.event === '') return 'has no name: "event" must be a text that is not empty'
  const wrong = FIELDS.find(([field, , fits]) => field in event && !fits(event[field]))
  if (wrong !== undefined) return `has "${wrong[0]}", which must be ${wrong[1]}`
  const properties = isRecord(event.properties) ? event.properties : {}
  const distinctId = event.distinct_id ?? event.$distinct_id ?? properties.distinct_id
  if (distinctId === '' || !(isText(distinctId) || isNumber(distinctId))) {
    return 'has no person: "distinct_id" must be a text that is not empty'
  }
  return undefined
}

function tokenOf(holder: unknown): string | undefined {
  if (!isRecord(holder)) return undefined
  const properties = isRecord(holder.properties) ? holder.properties : {}
  return [holder.api_key, holder.token, properties.token].find(isText)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '')
}

/** Turns off every feature for which posthog-js loads more code, because the simulator serves no such code. */
const REMOTE_CONFIG = {
  supportedCompression: ['gzip', 'gzip-js'],
  analytics: { endpoint: '/e/' },
  elementsChainAsString: true,
  autocapture_opt_out: false,
  autocaptureExceptions: false,
  captureDeadClicks: false,
  capturePerformance: false,
  heatmaps: false,
  sessionRecording: false,
  surveys: false,
  hasFeatureFlags: false,
  siteApps: [],
}

const NO_FLAGS = { flags: {}, featureFlags: {}, featureFlagPayloads: {}, errorsWhileComputingFlags: false }

/**
 * Answers what an SDK asks for besides sending events: a browser's preflight, remote config, feature flags, more scripts.
 * Returns undefined for any other request.
 */
export function answerSdkCall(request: Omit<CaptureRequest, 'query' | 'body'>): CaptureAnswer | undefined {
  const path = withoutSlash(request.path)
  if (request.method === 'OPTIONS') return { status: 204, headers: crossOrigin(request.headers), body: '' }
  if (path === '/flags' || path === '/decide') return json(request, 200, { ...REMOTE_CONFIG, ...NO_FLAGS })

  const [, token, extension] = /^\/array\/([^/]+)\/config(\.js)?$/.exec(path) ?? []
  if (token !== undefined && extension === undefined) return json(request, 200, REMOTE_CONFIG)
  if (token !== undefined) {
    const entry = JSON.stringify({ [token]: { config: REMOTE_CONFIG, siteApps: [] } })
    return script(
      request,
      `window._POSTHOG_REMOTE_CONFIG = Object.assign(window._POSTHOG_REMOTE_CONFIG ?? {}, ${entry})`,
    )
  }
  return path.startsWith('/static/') ? script(request, '') : undefined
}

/** Answers any request of an SDK. Passes its events to `onEvent`: all of them, or none if one is malformed. */
export function answerCapture(request: CaptureRequest, onEvent: (event: RawEvent) => void): CaptureAnswer {
  const answer = answerSdkCall(request)
  if (answer !== undefined) return answer
  if (!servesCapture(request.path)) {
    return json(request, 404, { detail: `PostHog SDKs send nothing to ${request.path}.` })
  }
  try {
    decodeCapture(request).events.forEach(onEvent)
    return json(request, 200, { status: 1 })
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    return json(request, error.status, { detail: error.message })
  }
}

/** True if SDKs use this path. A server with other pages leaves these paths to `handleCapture`. */
export function servesCapture(path: string): boolean {
  return (
    EVENT_PATHS.has(withoutSlash(path)) ||
    withoutSlash(path) === RECORDING_PATH ||
    answerSdkCall({ method: 'GET', path, headers: {} }) !== undefined
  )
}

function json(request: Pick<CaptureRequest, 'headers'>, status: number, content: object): CaptureAnswer {
  const headers = { ...crossOrigin(request.headers), 'Content-Type': 'application/json' }
  return { status, headers, body: JSON.stringify(content) }
}

function script(request: Pick<CaptureRequest, 'headers'>, body: string): CaptureAnswer {
  return { status: 200, headers: { ...crossOrigin(request.headers), 'Content-Type': 'text/javascript' }, body }
}

/** Beacons carry credentials, and a browser refuses "*" for those: like PostHog, the answer names the origin and headers. */
function crossOrigin(headers: IncomingHttpHeaders): Record<string, string> {
  return {
    'Access-Control-Allow-Origin': headers.origin ?? '*',
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
    'Access-Control-Allow-Headers': headers['access-control-request-headers']?.toString() ?? '*',
  }
}

/** `answerCapture` for a request and response of `node:http`. */
export async function handleCapture(
  request: IncomingMessage,
  response: ServerResponse,
  onEvent: (event: RawEvent) => void,
): Promise<void> {
  const { method = 'GET', headers } = request
  try {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const answer = answerCapture(
      { method, path, query, headers, body: await requestBody(request, MAXIMUM_BODY_BYTES) },
      onEvent,
    )
    response.writeHead(answer.status, answer.headers).end(answer.body)
  } catch (error) {
    response.writeHead(500, crossOrigin(headers)).end(String(error))
  }
}

/** PostHog's capture address on loopback, at a free port unless one is given. */
export async function createCaptureServer(
  onEvent: (event: RawEvent) => void,
  options: { port?: number } = {},
): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    void handleCapture(request, response, onEvent)
  })
  return listenOnLoopback(server, options.port ?? 0)
}
