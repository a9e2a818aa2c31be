import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { appDirectory } from '../../../tools/lib/app-files'
import { countEvents } from '../../../tools/lab/bench/counts'
import type { EventCounts } from '../../../tools/lab/bench/counts'
import { directVerdicts, readableDirect, readableSteps } from '../../../tools/lab/bench/direct-report'
import type { DirectResults } from '../../../tools/lab/bench/direct-report'
import { measureProcessorTimes } from '../../../tools/lab/bench/processor-time'
import type { ProcessorTimes } from '../../../tools/lab/bench/processor-time'
import { BenchServer } from '../../../tools/lab/bench/server-host'

const builtApp = readFileSync(join(appDirectory, 'dist/index.js'), 'utf8')

describe('the counting', () => {
  const app = `
    import fetch from 'node-fetch'
    const inner = async (cache) => { await cache.incr('a') }
    export async function onEvent(event, { cache, jobs }) {
      await Promise.all([inner(cache), cache.get('b', null)])
      await fetch('https://app.loops.so/api')
      cache.lpush('c', 'd').catch(() => undefined)
      return jobs.later({}).runNow().then(() => undefined)
    }
  `

  it('notes each await, each then and each request to the server in order, and not the guard of the hook', async () => {
    const server = new BenchServer(app, {})
    await server.app.onEvent({})
    await server.settle()
    expect(server.steps.map(({ kind, text }) => `${kind} ${text}`.trim())).toEqual([
      'cache incr a',
      'await',
      'cache get b',
      'await',
      'fetch https://app.loops.so/api',
      'await',
      'cache lpush c',
      'job later',
      'await',
    ])
    expect(server.jobs).toHaveLength(1)
    server.clear()
    expect(server.steps).toEqual([])
  })

  it('refuses an app that sends nothing', async () => {
    await expect(countEvents('export function onEvent() {}')).rejects.toThrow(
      'The event does not go directly: contact update, both identifiers.',
    )
  })
})

describe('the app', () => {
  let counted: EventCounts[] = []
  beforeAll(async () => {
    counted = await countEvents(builtApp)
  }, 120_000)

  it.each([
    ['directly', 'later', 4, 8],
    ['directly', 'first', 3, 10],
    ['by a job', 'later', 6, 14],
    ['by a job', 'first', 5, 15],
  ] as const)('takes, for an event delivered %s, %s of its contact, at most %d awaits and %d commands', (...line) => {
    const [delivered, contact, awaits, commands] = line
    const counts = counted.filter((one) => one.isSent && one.delivered === delivered && one.contact === contact)
    expect(Math.max(...counts.map((one) => one.awaits.most))).toBe(awaits)
    expect(Math.max(...counts.map((one) => one.commands.most))).toBe(commands)
  })

  it('awaits nothing and asks the cache nothing for an event that is not sent', () => {
    const unsent = counted.filter(({ isSent }) => !isSent)
    expect(unsent.length).toBeGreaterThan(2)
    expect(unsent.flatMap(({ steps }) => steps)).toEqual([])
  })
})

describe('the processor time', () => {
  it('is measured for each kind of event, an empty app, a plain app and one await', async () => {
    const { kinds, ...others } = await measureProcessorTimes(builtApp, { rounds: 1, batch: 2 })
    expect(Object.keys(others)).toEqual(['empty', 'plain', 'guardedAwait'])
    expect(kinds).toHaveLength(8)
    expect([others.empty, others.plain, ...kinds.map(({ microseconds }) => microseconds)].every((one) => one > 0)).toBe(
      true,
    )
  }, 120_000)

  it('is not taken of an app that sends nothing', async () => {
    const measured = measureProcessorTimes('export function onEvent() {}', { rounds: 1, batch: 2 })
    await expect(measured).rejects.toThrow('The app made 0 requests for 2 events, not 1 for each.')
  })
})

describe('the verdict on direct', () => {
  const line = { contact: 'first', steps: [{ kind: 'cache', text: 'get backlog' }] } as const
  const counts: EventCounts[] = [
    { ...line, kind: 'unwanted', isSent: false, delivered: 'directly', ...figures(0, 0) },
    { ...line, kind: 'event', isSent: true, delivered: 'directly', ...figures(4, 11) },
    { ...line, kind: 'event', isSent: true, delivered: 'by a job', ...figures(8, 14) },
  ]
  const results: DirectResults = { counts, inVm: processorTimes(13, 90), withNetwork: processorTimes(14, 101) }

  function figures(awaits: number, commands: number): Pick<EventCounts, 'awaits' | 'commands'> {
    return { awaits: { least: 0, most: awaits }, commands: { least: 3, most: commands } }
  }

  function processorTimes(unwanted: number, sent: number): ProcessorTimes {
    const kinds = [
      { name: 'unwanted', isSent: false, microseconds: unwanted },
      { name: 'event', isSent: true, microseconds: sent },
    ]
    return { empty: 10, plain: 50, guardedAwait: 5, kinds }
  }

  it('is met at the target and missed beyond', () => {
    expect(directVerdicts(results).map(({ target, isMet }) => [target, isMet])).toEqual([
      ['guarded awaits, not sent', true],
      ['guarded awaits, sent directly', true],
      ['guarded awaits, sent by a job', false],
      ['cache commands, sent directly', false],
      ['cache commands, sent by a job', true],
      ['processor time: unwanted event / empty app', true],
      ['processor time: sent event / plain app', false],
    ])
  })

  it('is printed with the counts, the times and the steps', () => {
    const lines = readableDirect(results).split('\n')
    expect(lines.find((one) => one.startsWith('event ') && one.includes('by a job'))).toMatch(/0-8 +3-14 *$/)
    expect(lines.find((one) => /^event +90/.test(one))).toMatch(/90.0 µs +9.00x +1.80x +101 µs +2.02x *$/)
    expect(readableSteps(counts)).toContain('event, first of its contact, by a job:\n  cache get backlog')
  })
})
