/**
 * A simulator of the API of Loops (loops.so), by its documentation and by observed answers. It sends no emails. `LoopsApi`
 * works in-process and takes the time from a clock; `serveLoopsApi` in `server.ts` serves it on loopback.
 */
import { sleep, systemClock } from '../../lib/clock'
import type { Clock } from '../../lib/clock'
import { shownContact } from './audience'
import type { StoredContact } from './audience'
import { defaultStrictness, Rejection } from './contract'
import type {
  Contact,
  ContactProperty,
  LoopsApiRequest,
  LoopsApiResponse,
  MailingList,
  RecordedEvent,
  RequestRecord,
  Strictness,
} from './contract'
import { routeOf } from './endpoints'
import { faultAnswer } from './faults'
import type { Fault, FaultHook } from './faults'
import { checkLengths, parsedJson, readBody } from './fields'
import { Team } from './team'

export interface LoopsApiOptions {
  /** The one key that is valid. */
  apiKey?: string
  teamName?: string
  clock?: Clock
  requestsPerSecond?: number
  mailingLists?: readonly MailingList[]
  /** The team's own properties, besides those that every team has. */
  contactProperties?: readonly ContactProperty[]
  strictness?: Partial<Strictness>
  /** How many events and requests it keeps to show them, the first ones (default: all). */
  mostShown?: number
}

const defaultMailingLists: MailingList[] = [
  { id: 'cm06f5v0e45nf0ml5754o9cix', name: 'Main list', description: 'All customers.', isPublic: true },
  { id: 'cm16k73gq014h0mmj5b6jdi9r', name: 'Investors', description: null, isPublic: false },
]

const json = { 'content-type': 'application/json; charset=utf-8' }

export class LoopsApi {
  private readonly options: Required<LoopsApiOptions>
  private readonly strictness: Strictness
  private readonly lists: MailingList[]
  private team: Team
  private records: RequestRecord[] = []
  private fault: FaultHook = () => undefined

  constructor(options: LoopsApiOptions = {}) {
    this.options = {
      apiKey: 'loops-sandbox-key',
      teamName: 'Company name',
      clock: systemClock,
      requestsPerSecond: 10,
      mailingLists: defaultMailingLists,
      contactProperties: [],
      strictness: {},
      mostShown: Infinity,
      ...options,
    }
    this.strictness = { ...defaultStrictness, ...this.options.strictness }
    this.lists = [...this.options.mailingLists]
    this.team = this.newTeam()
  }

  /**
   * Applies the request at once and answers it. The hook of `setFault` is not asked.
   *
   * @param isCounted whether the rate limit has counted the request already.
   */
  handle(request: LoopsApiRequest, isCounted = false): LoopsApiResponse {
    const response = this.respond(request, isCounted)
    this.record(request, response.status, response.status)
    return response
  }

  /** Answers the request as `handle` does, unless the hook of `setFault` returns a fault. */
  async answer(request: LoopsApiRequest): Promise<LoopsApiResponse | 'dropped'> {
    const fault = this.fault(request)
    if (fault === undefined) return this.handle(request)
    if (fault.kind === 'delay') {
      if (fault.appliedOn === 'arrival') {
        const answered = this.handle(request)
        await sleep(this.options.clock, fault.milliseconds)
        return answered
      }
      // The rate limit counts a request when it arrives, whenever Loops acts on it.
      const isCounted = this.isAddressedBy(request) && this.team.rateLimit.take()
      if (!isCounted) return this.handle(request)
      await sleep(this.options.clock, fault.milliseconds)
      return this.handle(request, isCounted)
    }
    const handled = fault.applied ? this.respond(request) : undefined
    const told = this.failure(fault)
    this.record(request, told === 'dropped' ? told : told.status, handled?.status)
    return told
  }

  /** Whether the request bears the key of this team. */
  isAddressedBy({ headers }: LoopsApiRequest): boolean {
    return headers['authorization'] === `Bearer ${this.options.apiKey}`
  }

  /** Sets the hook that `answer` asks for the fault of each request. */
  setFault(hook: FaultHook): void {
    this.fault = hook
  }

  /** The contacts in the order they were made. */
  contacts(): Contact[] {
    return this.team.audience.all().map(shownContact)
  }

  /** The events that were accepted, in order. */
  events(): RecordedEvent[] {
    return [...this.team.events]
  }

  /** How many events were accepted. */
  eventCount(): number {
    return this.team.eventCount
  }

  mailingLists(): MailingList[] {
    return [...this.lists]
  }

  /** Creates a mailing list, as a user does in Loops' settings. It outlives `reset`. */
  addMailingList(list: MailingList): void {
    this.lists.push(list)
  }

  /** Every request so far, with the rejected and failed ones. */
  requests(): RequestRecord[] {
    return [...this.records]
  }

  /** The contact is deleted, as a user does in Loops' audience. */
  deleteContact(email: string): void {
    this.team.audience.remove(this.contactWith(email))
  }

  /** The person leaves a mailing list in the Preference Center: no request adds them again (V13). */
  leaveMailingList(email: string, listId: string): void {
    const contact = this.contactWith(email)
    contact.mailingLists.delete(listId)
    contact.listsLeft.add(listId)
  }

  /** The person unsubscribes from everything: until subscribed again, no request adds them to a mailing list (V13). */
  unsubscribe(email: string): void {
    this.contactWith(email).subscribed = false
  }

  /** Forgets all contacts, events, requests and faults, and the used part of the rate limit. */
  reset(): void {
    this.team = this.newTeam()
    this.records = []
    this.fault = () => undefined
  }

  private newTeam(): Team {
    return new Team({ ...this.options, mailingLists: this.lists })
  }

  private respond(request: LoopsApiRequest, isCounted = false): LoopsApiResponse {
    try {
      return this.response(200, this.serve(request, isCounted))
    } catch (error) {
      if (!(error instanceof Rejection)) throw error
      return this.response(error.status, error.body)
    }
  }

  /** Checks method, key, rate and body before the endpoint's own rules, the order in which Loops rejects (assumed). */
  private serve(request: LoopsApiRequest, isCounted: boolean): unknown {
    const [path = '', query] = request.path.replace(/^\/api(?=\/)/, '').split(/\?(.*)/s)
    const route = routeOf(request.method, path, this.strictness)
    if (!this.isAddressedBy(request)) throw invalidApiKey()
    if (!isCounted && !this.team.rateLimit.take()) throw rateLimitExceeded()
    const body = request.method === 'GET' ? {} : readBody(request.body)
    checkLengths(body)
    return route.serve({
      team: this.team,
      teamName: this.options.teamName,
      strictness: this.strictness,
      at: this.options.clock.now(),
      query: new URLSearchParams(query),
      body,
      text: request.body,
      idempotencyKey: request.headers['idempotency-key'],
    })
  }

  private response(status: number, body: unknown, remaining = this.team.rateLimit.remaining()): LoopsApiResponse {
    const rate = { 'x-ratelimit-limit': `${this.options.requestsPerSecond}`, 'x-ratelimit-remaining': `${remaining}` }
    if (body === null) return { status, headers: rate, body: '' }
    return { status, headers: { ...json, ...rate }, body: JSON.stringify(body) }
  }

  private failure(fault: Exclude<Fault, { kind: 'delay' }>): LoopsApiResponse | 'dropped' {
    if (fault.kind === 'drop') return 'dropped'
    if (fault.status !== 429) return faultAnswer(fault.status, fault.body)
    return this.response(429, rateLimitExceeded().body, 0)
  }

  private record(request: LoopsApiRequest, status: RequestRecord['status'], handledStatus: number | undefined): void {
    if (this.records.length >= this.options.mostShown) return
    const { method, path, body: text } = request
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== 'authorization'))
    const at = this.options.clock.now()
    this.records.push({ at, method, path, headers, text, body: parsedJson(text), status, handledStatus })
  }

  private contactWith(email: string): StoredContact {
    const [contact] = this.team.audience.find({ email, userId: undefined })
    if (contact === undefined) throw new Error(`LoopsApi: no contact has the email ${email}`)
    return contact
  }
}

/** G1. */
function invalidApiKey(): Rejection {
  const message = 'Invalid API key'
  return new Rejection(401, { success: false, message, error: message })
}

/** G3. */
function rateLimitExceeded(): Rejection {
  return Rejection.of(429, 'Rate limit exceeded.')
}
