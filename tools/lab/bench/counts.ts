import { appDirectory } from '../../lib/app-files'
import { VirtualClock } from '../../lib/clock'
import type { FetchResponse } from '../../simulators/posthog/fetch'
import { createInstallation } from '../../simulators/posthog/plugin-server'
import type { Installation } from '../../simulators/posthog/plugin-server'
import { serverVersion } from '../../simulators/posthog/versions'
import type { Worker } from '../../simulators/posthog/worker'
import { contactUpdate, directConfig, eventKinds } from './event-kinds'
import type { EventKind } from './event-kinds'

/** The lowest and the highest of several events. */
export interface Range {
  readonly least: number
  readonly most: number
}

/** What the app asks of the server for an event. The guard of the hook itself, which every app has, does not count. */
export interface EventCounts {
  readonly kind: string
  readonly isSent: boolean
  /** `later`: an event with both identifiers of the same contact was delivered before. */
  readonly contact: 'first' | 'later'
  /** `by a job`: the event waits for a slot once; both runs count together. */
  readonly delivered: 'directly' | 'by a job'
  readonly awaits: Range
  readonly commands: Range
  /** The bytes that the event adds to Redis. */
  readonly bytes: Range
  /** The commands, requests and jobs of the event that took the most, in order. */
  readonly steps: readonly string[]
}

/** How many events are counted for each line: the first of a series renews what the others find. */
const eventsForEachLine = 12

/**
 * Counts what each kind of event takes in the app of `dist/`.
 *
 * @throws Error if an event does not take the way that is to be counted.
 */
export async function countEvents(): Promise<EventCounts[]> {
  const counts: EventCounts[] = []
  for (const delivered of ['directly', 'by a job'] as const) {
    for (const kind of eventKinds) {
      if (delivered === 'by a job' && !kind.isSent) continue
      for (const contact of ['first', 'later'] as const) {
        const taken = await new Counting(kind, contact).run(delivered)
        counts.push({ kind: kind.name, isSent: kind.isSent, contact, delivered, ...summary(taken) })
      }
    }
  }
  return counts
}

/** What one event has taken. */
interface Taken {
  readonly awaits: number
  readonly commands: number
  readonly bytes: number
  readonly steps: readonly string[]
}

/** Runs the events of one line, on a server of its own whose cache, queue and Loops answer at once. */
class Counting {
  private readonly clock = new VirtualClock(Date.UTC(2024, 4, 1))
  private readonly steps: string[] = []
  private readonly installation: Installation
  private readonly worker: Worker
  private events = 0

  constructor(
    private readonly kind: EventKind,
    private readonly contact: EventCounts['contact'],
  ) {
    this.installation = createInstallation({
      directory: appDirectory,
      server: serverVersion('2024-02'),
      config: directConfig,
      clock: this.clock,
      fetch: () => Promise.resolve(accepted),
      trusted: true,
      beforeEffect: (_, { kind: step, name }) => void this.steps.push(`${step} ${name}`),
    })
    this.worker = this.installation.startWorker()
  }

  /** What each event that counts takes. */
  async run(delivered: EventCounts['delivered']): Promise<Taken[]> {
    const contacts = Array.from({ length: eventsForEachLine }, (_, index) => `user_${index}`)
    // The set-up asks Loops, too, and an app may remember in the worker what it finds for the first event.
    await this.clock.settled(this.worker.prepare())
    await this.deliver(contactUpdate, 'somebody')
    for (const contact of this.contact === 'later' ? contacts : []) await this.deliver(contactUpdate, contact)
    try {
      return await (delivered === 'directly' ? this.direct(contacts) : this.byJobs(contacts))
    } finally {
      this.installation.close()
    }
  }

  private async direct(contacts: readonly string[]): Promise<Taken[]> {
    const counted: Taken[] = []
    for (const contact of contacts) {
      // Two events directly in each window: one opens it, one finds it open.
      if (counted.length % 2 === 0) await this.pass(5000)
      const taken = await this.taken(() => this.send(this.kind, contact))
      if (this.kind.isSent !== taken.steps.some(isRequest))
        throw new Error(`The event does not go directly: ${this.kind.name}.`)
      counted.push(taken)
    }
    return counted
  }

  /** All events come at once, after others that have taken the next slots. */
  private async byJobs(contacts: readonly string[]): Promise<Taken[]> {
    const { jobs } = this.installation
    await this.pass(5000)
    for (let sent = 0; jobs.pending().length === 0; sent++) await this.send(contactUpdate, `other_${sent}`)
    const counted = new Map<string, Taken>()
    for (const contact of contacts) {
      const taken = await this.taken(() => this.send(this.kind, contact))
      if (taken.steps.some(isRequest)) throw new Error(`The event does not wait: ${this.kind.name}.`)
      counted.set(contact, taken)
    }
    for (let job = jobs.pending()[0]; job !== undefined; job = jobs.pending()[0]) {
      await this.clock.run(job.runAt)
      const taken = await this.taken(() => this.clock.settled(this.installation.runDueJobs(this.worker)))
      if (taken.steps.filter(isRequest).length !== 1) throw new Error(`A job sends nothing: ${this.kind.name}.`)
      const contact = contacts.find((each) => job.payload.includes(`"${each}"`)) ?? ''
      const before = counted.get(contact)
      if (before !== undefined) counted.set(contact, sum(before, taken))
    }
    return [...counted.values()]
  }

  /** Delivers an event that does not count. */
  private async deliver(kind: EventKind, contact: string): Promise<void> {
    await this.pass(5000)
    await this.send(kind, contact)
  }

  private async pass(milliseconds: number): Promise<void> {
    await this.clock.run(this.clock.now() + milliseconds)
  }

  private async send(kind: EventKind, contact: string): Promise<void> {
    await this.clock.settled(this.worker.deliver(kind.event(contact, ++this.events, this.clock.now())))
  }

  private async taken(run: () => Promise<void>): Promise<Taken> {
    const { counts, cache } = this.installation
    const [{ awaits, cacheCommands }, bytes] = [{ ...counts }, cache.usage().bytes]
    this.steps.splice(0)
    await run()
    return {
      awaits: counts.awaits - awaits,
      commands: counts.cacheCommands - cacheCommands,
      bytes: cache.usage().bytes - bytes,
      steps: [...this.steps],
    }
  }
}

function isRequest(step: string): boolean {
  return step.startsWith('fetch ')
}

function sum(one: Taken, other: Taken): Taken {
  return {
    awaits: one.awaits + other.awaits,
    commands: one.commands + other.commands,
    bytes: one.bytes + other.bytes,
    steps: [...one.steps, ...other.steps],
  }
}

function summary(counted: readonly Taken[]): Pick<EventCounts, 'awaits' | 'commands' | 'bytes' | 'steps'> {
  const range = (value: (taken: Taken) => number): Range => {
    const numbers = counted.map(value)
    return { least: Math.min(...numbers), most: Math.max(...numbers) }
  }
  const weight = ({ awaits, commands }: Taken) => 1000 * awaits + commands
  const [costliest] = counted.toSorted((one, other) => weight(other) - weight(one))
  return {
    awaits: range(({ awaits }) => awaits),
    commands: range(({ commands }) => commands),
    bytes: range(({ bytes }) => bytes),
    steps: costliest?.steps ?? [],
  }
}

const accepted: FetchResponse = {
  status: 200,
  ok: true,
  statusText: 'OK',
  headers: { get: () => 'application/json' },
  text: () => Promise.resolve('{"success":true}'),
  json: () => Promise.resolve({ success: true }),
}
