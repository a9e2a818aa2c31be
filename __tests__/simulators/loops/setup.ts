import { VirtualClock } from '../../../tools/lib/clock'
import { LoopsApi } from '../../../tools/simulators/loops/loops-api'
import type {
  Contact,
  LoopsApiRequest,
  LoopsApiResponse,
  RecordedEvent,
} from '../../../tools/simulators/loops/contract'
import type { LoopsApiOptions } from '../../../tools/simulators/loops/loops-api'

export const KEY = 'loops-sandbox-key'
export const MAIN_LIST = 'cm06f5v0e45nf0ml5754o9cix'
export const OTHER_LIST = 'cm16k73gq014h0mmj5b6jdi9r'
export const START = Date.UTC(2024, 4, 1)

export function request(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): LoopsApiRequest {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
  return { method, path, headers: { authorization: `Bearer ${KEY}`, ...headers }, body: text }
}

export const get = (path: string) => request('GET', `/v1${path}`)
export const update = (body: unknown) => request('PUT', '/v1/contacts/update', body)
export const create = (body: unknown) => request('POST', '/v1/contacts/create', body)
export const send = (body: unknown, key?: string) =>
  request('POST', '/v1/events/send', body, key === undefined ? {} : { 'idempotency-key': key })

/** A contact as Loops shows it, with what is not told at its first value. */
export function contact(told: Partial<Contact>): Contact {
  return {
    id: 'contact-1',
    email: 'ann@example.com',
    firstName: null,
    lastName: null,
    source: 'API',
    subscribed: true,
    userGroup: '',
    userId: null,
    mailingLists: {},
    optInStatus: null,
    ...told,
  }
}

export function event(told: Partial<RecordedEvent>): RecordedEvent {
  return {
    eventName: 'signup',
    contactId: 'contact-1',
    email: 'ann@example.com',
    userId: null,
    eventProperties: {},
    idempotencyKey: undefined,
    at: START,
    ...told,
  }
}

export function newApi(options: LoopsApiOptions = {}, clock = new VirtualClock(START)) {
  return new LoopsApi({ clock, requestsPerSecond: 100, ...options })
}

function told(response: LoopsApiResponse) {
  return { status: response.status, body: response.body === '' ? null : (JSON.parse(response.body) as unknown) }
}

export const failure = (message: string) => ({ success: false, message })
export const done = (id = 'contact-1') => ({ success: true, id })

export const ann = { email: 'ann@example.com' }
export const annAndUser = { email: 'ann@example.com', userId: 'u-1' }
export const bob = { email: 'bob@example.com', userId: 'u-2' }
export const signup = { ...ann, eventName: 'signup' }

export const invalidEmail = failure('Invalid email address.')
export const noIdentity = failure('You must provide an email or userId.')
export const multiple = failure('Multiple contacts found for the given criteria')
export const invalidKey = { ...failure('Invalid API key'), error: 'Invalid API key' }

export const lists = [
  { id: MAIN_LIST, name: 'Main list', description: 'All customers.', isPublic: true },
  { id: OTHER_LIST, name: 'Investors', description: null, isPublic: false },
]
export const plan = { key: 'plan', label: 'Plan', type: 'string' } as const
export const defaultProperties = [
  { key: 'firstName', label: 'First Name', type: 'string' },
  { key: 'lastName', label: 'Last Name', type: 'string' },
  { key: 'email', label: 'Email', type: 'string' },
  { key: 'notes', label: 'Notes', type: 'string' },
  { key: 'source', label: 'Source', type: 'string' },
  { key: 'userGroup', label: 'User Group', type: 'string' },
  { key: 'userId', label: 'User Id', type: 'string' },
  { key: 'subscribed', label: 'Subscribed', type: 'boolean' },
  { key: 'createdAt', label: 'Created At', type: 'date' },
]

export interface Row {
  /** The rule's id and what it says. */
  rule: string
  options?: LoopsApiOptions
  /** Requests that were answered before. */
  before?: LoopsApiRequest[]
  /** What happened at Loops before the request. */
  meanwhile?: (api: LoopsApi) => void
  request: LoopsApiRequest
  /** 200 unless told. */
  status?: number
  body: unknown
  /** All contacts afterwards: none unless told. */
  contacts?: Contact[]
  /** All events afterwards: none unless told. */
  events?: RecordedEvent[]
  /** The team's own properties afterwards: none unless told. */
  properties?: unknown[]
}

export function check(row: Row) {
  const api = newApi(row.options)
  for (const earlier of row.before ?? []) expect(api.handle(earlier).status).toBe(200)
  row.meanwhile?.(api)
  expect(told(api.handle(row.request))).toEqual({ status: row.status ?? 200, body: row.body })
  expect(api.contacts()).toEqual(row.contacts ?? [])
  expect(api.events()).toEqual(row.events ?? [])
  expect(told(api.handle(get('/contacts/properties?list=custom'))).body).toEqual(row.properties ?? [])
}
