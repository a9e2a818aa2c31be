import type { Fault } from '../../../tools/simulators/loops/faults'
import type { InstallationOptions } from '../../../tools/simulators/posthog/plugin-server'
import { rowsOf, textOf } from '../../documents/setup'
import { isSetUpRequest } from '../setup'
import { start, simulate, event, set, purchase, failed } from './setup'

/** The rows of the table of answers, each with what the app does with jobs and without. */
const documentedRows = rowsOf(textOf('docs/delivery.md'), 'Loops answers').map(
  ([answer = '', withJobs = '', without = '']) => ({
    answer,
    withJobs,
    without: without.replace('the same', withJobs),
  }),
)

describe('the table of answers in docs/delivery.md', () => {
  const status = (code: 500 | 502 | 503): Fault => ({ kind: 'status', status: code })
  const refusal = (code: number): Partial<InstallationOptions> => ({
    fetch: (url) => {
      const isSetUp = isSetUpRequest({ path: url })
      const answered = { status: isSetUp ? 200 : code, ok: isSetUp, statusText: '', headers: { get: () => '/' } }
      return Promise.resolve({ ...answered, text: () => Promise.resolve('{}'), json: () => Promise.resolve({}) })
    },
  })
  const both = '400 to an email and a user ID'
  const userIdAlone = '400 to a user ID alone'
  const failing = '408, 500, 502, 503, with or without JSON'
  const answers: [row: string, fault: Fault | undefined, options: Partial<InstallationOptions>][] = [
    ['200', undefined, {}],
    ['409 to an event that was sent before', undefined, refusal(409)],
    ['429', { kind: 'status', status: 429 }, {}],
    [failing, undefined, refusal(408)],
    [failing, status(500), {}],
    [failing, status(502), {}],
    [failing, status(503), {}],
    ['a lost connection', { kind: 'drop', applied: false }, {}],
    ['a lost connection', { kind: 'drop', applied: true }, {}],
    ['no answer for 10 seconds', { kind: 'delay', milliseconds: 60_000 }, {}],
    ['401, 403', undefined, refusal(401)],
    ['401, 403', undefined, refusal(403)],
    [both, undefined, refusal(400)],
    [userIdAlone, undefined, refusal(400)],
    ['every other 4xx', undefined, refusal(404)],
    ['every other 4xx', undefined, refusal(418)],
    ['a redirect', undefined, refusal(302)],
  ]

  /** What the app does when Loops gives the same answer again and again. */
  async function reaction(
    version: string,
    answer: string,
    fault: Fault | undefined,
    options: Partial<InstallationOptions>,
  ) {
    const { clock, api, app, deliver } = simulate(version, { contactEvents: '$identify' }, options)
    api.setFault((request) => (isSetUpRequest(request) ? undefined : fault))
    // The requests of set-up take slots of the rate limit.
    deliver(event('other', {}))
    await clock.run(start + 2000)
    deliver(event('purchase', answer === userIdAlone ? {} : { $set: { email: 'ada@example.com' } }))
    await clock.run(start + 27_000)
    if (app.jobs.pending().length > 0) return 'retried later'
    await clock.run()
    const tries = app.requests.filter(({ url }) => url.endsWith('/send')).length
    if (app.jobErrors.length > 0) return `error after ${tries}, the last by a job`
    const [failed] = app.failures.map(({ failure }) => failure.name)
    if (failed === undefined) return 'done'
    return failed === 'Error' ? `error after ${tries}` : `RetryError after ${tries}`
  }
  const told: [cell: RegExp, reaction: string][] = [
    [/^done/, 'done'],
    [/^retried later/, 'retried later'],
    [/^error/, 'error after 1'],
    [/^retried once with the email alone, then error/, 'error after 2'],
    [/^retried once after 5 seconds, then error/, 'error after 2, the last by a job'],
    [/^`RetryError`(, with the warning)?$/, 'RetryError after 1'],
    [/^retried once, then `RetryError`$/, 'RetryError after 2'],
  ]
  const promised = (cell: string): string | undefined => told.find(([pattern]) => pattern.test(cell))?.[1]

  it.each(answers)('%s: %j', async (answer, fault, options) => {
    const row = documentedRows.find((one) => one.answer === answer)
    expect(await reaction('2024-02', answer, fault, options)).toBe(promised(row?.withJobs ?? ''))
    expect(await reaction('2024-11', answer, fault, options)).toBe(promised(row?.without ?? ''))
  })

  it('has no row that is not tested', () => {
    expect(documentedRows.map(({ answer }) => answer)).toEqual([...new Set(answers.map(([row]) => row))])
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
    ['no answer for 10 seconds', { kind: 'delay', milliseconds: 30_000 }, 2],
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

  it("400 to both identifiers: again with the email alone, then Loops' message", async () => {
    const { clock, app, deliver, sent } = simulate('2024-02', { contactMailingLists: 'unknown: true' })
    deliver(set({}))
    await clock.run()
    expect(app.logs.filter(({ level }) => level === 'ERROR').map(({ message }) => message)).toEqual([
      'Error: Loops answered 400 to /v1/contacts/update: mailingLists must hold ids of mailing lists with true or false.',
    ])
    expect(sent().map(([, , body]) => body)).toEqual([
      { mailingLists: { unknown: true }, email: 'ada@example.com', userId: 'user_1' },
      { mailingLists: { unknown: true }, email: 'ada@example.com' },
    ])
    expect(app.jobs.pending()).toEqual([])
  })

  it.each<[string, Fault]>([
    ['a lost connection', { kind: 'drop', applied: true }],
    ['a failing server', failed],
  ])('%s, without jobs: one more try at once', async (_, fault) => {
    const { clock, app, faults, deliver, sent } = simulate('2024-11', { contactEvents: '$identify' })
    faults.push(fault)
    deliver(purchase())
    await clock.run()
    expect(sent()).toHaveLength(2)
    expect(app.failures).toEqual([])
  })
})
