import { SECOND } from '../time'
import type { Cache } from './meta'

/**
 * Runs a command of PostHog's cache or job queue. A command that fails is tried up to twelve times at once; one that was slow
 * to fail is not, because PostHog gives a hook 30 seconds in all.
 *
 * @returns what the command answers. Nothing is awaited here: PostHog guards each `await` of an app, at 130 microseconds.
 * @throws what the last try threw.
 */
export function withRetries<Result>(
  command: () => Promise<Result>,
  start = Date.now(),
  triesLeft = 12,
): Promise<Result> {
  return ownPromise(command).catch((error: unknown) => {
    if (triesLeft === 1 || Date.now() - start > 2 * SECOND) throw error
    return withRetries(command, start, triesLeft - 1)
  })
}

/** A promise of the app's VM: the server's own promises cross the border of the VM with each call. */
async function ownPromise<Result>(command: () => Promise<Result>): Promise<Result> {
  return command()
}

/** Starts a command whose result nothing depends on. Failures are ignored. */
export function inBackground(command: () => Promise<unknown>): void {
  withRetries(command).catch(() => undefined)
}

/** What the cache answers to a command that may make its key, and whether the life of the key was limited. */
export type AnswerWithLife<Answer> = readonly [key: KeyWithLife, answer: Answer, hasLife: unknown]

export interface KeyWithLife {
  readonly key: string
  /** Milliseconds. */
  readonly life: number
}

/**
 * Runs a command that may make its key, and limits the life of the key at the same time: a worker that is killed between the
 * two would leave the key without an expiry. The caller awaits it with others, and hands the answer to `ensureLife`.
 */
export function withLife<Answer>(
  { key, life }: KeyWithLife,
  command: () => Promise<Answer>,
  cache: Cache,
): Promise<AnswerWithLife<Answer>> {
  return Promise.all([
    Promise.resolve({ key, life }),
    withRetries(command),
    withRetries(() => cache.expire(key, life / SECOND)).catch(() => false),
  ])
}

/** The server has several connections to Redis, so `expire` may have run before its command and found no key: it is sent again. */
export function ensureLife<Answer>([{ key, life }, answer, hasLife]: AnswerWithLife<Answer>, cache: Cache): Answer {
  if (!hasLife) inBackground(() => cache.expire(key, life / SECOND))
  return answer
}
