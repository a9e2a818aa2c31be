import { Random } from '../../../tools/lab/faults/random'
import type { RequestMeasures } from '../../../tools/lab/faults/measures'
import { handOver } from '../../../tools/lab/integration/consumer'
import { makeTraffic } from '../../../tools/lab/faults/traffic'
import { failureReport } from '../../../tools/lab/integration/report'
import { run } from '../../../tools/lab/integration/run'
import type { PhaseResult } from '../../../tools/lab/integration/scenario'
import type { CapturedEvent } from '../../../tools/lib/shapes'

describe('hand-over', () => {
  const options = { kind: 'usual', load: 'burst', events: 300, people: 40, chatter: 0.05 } as const
  const events = makeTraffic(options, Date.now(), new Random('people')).arrivals.map(({ event }) => event)

  /** Processes that end each time after `handled` events, or never. */
  function processesThatEnd(afterHandled: (number | undefined)[]) {
    const received: CapturedEvent[][][] = [[], []]
    const processes = received.map((groups) => ({
      handle: (group: readonly CapturedEvent[], onHandled: () => void) => {
        groups.push([...group])
        const end = afterHandled.shift()
        group.slice(0, end).forEach(onHandled)
        return Promise.resolve(end === undefined)
      },
    }))
    return { processes, received }
  }

  it('gives all events of a person to one process, in their order and ten at once', async () => {
    const { processes, received } = processesThatEnd([])

    await handOver(events, processes, () => undefined)

    const people = received.map((groups) => new Set(groups.flat().map(({ distinct_id }) => distinct_id)))
    expect([...(people[0] ?? [])].filter((person) => people[1]?.has(person))).toEqual([])
    for (const groups of received) {
      expect(groups.flat()).toEqual(events.filter((event) => groups.flat().includes(event)))
      expect(groups.slice(0, -1).every(({ length }) => length === 10)).toBe(true)
    }
    expect(received.flat(2)).toHaveLength(events.length)
  })

  it('delivers all ten again if the process ends before it has handled them', async () => {
    const { processes, received } = processesThatEnd([3, undefined, 10])
    let handled = 0

    await handOver(events, processes, () => {
      handled += 1
    })

    const [[first, second, third, fourth] = []] = received
    expect([second, third]).toEqual([first, first])
    expect(fourth).not.toEqual(first)
    expect(received.flat(2)).toHaveLength(events.length + 20)
    expect(handled).toBe(events.length + 13)
  })
})

describe('report', () => {
  const kept: RequestMeasures = {
    wanted: 9,
    delivered: 9,
    lost: 0,
    duplicated: 0,
    outOfOrder: 0,
    byTwoWorkers: 0,
    requests: 9,
    tooMany: 0,
    drainSeconds: 1,
    slowestSeconds: 1,
  }

  function reportOf(measures: Partial<RequestMeasures>, result: Partial<PhaseResult> = {}): string | undefined {
    return failureReport({
      title: 'kill -9',
      events: 10,
      outcome: { measures: { ...kept, ...measures }, findings: ['lost: event 1 of user_1 (plan)'] },
      counts: { commands: 1, jobs: 1 },
      ended: 1,
      keepsOrder: true,
      failures: [
        'onEvent threw RetryError: no',
        'a process stopped itself: Redis is gone',
        'onEvent threw RetryError: no',
      ],
      drained: true,
      ...result,
    })
  }

  it('allows one lost event for each process that has ended, and for each failure that PostHog shows', () => {
    expect(reportOf({ lost: 3 })).toBeUndefined()
    expect(reportOf({ lost: 4 })).toBe(
      [
        'kill -9: 4 lost with 1 processes ended',
        '  lost: event 1 of user_1 (plan)',
        '  2 times: onEvent threw RetryError: no',
        '  1 times: a process stopped itself: Redis is gone',
      ].join('\n'),
    )
  })

  it('allows nothing twice', () => {
    expect(reportOf({ duplicated: 1 })).toMatch(/^kill -9: 1 twice\n/)
  })

  it('allows nothing out of order, unless Redis has lost its data', () => {
    expect(reportOf({ outOfOrder: 2 })).toMatch(/^kill -9: 2 out of order\n/)
    expect(reportOf({ outOfOrder: 2 }, { keepsOrder: false })).toBeUndefined()
  })

  it('tells of a queue that does not become empty', () => {
    expect(reportOf({}, { drained: false })).toMatch(/^kill -9: the queue did not become empty\n/)
  })
})

describe('command line', () => {
  async function told(...args: string[]): Promise<[code: number, told: string]> {
    let text = ''
    const output = { say: () => undefined, tell: (more: string) => (text += more) }
    return [await run(args, output), text]
  }

  it('refuses what is not a number', async () => {
    expect(await told('--events', '1e3')).toEqual([1, "--events takes a whole number from 1 on, not '1e3'.\n"])
  })
})
