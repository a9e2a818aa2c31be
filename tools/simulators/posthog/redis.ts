/**
 * The Redis behind `meta.cache`, as far as it can fail. The states:
 *
 * - **up**: commands are answered.
 * - **frozen**: a command waits, without limit, until Redis is up again.
 * - **gone**: a command waits as well, and each worker stops itself after ten errors of its connection, which takes about
 *   three seconds. PostHog's process manager starts it again; the simulator leaves that to the caller.
 */
export class Redis {
  private state: 'up' | 'frozen' | 'gone' = 'up'
  private reachable: Promise<void> | undefined
  private resolve: () => void = () => undefined

  /** @param onGone called when Redis vanishes. */
  constructor(private readonly onGone: () => void) {}

  get isGone(): boolean {
    return this.state === 'gone'
  }

  freeze(): void {
    this.fail('frozen')
  }

  vanish(): void {
    this.fail('gone')
    this.onGone()
  }

  /** Redis is up again, with the data that it had, and answers the commands that have waited. */
  comeBack(): void {
    this.state = 'up'
    this.reachable = undefined
    this.resolve()
  }

  /** Resolves once Redis answers; `undefined` if it does now. */
  whenReachable(): Promise<void> | undefined {
    return this.reachable
  }

  private fail(state: 'frozen' | 'gone'): void {
    this.state = state
    this.reachable ??= new Promise((resolve) => {
      this.resolve = resolve
    })
  }
}

/** The waits of Redis' client between its first ten tries to connect, added up: 50 ms, 100 ms, ... 500 ms. */
export const millisecondsToTenErrors = 2750
