import { measure, mostInASecond } from '../../../../tools/lab/faults/measures'
import type { RequestMeasures, RunRecord } from '../../../../tools/lab/faults/measures'
import { Receipts } from '../../../../tools/lab/faults/receipts'
import type { ExpectedWrite } from '../../../../tools/lab/faults/traffic'
import type { JsonObject, RequestRecord } from '../../../../tools/simulators/loops/contract'

const start = Date.UTC(2024, 4, 1)
const ada = { email: 'ada@example.com', userId: 'ada' }
const grace = { email: 'grace@example.com', userId: 'grace' }
const writeOf = (number: number, properties: Record<string, string>, others: Partial<ExpectedWrite> = {}) => ({
  ...{ number, uuid: `u${number}`, person: ada, properties: new Map(Object.entries(properties)) },
  ...others,
})
const sold = writeOf(0, {}, { reference: 'order-0' })
const older = writeOf(1, { plan: 'plan-1', city: 'city-1' })
const newer = writeOf(2, { plan: 'plan-2' })
const both = writeOf(3, { plan: 'plan-3' }, { person: grace, reference: 'order-3' })

const request = (seconds: number, path: string, body: JsonObject, changes: Partial<RequestRecord> = {}) => ({
  ...{ at: start + seconds * 1000, method: 'POST', path: `/api/v1/${path}`, headers: {}, text: '' },
  ...{ body, status: 200, handledStatus: 200, ...changes },
})
const update = (seconds: number, body: JsonObject, changes: Partial<RequestRecord> = {}) =>
  request(seconds, 'contacts/update', { ...ada, ...body }, changes)
const event = (seconds: number, reference: string, changes: Partial<RequestRecord> = {}) =>
  request(seconds, 'events/send', { ...ada, eventName: 'purchase', eventProperties: { reference } }, changes)
const writesOld = { plan: 'plan-1', city: 'city-1' }
const writesNew = { plan: 'plan-2' }

/** Hand-overs in their order: the event, when (milliseconds after the start), and to whom. */
type HandOver = readonly [uuid: string, at: number, worker?: string]

function measured(writes: ExpectedWrite[], requests: RequestRecord[], handOvers?: HandOver[], others = {}) {
  const receipts = new Receipts()
  const inOrder: readonly HandOver[] = handOvers ?? writes.map(({ uuid }, place) => [uuid, place])
  for (const [uuid, at, worker = 'worker 1'] of inOrder) receipts.add(uuid, start + at, worker)
  const record: RunRecord = { writes, receipts, start, ...others }
  return measure(record, requests)
}

type Row = [rule: string, ExpectedWrite[], RequestRecord[], Partial<RequestMeasures>, HandOver[]?]

const dropped = { status: 'dropped', handledStatus: undefined } as const
const sentBy1 = (at: number) => ({
  headers: { 'x-campaign-worker': 'worker 1', 'x-campaign-time': String(start + at) },
})
const reversed = (at: number) => [update(2, writesNew), update(3, writesOld, sentBy1(at))]

describe('the measures', () => {
  it.each<Row>([
    ['an event that came as another one is lost', [sold], [event(1, 'order-9')], { lost: 1, delivered: 0 }],
    [
      'an event that came as an update is lost',
      [sold],
      [update(1, { eventProperties: { reference: 'order-0' } })],
      { lost: 1 },
    ],
    ['an event that Loops has not acted on is lost', [sold], [event(1, 'order-0', dropped)], { lost: 1 }],
    [
      'an event that Loops has acted on is delivered, whatever the app was told',
      [sold],
      [event(1, 'order-0', { status: 'dropped' })],
      { lost: 0, delivered: 1 },
    ],
    [
      'an event is duplicated by each further record, not by a rejected one',
      [sold],
      [event(1, 'order-0'), event(2, 'order-0'), event(3, 'order-0', { status: 409, handledStatus: 409 })],
      { lost: 0, duplicated: 1, requests: 3, drainSeconds: 1 },
    ],
    ['an update is lost if one of its values never came', [older], [update(1, { plan: 'plan-1' })], { lost: 1 }],
    ['an update is not lost if a newer value came instead', [older, newer], [update(1, { ...writesOld, ...writesNew })], { lost: 0 }], // prettier-ignore
    ['an update is lost if its value came for somebody else', [newer], [update(1, { ...grace, ...writesNew })], { lost: 1 }], // prettier-ignore
    ['an update is lost if only its event came', [both], [event(1, 'order-3', { body: { ...grace, eventName: 'a', eventProperties: { reference: 'order-3' } } })], { lost: 1 }], // prettier-ignore
    ['an event is lost that the app never got', [newer], [], { lost: 1 }, []],
    [
      'a property that ends older than it was is out of order',
      [older, newer],
      [update(1, writesNew), update(2, writesOld)],
      { lost: 0, outOfOrder: 1, drainSeconds: 2 },
    ],
    [
      'a property that was corrected is in order',
      [older, newer],
      [update(1, writesNew), update(2, writesOld), update(3, writesNew)],
      { outOfOrder: 0, drainSeconds: 2 },
    ],
    [
      'the order is that of receipt, not that in which the events happened',
      [older, newer],
      [update(1, writesOld), update(2, writesNew)],
      { lost: 0, outOfOrder: 1 },
      [
        ['u2', 0],
        ['u1', 1],
      ],
    ],
    [
      'an event that comes again after a kill is received again',
      [older, newer],
      [update(1, writesOld), update(2, writesNew), update(3, writesOld)],
      { outOfOrder: 0 },
      [
        ['u1', 0],
        ['u2', 1],
        ['u1', 2500],
      ],
    ],
    [
      'a write that another event repeats is received then',
      [{ ...older, repetition: 'u9' }, newer],
      [update(1, writesOld), update(2, writesNew)],
      { outOfOrder: 1 },
      [
        ['u1', 0],
        ['u2', 1],
        ['u9', 2],
      ],
    ],
    [
      'two workers have no order within a millisecond',
      [older, newer],
      [update(1, writesNew), update(2, writesOld)],
      { outOfOrder: 0 },
      [
        ['u1', 0.2],
        ['u2', 0.7, 'worker 2'],
      ],
    ],
    ...(
      [
        ['has just received the newer one', 'worker 2', 900, { outOfOrder: 0, byTwoWorkers: 1 }],
        ['had received the newer one long before', 'worker 2', 2000, { outOfOrder: 1, byTwoWorkers: 0 }],
        ['is the one that sends', 'worker 1', 900, { outOfOrder: 1, byTwoWorkers: 0 }],
      ] as const
    ).map(([rule, worker, sentAt, measures]): Row => [
      `another worker may reverse the order if it ${rule}`,
      [older, newer],
      reversed(sentAt),
      measures,
      [
        ['u1', 0],
        ['u2', 1000, worker],
      ],
    ]),
  ])('%s', (_, writes, requests, measures, ...[handOvers]) => {
    expect(measured(writes, requests, handOvers).measures).toMatchObject(measures)
  })

  it('tell the longest time from a receipt to Loops, by the event itself or by what came later', () => {
    const seconds = (...run: Parameters<typeof measured>) => measured(...run).measures.slowestSeconds
    const requests = [update(5, writesNew), event(9, 'order-0'), update(20, writesOld)]
    // The city of the older one comes last.
    expect(seconds([sold, older, newer], requests)).toBeCloseTo(20)
    expect(seconds([newer, { ...both, person: ada }], [update(7, { plan: 'plan-3' })])).toBeCloseTo(7)
    expect(seconds([sold], [event(9, 'order-0')], undefined, { watched: new Set([grace]) })).toBe(0)
  })

  it('find the busiest second, wherever it begins', () => {
    expect(mostInASecond([])).toBe(0)
    expect(mostInASecond([5000, 900, 0, 1000, 1899, 1900])).toBe(3)
  })
})
