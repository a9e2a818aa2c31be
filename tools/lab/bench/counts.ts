import { contactUpdate, directConfig, eventKinds } from './event-kinds'
import type { EventKind } from './event-kinds'
import { BenchServer } from './server-host'
import type { Step } from './server-host'

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
  /** The steps of the event that took the most. */
  readonly steps: readonly Step[]
}

/** How many events are counted for each line: the first of a series renews what the others find. */
const eventsForEachLine = 12

/**
 * Counts the guarded awaits and the cache commands of each kind of event.
 *
 * @param source the file that PostHog runs.
 * @throws Error if an event does not take the way that is to be counted.
 */
export async function countEvents(source: string): Promise<EventCounts[]> {
  const counts: EventCounts[] = []
  for (const delivered of ['directly', 'by a job'] as const) {
    for (const kind of eventKinds) {
      if (delivered === 'by a job' && !kind.isSent) continue
      for (const contact of ['first', 'later'] as const) {
        const counted = await countLine(source, kind, contact, delivered)
        counts.push({ kind: kind.name, isSent: kind.isSent, contact, delivered, ...counted })
      }
    }
  }
  return counts
}

type Counted = Pick<EventCounts, 'awaits' | 'commands' | 'bytes' | 'steps'>

/** What one event has taken. */
interface Taken {
  readonly steps: readonly Step[]
  readonly bytes: number
}

async function countLine(
  source: string,
  kind: EventKind,
  contact: EventCounts['contact'],
  delivered: EventCounts['delivered'],
): Promise<Counted> {
  const counting = new Counting(source, kind, contact)
  try {
    return summary(await counting.run(delivered))
  } finally {
    counting.stop()
  }
}

/** Runs the events of one line, on a server of its own whose clock is moved by hand. */
class Counting {
  private now = Date.UTC(2024, 4, 1)
  private events = 0
  private readonly server: BenchServer

  constructor(
    source: string,
    private readonly kind: EventKind,
    private readonly contact: EventCounts['contact'],
  ) {
    this.server = new BenchServer(source, directConfig, () => this.now)
  }

  /** What each event that counts takes. */
  async run(delivered: EventCounts['delivered']): Promise<Taken[]> {
    const contacts = Array.from({ length: eventsForEachLine }, (_, index) => `user_${index}`)
    for (const contact of this.contact === 'later' ? contacts : []) await this.deliver(contactUpdate, contact)
    // An app that remembers a line of its log in the worker does so before the events that count.
    if (!this.kind.isSent) await this.deliver(this.kind, 'somebody')
    if (delivered === 'by a job') await this.fillTheSecond()
    const counted: Taken[] = []
    for (const contact of contacts) {
      // Two events directly in each window: one opens it, one finds it open.
      if (delivered === 'directly' && counted.length % 2 === 0) this.now += 5000
      const before = this.server.redisBytes()
      const steps = delivered === 'directly' ? await this.direct(contact) : await this.byJob(contact)
      counted.push({ steps, bytes: this.server.redisBytes() - before })
    }
    return counted
  }

  /** Calls off the timers of the guard. */
  stop(): void {
    this.server.clear()
  }

  /** Delivers an event that does not count. */
  private async deliver(kind: EventKind, contact: string): Promise<void> {
    this.now += 5000
    await this.send(kind, contact)
  }

  /** Sends events of others until one has to wait. */
  private async fillTheSecond(): Promise<void> {
    this.now += 5000
    for (let sent = 0; sent < 100; sent++) {
      await this.send(contactUpdate, `other_${sent}`)
      if (this.server.jobs.length > 0) return
    }
    throw new Error('A hundred events at once, and none waits for a slot.')
  }

  private async direct(contact: string): Promise<Step[]> {
    const steps = await this.send(this.kind, contact)
    if (this.kind.isSent !== steps.some(isRequest))
      throw new Error(`The event does not go directly: ${this.kind.name}.`)
    return steps
  }

  private async byJob(contact: string): Promise<Step[]> {
    const received = this.now
    const steps = await this.send(this.kind, contact)
    const [job] = this.server.jobs.toSorted((one, other) => one.runAt - other.runAt)
    if (job === undefined || steps.some(isRequest)) throw new Error(`The event does not wait: ${this.kind.name}.`)
    this.now = job.runAt
    steps.push(...(await this.steps(() => this.server.app.runJob(job.name, job.payload))))
    if (!steps.some(isRequest)) throw new Error(`The event waits more than once: ${this.kind.name}.`)
    // The next event is received in the same second, so that it waits too.
    this.now = received
    return steps
  }

  private send(kind: EventKind, contact: string): Promise<Step[]> {
    return this.steps(() => this.server.app.onEvent(kind.event(contact, ++this.events, this.now)))
  }

  private async steps(run: () => Promise<unknown>): Promise<Step[]> {
    this.server.clear()
    await run()
    await this.server.settle()
    return [...this.server.steps]
  }
}

function isRequest({ kind }: Step): boolean {
  return kind === 'fetch'
}

function summary(counted: readonly Taken[]): Counted {
  const number = (steps: readonly Step[], kind: Step['kind']) => steps.filter((step) => step.kind === kind).length
  const range = (value: (taken: Taken) => number): Range => {
    const numbers = counted.map(value)
    return { least: Math.min(...numbers), most: Math.max(...numbers) }
  }
  const weight = (steps: readonly Step[]) => 1000 * number(steps, 'await') + number(steps, 'cache')
  const [costliest] = counted.toSorted((one, other) => weight(other.steps) - weight(one.steps))
  return {
    awaits: range(({ steps }) => number(steps, 'await')),
    commands: range(({ steps }) => number(steps, 'cache')),
    bytes: range(({ bytes }) => bytes),
    steps: costliest?.steps ?? [],
  }
}
