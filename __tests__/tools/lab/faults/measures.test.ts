import { measure, mostInASecond } from '../../../../tools/lab/faults/measures'
import { Receipts } from '../../../../tools/lab/faults/receipts'
import type { ExpectedWrite } from '../../../../tools/lab/faults/traffic'
import type { JsonObject, RequestRecord } from '../../../../tools/simulators/loops/contract'

jest.setTimeout(30_000)

describe('the measures', () => {
  const ada = { email: 'ada@example.com', userId: 'ada' }
  const grace = { email: 'grace@example.com', userId: 'grace' }
  const sold: ExpectedWrite = { number: 0, uuid: 'u0', person: ada, reference: 'order-0', properties: new Map() }
  const older: ExpectedWrite = { number: 1, uuid: 'u1', person: ada, properties: new Map([['plan', 'plan-1'], ['city', 'city-1']]) } // prettier-ignore
  const newer: ExpectedWrite = { number: 2, uuid: 'u2', person: ada, properties: new Map([['plan', 'plan-2']]) }
  const both: ExpectedWrite = { number: 3, uuid: 'u3', person: grace, reference: 'order-3', properties: new Map([['plan', 'plan-3']]) } // prettier-ignore

  const start = Date.UTC(2024, 4, 1)
  const request = (seconds: number, path: string, body: JsonObject, changes: Partial<RequestRecord> = {}) => ({
    at: start + seconds * 1000,
    method: 'POST',
    path: `/api/v1/${path}`,
    headers: {},
    text: JSON.stringify(body),
    body,
    status: 200,
    handledStatus: 200,
    ...changes,
  })
  const update = (seconds: number, body: JsonObject, changes: Partial<RequestRecord> = {}) =>
    request(seconds, 'contacts/update', { ...ada, ...body }, changes)
  const event = (seconds: number, reference: string, changes: Partial<RequestRecord> = {}) =>
    request(seconds, 'events/send', { ...ada, eventName: 'purchase', eventProperties: { reference } }, changes)
  const writesOld = { plan: 'plan-1', city: 'city-1' }
  const writesNew = { plan: 'plan-2' }
  const worker = 'one worker'
  const receiptsOf = (...uuids: string[]) => {
    const receipts = new Receipts()
    uuids.forEach((uuid, place) => {
      receipts.add(uuid, start + place, worker)
    })
    return receipts
  }
  const measured = (writes: ExpectedWrite[], ...requests: RequestRecord[]) =>
    measure({ writes, receipts: receiptsOf(...writes.map(({ uuid }) => uuid)), start }, requests)
  const perfect = { lost: 0, duplicated: 0, outOfOrder: 0, byTwoWorkers: 0, tooMany: 0 }

  it('find nothing wrong where all came once and in order', () => {
    const grace3 = { userId: 'grace', plan: 'plan-3', eventName: 'both', eventProperties: { reference: 'order-3' } }
    expect(
      measured(
        [sold, older, newer, both],
        request(0, 'api-key', {}),
        request(0, 'contacts/properties?list=all', {}),
        event(1, 'order-0'),
        update(2, writesOld),
        update(3, writesNew),
        request(4, 'events/send', grace3),
      ),
    ).toEqual({
      measures: { ...perfect, wanted: 4, delivered: 4, requests: 4, drainSeconds: 4, slowestSeconds: 4 - 0.003 },
      findings: [],
    })
  })

  it.each([
    ['never came', []],
    ['was refused', [event(1, 'order-0', { status: 429, handledStatus: 429 })]],
    ['was dropped before Loops acted', [event(1, 'order-0', { status: 'dropped', handledStatus: undefined })]],
    ['came as another event', [event(1, 'order-9')]],
    [
      'came as a contact update',
      [request(1, 'contacts/update', { ...ada, eventProperties: { reference: 'order-0' } })],
    ],
  ])('count an event as lost that %s', (_, requests) => {
    const { measures, findings } = measured([sold], ...requests)
    expect(measures).toMatchObject({ wanted: 1, delivered: 0, lost: 1, duplicated: 0, drainSeconds: 0 })
    expect(findings).toEqual(['lost: event 0 of ada (order-0)'])
  })

  it('take an event as delivered if Loops acted on it, whatever the app was told', () => {
    const { measures } = measured([sold], event(1, 'order-0', { status: 'dropped' }))
    expect(measures).toMatchObject({ delivered: 1, lost: 0 })
  })

  it('count each further record of an event as duplicated, but not a refused one', () => {
    const refused = event(4, 'order-0', { status: 409, handledStatus: 409 })
    const { measures, findings } = measured(
      [sold],
      event(1, 'order-0'),
      event(2, 'order-0'),
      event(3, 'order-0'),
      refused,
    )
    expect(measures).toMatchObject({ delivered: 1, lost: 0, duplicated: 2, requests: 4, drainSeconds: 1 })
    expect(findings).toEqual(['duplicated: order-0 was recorded 3 times'])
  })

  it('count an update as lost if one of its properties never held its value, nor a newer one', () => {
    expect(measured([older, newer], update(1, writesNew)).measures).toMatchObject({ delivered: 1, lost: 1 })
    expect(measured([older, newer], update(1, writesOld)).measures).toMatchObject({ delivered: 1, lost: 1 })
    expect(measured([both], event(1, 'order-3')).measures).toMatchObject({ delivered: 0, lost: 1 })
  })

  it('do not take what a newer event has overtaken for lost', () => {
    const { measures } = measured([older, newer], update(1, { plan: 'plan-2', city: 'city-1' }))
    expect(measures).toMatchObject({ ...perfect, delivered: 2, requests: 1 })
  })

  it('do not take the value of somebody else for the own', () => {
    const mixedUp = request(1, 'contacts/update', { ...grace, ...writesNew })
    expect(measured([newer, both], mixedUp).measures).toMatchObject({ lost: 2 })
  })

  it('count a property as out of order that ends older than it was', () => {
    const { measures, findings } = measured([older, newer], update(1, writesNew), update(2, writesOld))
    expect(measures).toMatchObject({ delivered: 2, lost: 0, outOfOrder: 1, drainSeconds: 2 })
    expect(findings).toEqual(['out of order: plan of ada ends as 1 after 2 was applied'])
  })

  it('do not count as out of order what was put right, nor what was refused', () => {
    const repaired = [update(1, writesNew), update(2, writesOld), update(3, writesNew)]
    expect(measured([older, newer], ...repaired).measures).toMatchObject({ outOfOrder: 0, drainSeconds: 2 })
    const refused = update(2, writesOld, { status: 500, handledStatus: undefined })
    expect(measured([older, newer], update(1, writesNew), refused).measures).toMatchObject({ outOfOrder: 0, lost: 1 })
  })

  it('go by the order of receipt, whatever the order in which the events happened', () => {
    const receipts = receiptsOf('u2', 'u1')
    const inOrder = [update(1, writesNew), update(2, writesOld)]
    expect(measure({ writes: [older, newer], receipts, start }, inOrder).measures).toMatchObject({ lost: 0, outOfOrder: 0 }) // prettier-ignore
    const reversed = [update(1, writesOld), update(2, writesNew)]
    expect(measure({ writes: [older, newer], receipts, start }, reversed).measures).toMatchObject({ lost: 0, outOfOrder: 1 }) // prettier-ignore
  })

  it('take an event that comes again after a kill for received again', () => {
    const receipts = receiptsOf('u1', 'u2')
    receipts.add('u1', start + 2500, worker)
    const requests = [update(1, writesOld), update(2, writesNew), update(3, writesOld)]
    expect(measure({ writes: [older, newer], receipts, start }, requests).measures).toMatchObject({ outOfOrder: 0 })
    expect(measure({ writes: [older, newer], receipts, start }, requests.slice(0, 2)).measures).toMatchObject({ outOfOrder: 0 }) // prettier-ignore
  })

  it('take a write that another event repeats for received then', () => {
    const repeated = { ...older, repetition: 'u9' }
    const given = { writes: [repeated, newer], receipts: receiptsOf('u1', 'u2', 'u9'), start }
    expect(measure(given, [update(1, writesOld), update(2, writesNew)]).measures).toMatchObject({ outOfOrder: 1 })
    const again = [update(1, writesOld), update(2, writesNew), update(3, writesOld)]
    expect(measure(given, again).measures).toMatchObject({ outOfOrder: 0 })
  })

  it('know no order of two events that two workers got within a millisecond', () => {
    const receipts = new Receipts()
    receipts.add('u1', start + 0.2, worker)
    receipts.add('u2', start + 0.7, 'another worker')
    const given = { writes: [older, newer], receipts, start }
    expect(measure(given, [update(1, writesNew), update(2, writesOld)]).measures).toMatchObject({ lost: 0, outOfOrder: 0 }) // prettier-ignore
    expect(measure(given, [update(1, { ...writesOld, plan: 'plan-2' })]).measures).toMatchObject({ lost: 0 })
  })

  it('count an event as lost that the app never got', () => {
    const given = { writes: [newer], receipts: new Receipts(), start }
    expect(measure(given, []).measures).toMatchObject({ lost: 1 })
  })

  it.each([
    ['has just received the newer one', 'worker 2', 900, { outOfOrder: 0, byTwoWorkers: 1 }],
    ['had received the newer one long before', 'worker 2', 2000, { outOfOrder: 1, byTwoWorkers: 0 }],
    ['is the one that sends', 'worker 1', 900, { outOfOrder: 1, byTwoWorkers: 0 }],
  ])('know that two workers may reverse an order, if the other one %s', (_, newerWorker, sentAt, expected) => {
    const receipts = new Receipts()
    receipts.add('u1', start, 'worker 1')
    receipts.add('u2', start + 1000, newerWorker)
    const headers = { 'x-campaign-worker': 'worker 1', 'x-campaign-time': String(start + sentAt) }
    const requests = [update(2, writesNew), update(3, writesOld, { headers })]
    expect(measure({ writes: [older, newer], receipts, start }, requests).measures).toMatchObject(expected)
  })

  it('tell the longest time from a receipt to Loops, by the event itself or by what came later', () => {
    const slow = measured([sold, older, newer], update(5, writesNew), event(9, 'order-0'), update(20, writesOld))
    // The city of the older one comes last.
    expect(slow.measures.slowestSeconds).toBeCloseTo(20)
    const given = { writes: [sold, newer], receipts: receiptsOf('u0', 'u2'), start, watched: new Set([grace]) }
    expect(measure(given, [event(9, 'order-0')]).measures.slowestSeconds).toBe(0)
    const overtaken = { writes: [newer, { ...both, person: ada }], receipts: receiptsOf('u2', 'u3'), start }
    expect(measure(overtaken, [update(7, { plan: 'plan-3' })]).measures.slowestSeconds).toBeCloseTo(7)
  })

  it('find the busiest second, wherever it begins', () => {
    expect(mostInASecond([])).toBe(0)
    expect(mostInASecond([5000, 900, 0, 1000, 1899, 1900])).toBe(3)
  })

  it('count the answers that there were too many requests, of whatever request', () => {
    const tooMany = { status: 429, handledStatus: 429 }
    const { measures } = measured([sold], request(0, 'api-key', {}, tooMany), event(1, 'order-0', tooMany))
    expect(measures).toMatchObject({ tooMany: 2, requests: 1 })
  })
})
