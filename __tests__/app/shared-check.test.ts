/** Workers that start together, or soon after each other, check the key and the account once. */
import { createCache } from '../../tools/simulators/posthog/cache'
import type { Cache } from '../../tools/simulators/posthog/cache'
import { apiKey, isSetUpRequest } from './setup'
import { captured, install, start } from './person/setup'
import { VirtualClock } from '../../tools/lib/clock'

const names = {
  contactProperties: 'firstName: x',
  eventMailingLists: 'cm06f5v0e45nf0ml5754o9cix: true',
  posthogUrl: '',
}

function workersOf(changes: Record<string, string> = {}, cache: Partial<Cache> = {}) {
  const options = { cache, cacheMilliseconds: () => 3 }
  const { clock, api, app, worker } = install({ ...names, ...changes }, '2024-02', [], options)
  /** Starts workers with an event each, and returns how many requests the checks made. */
  const startWorkers = async (count: number): Promise<number> => {
    const before = api.requests().filter(isSetUpRequest).length
    for (let started = 0; started < count; started++) void app.startWorker().deliver(captured('other', {}))
    await clock.run()
    return api.requests().filter(isSetUpRequest).length - before
  }
  const logged = (text: string): number => app.logs.filter(({ message }) => message.includes(text)).length
  return { clock, api, app, worker, startWorkers, logged }
}

/** A cache of which every command fails. */
const down: Partial<Cache> = {
  incr: () => Promise.reject(new Error('The cache is down')),
  expire: () => Promise.reject(new Error('The cache is down')),
}

describe('sixteen workers that start at once', () => {
  it('make three requests: for the key, the mailing lists and the contact properties', async () => {
    const { startWorkers, logged } = workersOf()
    expect(await startWorkers(16)).toBe(3)
    expect(logged('Connected to Loops')).toBe(1)
  })

  it('check the key each for itself if the cache is down', async () => {
    const { startWorkers, logged } = workersOf({ contactProperties: '', eventMailingLists: '' }, down)
    expect(await startWorkers(16)).toBe(16)
    expect(logged('Connected to Loops')).toBe(16)
  })

  it('find out that Loops rejects the key in one of them, and again when the app is turned on again', async () => {
    const cache = createCache(new VirtualClock(start))
    for (const installation of [1, 2]) {
      const { startWorkers, logged } = workersOf({ apiKey: 'a-key-of-another-team' }, cache)
      expect([installation, await startWorkers(16)]).toEqual([installation, 1])
      expect(logged('Loops rejects it (401')).toBeGreaterThan(0)
    }
  })
})

describe('a success', () => {
  it('counts for five minutes', async () => {
    const { clock, startWorkers } = workersOf()
    expect(await startWorkers(1)).toBe(3)
    await clock.run(clock.now() + 4 * 60_000)
    expect(await startWorkers(2)).toBe(0)
    await clock.run(clock.now() + 5 * 60_000 + 1000)
    expect(await startWorkers(2)).toBe(3)
  })

  it('counts for its own settings only', async () => {
    const cache = createCache(new VirtualClock(start))
    expect(await workersOf({}, cache).startWorkers(1)).toBe(3)
    expect(await workersOf({}, cache).startWorkers(1)).toBe(0)
    expect(await workersOf({ contactProperties: 'lastName: x' }, cache).startWorkers(1)).toBe(3)
  })
})

it('does not count a check that Loops did not answer', async () => {
  const { api, startWorkers, logged } = workersOf()
  api.setFault((request) => (isSetUpRequest(request) ? { kind: 'status', status: 503 } : undefined))
  expect(await startWorkers(3)).toBe(1)
  expect(logged('could not be checked')).toBe(1)
  api.setFault(() => undefined)
  expect(await startWorkers(3)).toBe(3)
})

it('runs again 40 seconds after its worker has died in the middle', async () => {
  const cacheClock = new VirtualClock(start)
  const cache = createCache(cacheClock)
  /** The death: nothing of what the worker does after the check reaches the cache. */
  const expire: Cache['expire'] = (key, seconds) => (seconds === 0 ? Promise.resolve(true) : cache.expire(key, seconds))
  const { api, startWorkers } = workersOf({}, { ...cache, expire })
  api.setFault((request) => (isSetUpRequest(request) ? { kind: 'status', status: 503 } : undefined))
  expect(await startWorkers(1)).toBe(1)
  api.setFault(() => undefined)
  expect(await startWorkers(1)).toBe(0)
  await cacheClock.run(cacheClock.now() + 41_000)
  expect(await startWorkers(1)).toBe(3)
})

it('leaves neither the key nor a part of it in the cache', async () => {
  const cache = createCache(new VirtualClock(start))
  const keys: string[] = []
  await workersOf({}, { ...cache, incr: (key) => (keys.push(key), cache.incr(key)) }).startWorkers(2)
  const checks = keys.filter((key) => key.startsWith('check/'))
  expect(new Set(checks).size).toBe(1)
  expect(checks[0]).toMatch(/^check\/[0-9a-f]{8}$/)
  expect(checks.filter((key) => apiKey.includes(key.slice('check/'.length)))).toEqual([])
})
