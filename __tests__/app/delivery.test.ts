import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { appDirectory } from '../../sandbox/app/app-files'
import { VirtualClock } from '../../sandbox/lib/clock'
import type { AppConfig } from '../../sandbox/app/config-file'
import { networkTo } from '../../sandbox/faults/network'
import type { CapturedEvent } from '../../sandbox/posthog/shapes'
import { LoopsApi } from '../../sandbox/loops/loops-api'
import type { Fault } from '../../sandbox/loops/faults'
import { createInstallation } from '../../sandbox/posthog/plugin-server'
import type { Installation, InstallationOptions } from '../../sandbox/posthog/plugin-server'
import type { Worker } from '../../sandbox/posthog/worker'
import { serverVersion } from '../../sandbox/posthog/versions'
import { apiKey, isSetUpRequest } from './given'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const start = Date.UTC(2024, 4, 1)

const config: AppConfig = {
  apiKey,
  trackedEvents: 'purchase, $pageview',
  contactEvents: '$identify, $set, purchase',
  eventProperties: '',
  contactProperties: 'plan: {person.properties.plan}, seats: {person.properties.seats}',
}

interface Simulation {
  clock: VirtualClock
  api: LoopsApi
  app: Installation
  worker: Worker
  /** What goes wrong with the next requests, the first one first. */
  faults: (Fault | undefined)[]
  /** Hands an event to the app at once, in virtual time; `run` lets the time pass. */
  deliver: (event: CapturedEvent, worker?: Worker) => void
  /** Requests to Loops but for the key check: when, in seconds from the start, method, body. */
  sent: () => [seconds: number, request: string, body: unknown][]
}

const simulations: Simulation[] = []
afterEach(() => {
  simulations.splice(0).forEach(({ app }) => {
    app.close()
  })
})

function simulate(
  version = '2024-02',
  changes: AppConfig = {},
  options: Partial<InstallationOptions> = {},
): Simulation {
  const clock = new VirtualClock(start)
  const api = new LoopsApi({
    apiKey: changes.apiKey ?? apiKey,
    clock,
    mailingLists: [{ id: 'l1', name: 'L', description: null, isPublic: true }],
    contactProperties: [
      { key: 'plan', label: 'Plan', type: 'string' },
      { key: 'seats', label: 'Seats', type: 'number' },
    ],
  })
  const faults: (Fault | undefined)[] = []
  api.setFault((request) => (isSetUpRequest(request) ? undefined : faults.shift()))
  const server = serverVersion(version)
  const app = createInstallation({
    directory: appDirectory,
    server,
    config: { ...config, ...changes },
    fetch: networkTo(api, clock, server),
    clock,
    random: () => 0,
    autoRunJobs: true,
    ...options,
  })
  const worker = app.startWorker()
  const simulation: Simulation = {
    clock,
    api,
    app,
    worker,
    faults,
    deliver: (event, by = worker) => void by.deliver(event),
    sent: () =>
      api
        .requests()
        .filter((request) => !isSetUpRequest(request))
        .map(({ at, method, path, body }) => [(at - start) / 1000, `${method} ${path.slice(4)}`, body]),
  }
  simulations.push(simulation)
  return simulation
}

let serial = 0
function event(name: string, properties: Record<string, unknown>, changes: Partial<CapturedEvent> = {}): CapturedEvent {
  serial += 1
  return {
    uuid: `018f0000-0000-7000-8000-${String(serial).padStart(12, '0')}`,
    event: name,
    distinct_id: 'user_1',
    team_id: 1,
    timestamp: new Date(start + serial).toISOString(),
    properties,
    ...changes,
  }
}
const set = (properties: Record<string, unknown>): CapturedEvent =>
  event('$set', { $set: { email: 'ada@example.com', ...properties } })
const purchase = (properties: Record<string, unknown> = {}): CapturedEvent =>
  event('purchase', { $set: { email: 'ada@example.com', ...properties } })

const failed = { kind: 'status', status: 500 } as const

/** The README's table of answers: its rows, each with what the app does with jobs and without. */
const readmeRows = readFileSync(join(appDirectory, 'README.md'), 'utf8')
  .split(/^\| Loops answers.*\n\|.*\n/m)[1]
  ?.split('\n\n')[0]
  ?.split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, answer = '', withJobs = '', without = '']) => ({
    answer,
    withJobs,
    without: without.replace('the same', withJobs),
  }))

describe("the README's table of answers", () => {
  const status = (code: 500 | 502 | 503): Fault => ({ kind: 'status', status: code })
  const refusal = (code: number): Partial<InstallationOptions> => ({
    fetch: (url) => {
      const isSetUp = isSetUpRequest({ path: url })
      const answered = { status: isSetUp ? 200 : code, ok: isSetUp, statusText: '', headers: { get: () => '/' } }
      return Promise.resolve({ ...answered, text: () => Promise.resolve('{}'), json: () => Promise.resolve({}) })
    },
  })
  const answers: [row: string, fault: Fault | undefined, options: Partial<InstallationOptions>][] = [
    ['200', undefined, {}],
    ['409 to an event that was sent before', undefined, refusal(409)],
    ['429', { kind: 'status', status: 429 }, {}],
    ['500, 502, 503, with or without JSON', status(500), {}],
    ['500, 502, 503, with or without JSON', status(502), {}],
    ['500, 502, 503, with or without JSON', status(503), {}],
    ['a lost connection, or no answer for 20 seconds', { kind: 'drop', applied: false }, {}],
    ['a lost connection, or no answer for 20 seconds', { kind: 'drop', applied: true }, {}],
    ['a lost connection, or no answer for 20 seconds', { kind: 'delay', milliseconds: 60_000 }, {}],
    ['400, 401 and every other 4xx', undefined, refusal(400)],
    ['400, 401 and every other 4xx', undefined, refusal(401)],
    ['400, 401 and every other 4xx', undefined, refusal(404)],
    ['400, 401 and every other 4xx', undefined, refusal(418)],
    ['a redirect', undefined, refusal(302)],
  ]

  /** What the app does when Loops gives the same answer again and again. */
  async function reaction(version: string, fault: Fault | undefined, options: Partial<InstallationOptions>) {
    const { clock, api, app, deliver } = simulate(version, { contactEvents: '$identify' }, options)
    api.setFault((request) => (isSetUpRequest(request) ? undefined : fault))
    deliver(event('purchase', { $set: { email: 'ada@example.com' } }))
    await clock.run(start + 25_000)
    if (app.jobs.pending().length > 0) return 'tries again later'
    await clock.run()
    const tries = app.requests.filter(({ url }) => url.endsWith('/send')).length
    const [failed] = app.failures.map(({ failure }) => failure.name)
    if (failed === undefined) return 'done'
    return failed === 'Error' ? `error after ${tries}` : `RetryError after ${tries}`
  }
  const told: [cell: RegExp, reaction: string][] = [
    [/^done/, 'done'],
    [/^tries again later$/, 'tries again later'],
    [/^error/, 'error after 1'],
    [/^`RetryError`$/, 'RetryError after 1'],
    [/^tries once more, then `RetryError`$/, 'RetryError after 2'],
  ]
  const promised = (cell: string): string | undefined => told.find(([pattern]) => pattern.test(cell))?.[1]

  it.each(answers)('%s: %j', async (answer, fault, options) => {
    const row = readmeRows?.find((one) => one.answer === answer)
    expect(await reaction('2024-02', fault, options)).toBe(promised(row?.withJobs ?? ''))
    expect(await reaction('2024-11', fault, options)).toBe(promised(row?.without ?? ''))
  })

  it('has no row that is not tested', () => {
    expect(readmeRows?.map(({ answer }) => answer)).toEqual([...new Set(answers.map(([row]) => row))])
  })
})

describe('what the app does about an answer', () => {
  const rows: [string, Fault | undefined, tries: number][] = [
    ['200', undefined, 1],
    ['429', { kind: 'status', status: 429 }, 2],
    ['500', failed, 2],
    ['an HTML 502', { kind: 'status', status: 502 }, 2],
    ['503', { kind: 'status', status: 503 }, 2],
    ['a connection that breaks before Loops has acted', { kind: 'drop', applied: false }, 2],
    ['a connection that breaks after Loops has acted', { kind: 'drop', applied: true }, 2],
    ['a 500 though Loops has acted', { ...failed, applied: true }, 2],
    ['no answer for 20 seconds', { kind: 'delay', milliseconds: 30_000 }, 2],
  ]
  it.each(rows)('%s, with jobs: the same bytes until it works, once', async (_, fault, tries) => {
    const { clock, api, app, faults, deliver } = simulate('2024-02', { contactEvents: '$identify' })
    faults.push(fault)
    deliver(event('purchase', { $set: { email: 'ada@example.com' } }))
    await clock.run()
    expect(api.events()).toHaveLength(1)
    const requests = api.requests().filter(({ path }) => path.endsWith('/send'))
    expect(requests).toHaveLength(tries)
    expect(new Set(requests.map(({ text }) => text)).size).toBe(1)
    expect(new Set(requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect(app.failures).toEqual([])
    expect(app.jobs.pending()).toEqual([])
  })

  it('400: what Loops said, and no second try', async () => {
    const { clock, app, deliver, sent } = simulate('2024-02', { contactMailingLists: 'unknown: true' })
    deliver(set({}))
    await clock.run()
    expect(app.failures.map(({ failure }) => `${failure.name}: ${failure.message}`)).toEqual([
      'Error: Loops answered 400 to /v1/contacts/update: mailingLists must hold ids of mailing lists with true or false.',
    ])
    expect(sent()).toHaveLength(1)
    expect(app.jobs.pending()).toEqual([])
  })

  it.each<[string, Fault[], tries: number, failures: string[]]>([
    ['a lost connection', [{ kind: 'drop', applied: true }], 2, []],
    ['a failing server', [failed], 2, []],
    [
      'a failing server that stays so',
      [failed, failed],
      2,
      ['RetryError: Loops answered 500 to /v1/events/send: Internal server error.'],
    ],
    [
      'too many requests',
      [{ kind: 'status', status: 429 }],
      1,
      ['RetryError: Loops answered 429 to /v1/events/send: Rate limit exceeded.'],
    ],
  ])('%s, without jobs: one more try at once, then RetryError', async (_, given, tries, failures) => {
    const { clock, app, faults, deliver, sent } = simulate('2024-11', { contactEvents: '$identify' })
    faults.push(...given)
    deliver(purchase())
    await clock.run()
    expect(sent()).toHaveLength(tries)
    expect(app.failures.map(({ failure }) => `${failure.name}: ${failure.message}`)).toEqual(failures)
  })

  it('does not follow a redirect', async () => {
    const fetch = jest.fn(() =>
      Promise.resolve({
        status: 302,
        ok: false,
        statusText: 'Found',
        headers: { get: () => '/' },
        text: () => Promise.resolve(''),
        json: () => Promise.resolve(null),
      }),
    )
    const { clock, app, deliver } = simulate('2024-02', { contactEvents: '$identify' }, { fetch })
    deliver(purchase())
    await clock.run()
    expect(fetch).toHaveBeenLastCalledWith(
      expect.stringContaining('/events/send'),
      expect.objectContaining({ redirect: 'manual' }),
    )
    expect(app.failures.map(({ failure }) => failure.message)).toEqual(['Loops answered 302 to /v1/events/send'])
  })
})

describe('retries', () => {
  it('wait longer each time, up to an hour, and give up within the day that Loops knows an idempotency key', async () => {
    const { clock, api, app, deliver, sent } = simulate('2024-02', { contactEvents: '$identify' })
    api.setFault((request) => (isSetUpRequest(request) ? undefined : failed))
    deliver(purchase())
    await clock.run()
    const times = sent().map(([seconds]) => seconds)
    const waits = times.slice(1).map((time, index) => Math.floor(time - (times[index] ?? 0)))
    expect(waits.slice(0, 14)).toEqual([1, 1, 2, 3, 5, 7, 11, 17, 25, 38, 57, 86, 129, 194])
    expect(waits.slice(-10)).toEqual(Array(10).fill(3600))
    expect(times.at(-1)).toBeGreaterThan(22 * 3600)
    expect(times.at(-1)).toBeLessThan(24 * 3600)
    expect(app.failures.map(({ failure }) => `${failure.by}: ${failure.message}`)).toEqual([
      `deliver: Given up after ${times.length} tries within a day: Loops answered 500 to /v1/events/send: Internal server error.`,
    ])
    expect(app.logs.filter(({ level }) => level === 'ERROR')).toHaveLength(1)
    expect(app.jobs.pending()).toEqual([])
  })

  it('spread, so that what failed together does not come back together', async () => {
    const waits = await Promise.all(
      [0, 0.5, 0.999].map(async (random) => {
        const { clock, faults, deliver, sent } = simulate('2024-02', {}, { random: () => random })
        faults.push(failed, failed, failed)
        deliver(purchase())
        await clock.run()
        return Math.floor(sent().at(-1)?.[0] ?? 0)
      }),
    )
    expect(waits).toEqual([5, 6, 7])
  })

  it('keep no key in the queue, and use the key of the settings as they are then', async () => {
    const first = simulate()
    first.faults.push(failed)
    first.deliver(purchase())
    await first.clock.run(start + 500)
    const [job] = first.app.jobs.pending()
    expect(job?.payload).toContain('"idempotencyKey"')
    expect(job?.payload).not.toContain(apiKey)

    const newKey = 'another0key1of2the3form4that5is6'
    const then = simulate('2024-02', { apiKey: newKey })
    if (job !== undefined) void then.worker.runJob(job)
    await then.clock.run()
    expect(then.app.enabled).toBe(true)
    const delivery = then.app.requests.filter(({ url }) => url.endsWith('/send'))
    expect(delivery.map(({ headers }) => headers.Authorization)).toEqual([`Bearer ${newKey}`])
  })

  it('respect a dry run', async () => {
    const first = simulate()
    first.faults.push(failed)
    first.deliver(purchase({ plan: 'pro' }))
    await first.clock.run(start + 500)
    const [job] = first.app.jobs.pending()

    const then = simulate('2024-02', { dryRun: 'Yes' })
    if (job !== undefined) void then.worker.runJob(job)
    await then.clock.run()
    expect(then.api.requests()).toEqual([])
    expect(then.app.logs.map(({ message }) => message)).toEqual([
      'Dry run: POST /v1/events/send {"plan":"pro","eventName":"purchase","eventProperties":{},"email":"ada@example.com","userId":"user_1"}',
    ])
  })
})

describe('nothing twice', () => {
  it('when a job runs twice', async () => {
    const { clock, api, faults, deliver } = simulate('2024-02', {}, { onJobDue: () => ({ times: 2 }) })
    faults.push(failed)
    deliver(purchase())
    await clock.run()
    expect(api.events()).toHaveLength(1)
  })

  it('when the event comes again, to any worker', async () => {
    const { clock, api, app, deliver } = simulate()
    const bought = purchase()
    deliver(bought)
    deliver(bought)
    deliver(bought, app.startWorker())
    await clock.run()
    expect(api.events()).toHaveLength(1)
    expect(app.failures).toEqual([])
  })

  it('when the worker dies at any moment, and the event comes again', async () => {
    for (let moment = 0, isThrough = false; !isThrough; moment++) {
      let effects = 0
      const { clock, api, app, deliver } = simulate(
        '2024-02',
        {},
        {
          afterEffect: (worker) => {
            if (effects++ === moment) worker.kill()
          },
        },
      )
      const bought = purchase({ plan: 'pro' })
      deliver(bought)
      await clock.run(start + HOUR)
      isThrough = effects <= moment
      deliver(bought, app.startWorker())
      await clock.run()
      expect(api.events()).toHaveLength(1)
      expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
    }
  })
})

describe('never older over newer', () => {
  it('an update that failed is dropped once a later event has written the same', async () => {
    const { clock, api, faults, deliver, sent } = simulate()
    faults.push(failed)
    deliver(set({ plan: 'old' }))
    await clock.run(start + 500)
    deliver(set({ plan: 'new' }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
    expect(sent().map(([, , body]) => (body as { plan: string }).plan)).not.toEqual(['old', 'new', 'old'])
  })

  it('an update that failed still brings what is newest', async () => {
    const { clock, api, faults, deliver, sent } = simulate()
    faults.push(failed)
    deliver(set({ plan: 'old', seats: 3 }))
    await clock.run(start + 500)
    deliver(set({ plan: 'new' }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new', seats: 3 }])
    expect(sent().at(-1)?.[2]).toEqual({ plan: 'new', seats: 3, email: 'ada@example.com', userId: 'user_1' })
  })

  it('an update that Loops acts on late is made good', async () => {
    const { clock, api, faults, deliver } = simulate()
    faults.push({ kind: 'delay', milliseconds: 15_000 })
    deliver(set({ plan: 'old' }))
    await clock.run(start + 1000)
    deliver(set({ plan: 'new' }))
    await clock.run(start + 10_000)
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
    expect(api.requests().map(({ body }) => (body as { plan?: string } | undefined)?.plan)).toEqual([
      undefined,
      undefined,
      'new',
      'old',
      'new',
    ])
  })

  it('an event is sent with the newest values, also if Loops had it already', async () => {
    const { clock, api, faults, deliver } = simulate()
    faults.push({ kind: 'delay', milliseconds: 15_000 })
    deliver(purchase({ plan: 'old' }))
    await clock.run(start + 1000)
    deliver(set({ plan: 'new' }))
    await clock.run()
    expect(api.events()).toHaveLength(1)
    expect(api.contacts()).toMatchObject([{ plan: 'new' }])
  })

  it('an event that arrives late does not bring back older values', async () => {
    const { clock, api, deliver } = simulate()
    const late = purchase({ plan: 'old', seats: 3 })
    deliver(set({ plan: 'new' }))
    await clock.run(start + MINUTE)
    deliver(late)
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'new', seats: 3 }])
  })

  it('a mailing list that a later event has left stays left', async () => {
    const { clock, api, faults, deliver } = simulate('2024-02', { contactMailingLists: 'l1: {event.properties.news}' })
    faults.push(failed)
    deliver(event('$set', { news: true, $set: { email: 'ada@example.com', plan: 'p' } }))
    await clock.run(start + 500)
    deliver(event('$set', { news: false, $set: { email: 'ada@example.com' } }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'p', mailingLists: {} }])
  })

  it('an address that a later event has changed stays changed', async () => {
    const { clock, api, faults, deliver } = simulate()
    faults.push(undefined, failed)
    deliver(set({ plan: 'first' }))
    await clock.run(start + 1000)
    deliver(set({ plan: 'old', seats: 3 }))
    await clock.run(start + 1500)
    deliver(event('$set', { $set: { email: 'ada@new.example', plan: 'new' } }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ email: 'ada@new.example', userId: 'user_1', plan: 'new', seats: 3 }])
  })

  it('an address that changes in a burst is the newest in the end, and no event is lost', async () => {
    const { clock, api, app, deliver } = simulate()
    const workers = [app.startWorker(), app.startWorker(), app.startWorker()]
    const burst = Array.from({ length: 20 }, (_, index) =>
      event('purchase', { $set: { email: `ada${index}@example.com`, plan: `plan ${index}` } }),
    )
    burst.forEach((one, index) => {
      deliver(one, workers[index % 3])
    })
    await clock.run()
    expect(api.events()).toHaveLength(20)
    expect(api.contacts().filter(({ userId }) => userId === 'user_1')).toMatchObject([
      { email: 'ada19@example.com', plan: 'plan 19' },
    ])
  })

  it('a property is not taken for newer because every object has one of its name', async () => {
    const { clock, deliver, sent } = simulate('2024-02', { includeAllPersonProperties: 'Yes', contactProperties: '' })
    deliver(set({ plan: 'pro' }))
    await clock.run(start + MINUTE)
    deliver({ ...set({ constructor: 'Lotus' }), timestamp: new Date(start - MINUTE).toISOString() })
    await clock.run()
    const [first, second] = sent().map(([, , body]) => body)
    expect(first).toEqual({ plan: 'pro', email: 'ada@example.com', userId: 'user_1' })
    expect(second).toEqual({ constructor: 'Lotus', email: 'ada@example.com', userId: 'user_1' })
  })

  describe('however much has been written to a contact since', () => {
    const view = (): CapturedEvent => event('$pageview', { $set: { email: 'ada@example.com' } })
    const late = (one: CapturedEvent): CapturedEvent => ({ ...one, timestamp: new Date(start - MINUTE).toISOString() })

    async function many({ clock, deliver }: Simulation, made: () => CapturedEvent): Promise<void> {
      for (let count = 0; count < 120; count++) {
        deliver(made())
        await clock.run(clock.now() + 1000)
      }
    }

    it('a property stays', async () => {
      const simulation = simulate()
      const { clock, api, deliver, sent } = simulation
      deliver({ ...set({ plan: 'free' }), timestamp: new Date(start - HOUR).toISOString() })
      await clock.run(start + 1000)
      deliver(set({ plan: 'pro' }))
      await many(simulation, view)
      deliver(late(set({ plan: 'team' })))
      await clock.run()
      expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
      expect(sent()).toHaveLength(122)
    })

    it('an address stays', async () => {
      const simulation = simulate()
      const { clock, api, deliver } = simulation
      deliver(set({ email: 'new@example.com' }))
      let seats = 0
      await many(simulation, () => event('purchase', { $set: { seats: (seats += 1) } }))
      deliver(late(set({ plan: 'pro' })))
      await clock.run()
      expect(api.contacts()).toMatchObject([{ email: 'new@example.com', plan: 'pro', seats: 120 }])
    })

    it('what stands behind one that Loops refuses in the end stays', async () => {
      const simulation = simulate()
      const { clock, api, app, deliver } = simulation
      deliver(set({ plan: 'pro' }))
      await clock.run(start + MINUTE)
      // Loops refuses a number for a text.
      api.setFault(({ body }) => (body.includes('"plan":5') ? failed : undefined))
      deliver(set({ plan: 5 }))
      await many(simulation, view)
      api.setFault(() => undefined)
      await clock.run(clock.now() + HOUR)
      expect(app.failures).toHaveLength(1)
      deliver(late(set({ plan: 'free' })))
      await clock.run()
      expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
    })

    it('what is read stays short', async () => {
      const { clock, app, deliver } = simulate('2024-02', { includeAllPersonProperties: 'Yes' })
      for (let count = 0; count < 60; count++) {
        const own = Object.fromEntries(
          Array.from({ length: 100 }, (_, name) => [`name ${count} ${name}`, 'x'.repeat(200)]),
        )
        deliver(set(own))
        await clock.run(clock.now() + 1000)
      }
      const lines = await app.cache.lrange(`userId-user_1-${Math.floor(start / (25 * HOUR))}`, 0, 1000)
      expect(lines.length).toBeGreaterThan(120)
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(105_000)
      expect(lines.findIndex((line) => line.startsWith('{"summary"'))).toBeLessThan(10)
    })

    it('what is too large to be read each time does not bring back what it overwrites', async () => {
      const { clock, api, deliver, sent } = simulate('2024-02', { includeAllPersonProperties: 'Yes' })
      const large = Object.fromEntries(Array.from({ length: 200 }, (_, name) => [`name ${name}`, 'x'.repeat(200)]))
      deliver(set({ plan: 'free' }))
      await clock.run(start + MINUTE)
      deliver(set({ plan: 'pro', ...large }))
      await clock.run()
      expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
      expect(sent()).toHaveLength(2)
    })

    it('a property stays that one of a burst of large updates has set', async () => {
      const { clock, api, app, deliver } = simulate('2024-02', { includeAllPersonProperties: 'Yes' })
      const large = (): Record<string, string> =>
        Object.fromEntries(Array.from({ length: 60 }, (_, name) => [`name ${name}`, `${serial}`.padEnd(400, 'x')]))
      for (let count = 0; count < 5; count++) {
        deliver(set(large()))
        await clock.run(clock.now() + 1000)
      }
      deliver(set({ plan: 'pro', ...large() }), app.startWorker())
      for (let count = 0; count < 7; count++) deliver(set(large()), app.startWorker())
      await clock.run(clock.now() + MINUTE)
      deliver(late(set({ plan: 'free' })))
      await clock.run()
      expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
    })

    it('what is too large to be read each time is sent all the same', async () => {
      const { clock, app, api, deliver } = simulate('2024-02', { includeAllPersonProperties: 'Yes' })
      const large = Object.fromEntries(Array.from({ length: 200 }, (_, name) => [`name ${name}`, 'x'.repeat(200)]))
      deliver(set(large))
      await clock.run()
      expect(api.contacts()).toMatchObject([large])
      const lines = await app.cache.lrange(`userId-user_1-${Math.floor(start / (25 * HOUR))}`, 0, 1000)
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(30_000)
    })
  })

  it('what Loops refused is not taken for newer', async () => {
    const { clock, api, app, faults, deliver } = simulate('2024-02', {
      contactProperties: 'plan: {person.properties.plan}',
    })
    deliver(set({ plan: 'text' }))
    await clock.run(start + 1000)
    faults.push(failed)
    deliver(set({ plan: 'older' }))
    await clock.run(start + 1500)
    deliver(set({ plan: 5 }))
    await clock.run()
    expect(app.failures).toHaveLength(1)
    expect(api.contacts()).toMatchObject([{ plan: 'older' }])
  })
})

describe('no idle chatter', () => {
  const identify = (properties: Record<string, unknown> = { plan: 'pro' }): CapturedEvent =>
    event('$identify', { $set: { email: 'ada@example.com', ...properties } })
  it.each<[string, CapturedEvent[], AppConfig, minutes: number, requests: number]>([
    ['the same within the hour', [identify(), identify(), set({ plan: 'pro' })], {}, 10, 1],
    ['the same after an hour', [identify(), identify()], {}, 61, 2],
    ['part of the same', [identify({ plan: 'pro', seats: 3 }), identify({ seats: 3 })], {}, 1, 1],
    ['a change', [identify(), identify({ plan: 'free' }), identify()], {}, 1, 3],
    ['something more', [identify(), identify({ plan: 'pro', seats: 3 })], {}, 1, 2],
    [
      'another identity',
      [event('$identify', { $set: { email: 'ada@example.com', plan: 'pro' } }, { distinct_id: 'user_2' }), identify()],
      {},
      1,
      2,
    ],
    [
      'an address that changes and changes back',
      [identify(), identify({ plan: 'pro', email: 'new@example.com' }), identify(), identify()],
      {},
      1,
      3,
    ],
    [
      'a user ID that changes and changes back',
      [identify(), event('$identify', { ...ada(), plan: 'pro' }, { distinct_id: 'user_2' }), identify(), identify()],
      {},
      1,
      3,
    ],
    ['an event to send', [purchase({ plan: 'pro' }), purchase({ plan: 'pro' })], {}, 1, 2],
    [
      'a mailing list',
      [
        event('$set', { news: true, ...ada() }),
        event('$set', { news: true, ...ada() }),
        event('$set', { news: false, ...ada() }),
      ],
      { contactMailingLists: 'l1: {event.properties.news}' },
      1,
      2,
    ],
  ])('%s', async (_, events, changes, minutes, requests) => {
    const { clock, app, deliver, sent } = simulate('2024-02', changes)
    for (const [index, one] of events.entries()) {
      deliver(
        { ...one, timestamp: new Date(clock.now()).toISOString() },
        index % 2 === 0 ? undefined : app.startWorker(),
      )
      await clock.run(start + (index + 1) * minutes * MINUTE)
    }
    expect(sent()).toHaveLength(requests)
  })

  function ada() {
    return { $set: { email: 'ada@example.com' } }
  }
})

describe('a user ID that Loops does not know', () => {
  const view = (): CapturedEvent => event('$pageview', {})
  it('is refused once, and asked again after ten minutes', async () => {
    const { clock, app, deliver, sent } = simulate()
    for (const minute of [0, 1, 9, 11]) {
      await clock.run(start + minute * MINUTE)
      deliver(view())
    }
    await clock.run()
    expect(sent().map(([seconds, request]) => [Math.floor(seconds / 60), request])).toEqual([
      [0, 'POST /v1/events/send'],
      [0, 'GET /v1/contacts/find?userId=user_1'],
      [11, 'POST /v1/events/send'],
      [11, 'GET /v1/contacts/find?userId=user_1'],
    ])
    expect(app.logs.map(({ level, message }) => [level, message]).slice(1, 3)).toEqual([
      ['ERROR', 'Error: Loops answered 400 to /v1/events/send: Contact not found.'],
      [
        'LOG',
        'An event is skipped: Loops has just answered that it knows no contact with its user ID. ' +
          'Later events that are skipped for this reason are not logged.',
      ],
    ])
  })

  it('may hold half a surrogate pair', async () => {
    const { clock, app, deliver } = simulate()
    deliver(event('$pageview', {}, { distinct_id: 'x\ud800' }))
    await clock.run()
    expect(app.failures.map(({ failure }) => `${failure.name}: ${failure.message}`)).toEqual([
      'Error: Loops answered 400 to /v1/events/send: Contact not found.',
    ])
  })

  it('is asked again once an event has brought an address', async () => {
    const { clock, api, deliver } = simulate()
    deliver(view())
    await clock.run(start + MINUTE)
    deliver(set({}))
    await clock.run(start + 2 * MINUTE)
    deliver(view())
    await clock.run()
    expect(api.events()).toHaveLength(1)
  })

  it('waits for the event that brings the address, if that one is on its way', async () => {
    const { clock, api, app, faults, deliver } = simulate()
    faults.push(failed)
    deliver(set({}))
    await clock.run(start + 100)
    deliver(view())
    await clock.run()
    expect(api.events()).toHaveLength(1)
    expect(app.failures).toEqual([])
  })

  it('is not blamed for another mistake', async () => {
    const { clock, api, deliver, sent } = simulate('2024-02', { contactMailingLists: 'unknown: true' })
    api.handle({
      method: 'POST',
      path: '/v1/contacts/create',
      headers: { authorization: `Bearer ${apiKey}` },
      body: '{"email":"ada@example.com","userId":"user_1"}',
    })
    deliver(event('$set', {}))
    await clock.run(start + MINUTE)
    deliver(view())
    await clock.run()
    expect(sent().filter(([, request]) => request === 'POST /v1/events/send')).toHaveLength(1)
    expect(api.events()).toHaveLength(1)
  })
})

describe('pacing', () => {
  it.each([
    ['10', 1],
    ['5', 1],
    ['2', 1],
  ])('sends at most %s a second across workers, and drains a burst at that rate', async (requestsPerSecond) => {
    const rate = Number(requestsPerSecond)
    const { clock, api, app, deliver } = simulate('2024-02', { requestsPerSecond, contactEvents: '' })
    const workers = [app.startWorker(), app.startWorker(), app.startWorker()]
    // Their set-up asks Loops too, and is not put off.
    for (const one of [undefined, ...workers]) deliver(event('other', {}), one)
    await clock.run(start + 10_000)
    const burst = Array.from({ length: 40 }, (_, index) =>
      event('purchase', { $set: { email: `p${index}@example.com` } }, { distinct_id: `user_${index}` }),
    )
    burst.forEach((one, index) => {
      deliver(one, workers[index % 3])
    })
    await clock.run()
    const times = api.requests().flatMap(({ at }) => (at > start + 10_000 ? [at] : []))
    const busiest = Math.max(
      ...times.map((time) => times.filter((other) => other >= time && other < time + 1000).length),
    )
    expect(busiest).toBeLessThanOrEqual(rate)
    expect(api.events()).toHaveLength(40)
    expect(Math.max(...times) - start - 10_000).toBeLessThan(((40 * 1.2) / rate) * 1000 + 1000)
    expect(api.requests().filter(({ status }) => status === 429)).toHaveLength(0)
  })
})

describe('helpers may fail, deliveries may not', () => {
  const broken = (): Promise<never> => Promise.reject(new Error('Redis is down'))
  const cache = { get: broken, set: broken, incr: broken, expire: broken, lpush: broken, lrange: broken }

  it.each(['1.30', '2024-02', '2024-11'])('sends when the cache is down, on %s', async (version) => {
    const { clock, api, app, deliver } = simulate(version, {}, { cache })
    deliver(purchase({ plan: 'pro' }))
    deliver(event('$pageview', { $set: { email: 'ada@example.com' } }))
    await clock.run()
    expect(
      api
        .events()
        .map(({ eventName }) => eventName)
        .sort(),
    ).toEqual(['$pageview', 'purchase'])
    expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
    expect(app.failures).toEqual([])
  })

  it('asks the cache again when it refuses for a moment', async () => {
    let calls = 0
    const { clock, api, deliver } = simulate(
      '2024-02',
      {},
      {
        beforeEffect: (_, { kind }) => {
          if (kind === 'cache' && calls++ % 3 !== 0) throw new Error('Redis is busy')
        },
      },
    )
    deliver(set({ plan: 'pro' }))
    await clock.run()
    deliver(set({ plan: 'pro' }))
    await clock.run()
    expect(api.contacts()).toMatchObject([{ plan: 'pro' }])
    expect(api.requests().filter(({ method }) => method === 'PUT')).toHaveLength(1)
  })

  it('lets PostHog record what no job takes', async () => {
    const { clock, app, faults, deliver } = simulate(
      '2024-02',
      {},
      {
        beforeEffect: (_, { kind }) => {
          if (kind === 'jobs') throw new Error('PostgreSQL is down')
        },
      },
    )
    faults.push(failed)
    deliver(purchase())
    await clock.run()
    expect(app.failures.map(({ failure }) => `${failure.name}: ${failure.message}`)).toEqual([
      'RetryError: Loops answered 500 to /v1/events/send: Internal server error.',
    ])
  })

  it('sends at once what no job takes for later', async () => {
    const { clock, api, deliver } = simulate(
      '2024-02',
      { contactEvents: '' },
      {
        beforeEffect: (_, { kind }) => {
          if (kind === 'jobs') throw new Error('PostgreSQL is down')
        },
      },
    )
    for (let index = 0; index < 8; index++)
      deliver(event('purchase', { $set: { email: `p${index}@example.com` } }, { distinct_id: `user_${index}` }))
    await clock.run()
    expect(api.events()).toHaveLength(8)
  })
})
