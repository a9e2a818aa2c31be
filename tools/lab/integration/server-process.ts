import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { sleep, systemClock } from '../../lib/clock'
import type { CapturedEvent } from '../../lib/shapes'
import type { Counts, MessageFromProcess, MessageToProcess, ProcessSettings, ReceiptInProcess } from './messages'

const restartMilliseconds = 1000

export interface ProcessObserver {
  /** Called for each event that the app gets. */
  onReceipt(receipt: ReceiptInProcess): void
  /** Called with what a hook or job has thrown, or why the process has stopped itself. */
  onFailure(text: string): void
}

/**
 * A server process that its operator keeps running. The states:
 *
 * - **starting**: the process loads and waits for Redis and PostgreSQL.
 * - **ready**: it takes events and runs jobs.
 * - **ended**: killed, or stopped by itself. It starts again after a second, until `close`.
 */
export class ServerProcess {
  /** How often a process that was ready has ended. */
  ended = 0
  private readonly past = { commands: 0, jobs: 0 }
  private current: Counts = { commands: 0, jobs: 0 }
  private child: ChildProcess | undefined
  private closed = false
  private becomeReady: () => void = () => undefined
  private ready = this.newReady()

  constructor(
    private readonly settings: ProcessSettings,
    private readonly observer: ProcessObserver,
  ) {
    this.start()
  }

  /** The counts of all processes so far. */
  counts(): Counts {
    return { commands: this.past.commands + this.current.commands, jobs: this.past.jobs + this.current.jobs }
  }

  whenReady(): Promise<void> {
    return this.ready
  }

  /** Hands events over as soon as the process is ready. Returns false if it ended before it had handled them all. */
  async handle(events: readonly CapturedEvent[], onHandled: () => void): Promise<boolean> {
    await this.ready
    const { child } = this
    if (child === undefined) return false
    return new Promise((resolve) => {
      const left = new Set(events.map(({ uuid }) => uuid))
      const settle = (all: boolean) => {
        child.off('message', onMessage).off('exit', onExit)
        resolve(all)
      }
      const onExit = () => {
        settle(false)
      }
      const onMessage = (message: unknown) => {
        const received = message as MessageFromProcess
        if (received.kind !== 'handled' || !left.delete(received.uuid)) return
        onHandled()
        if (left.size === 0) settle(true)
      }
      child.on('message', onMessage).once('exit', onExit)
      sendTo(child, { kind: 'events', events })
    })
  }

  /** `kill -9`. */
  kill(): void {
    this.child?.kill('SIGKILL')
  }

  close(): void {
    this.closed = true
    this.kill()
  }

  private start(): void {
    const child = fork(join(__dirname, 'child.ts'))
    let wasReady = false
    child.on('message', (message) => {
      const received = message as MessageFromProcess
      if (received.kind === 'counts') this.current = received.counts
      else if (received.kind === 'failure') this.observer.onFailure(received.text)
      else if (received.kind === 'received') this.observer.onReceipt(received.receipt)
      else if (received.kind === 'ready') {
        wasReady = true
        this.child = child
        this.becomeReady()
      }
    })
    child.once('exit', () => void this.onExit(wasReady))
    this.child = child
    sendTo(child, { kind: 'start', settings: this.settings })
  }

  private async onExit(wasReady: boolean): Promise<void> {
    this.past.commands += this.current.commands
    this.past.jobs += this.current.jobs
    this.current = { commands: 0, jobs: 0 }
    if (wasReady) {
      this.ready = this.newReady()
      if (!this.closed) this.ended += 1
    }
    await sleep(systemClock, restartMilliseconds)
    if (!this.closed) this.start()
  }

  private newReady(): Promise<void> {
    return new Promise((resolve) => {
      this.becomeReady = resolve
    })
  }
}

function sendTo(child: ChildProcess, message: MessageToProcess): void {
  // A process that has just been killed takes no message; its exit tells.
  child.send(message, () => undefined)
}
