import { VirtualClock } from '../../../tools/lib/clock'
import type { Fault } from '../../../tools/simulators/loops/faults'
import { START, update, send, contact, event, newApi, ann, signup } from './setup'

describe('faults (G6)', () => {
  const html = 'text/html; charset=utf-8'
  const json = 'application/json; charset=utf-8'

  it.each<{ fault: Extract<Fault, { kind: 'status' }>; type: string; body: unknown }>([
    { fault: { kind: 'status', status: 401 }, type: json, body: expect.stringMatching(/^\{"success":false,.*API key/) },
    { fault: { kind: 'status', status: 403 }, type: html, body: expect.stringMatching(/^<html>/) },
    { fault: { kind: 'status', status: 408 }, type: html, body: expect.stringMatching(/^<html>/) },
    { fault: { kind: 'status', status: 500 }, type: json, body: expect.stringMatching(/^\{"success":false,/) },
    { fault: { kind: 'status', status: 502 }, type: html, body: expect.stringMatching(/^<html>/) },
    { fault: { kind: 'status', status: 503 }, type: json, body: expect.stringMatching(/^\{"success":false,/) },
    { fault: { kind: 'status', status: 503, body: 'gone' }, type: html, body: 'gone' },
  ])('$fault', async ({ fault, type, body }) => {
    const api = newApi()
    api.setFault(() => fault)
    const answer = await api.answer(update(ann))
    expect(answer).toEqual({ status: fault.status, headers: { 'content-type': type }, body })
  })

  it.each<{ fault: Fault; status: number | 'dropped'; handled: number | undefined }>([
    { fault: { kind: 'status', status: 429, applied: true }, status: 429, handled: 200 },
    { fault: { kind: 'status', status: 502, applied: true }, status: 502, handled: 200 },
    { fault: { kind: 'status', status: 502, applied: false }, status: 502, handled: undefined },
    { fault: { kind: 'status', status: 502 }, status: 502, handled: undefined },
    { fault: { kind: 'drop', applied: true }, status: 'dropped', handled: 200 },
    { fault: { kind: 'drop', applied: false }, status: 'dropped', handled: undefined },
  ])('takes effect or not: $fault', async ({ fault, status, handled }) => {
    const api = newApi()
    api.setFault(() => fault)
    const answer = await api.answer(update(ann))
    expect(answer === 'dropped' ? answer : answer.status).toBe(status)
    expect(api.contacts()).toEqual(handled === 200 ? [contact({})] : [])
    expect(api.requests()).toMatchObject([{ status, handledStatus: handled }])
  })

  it.each([
    [undefined, 30_000],
    ['answer', 30_000],
    ['arrival', 0],
  ] as const)('a delay passes on the clock, and the request is applied on %s', async (appliedOn, after) => {
    const clock = new VirtualClock(START)
    const api = newApi({}, clock)
    api.setFault(() => ({ kind: 'delay', milliseconds: 30_000, ...(appliedOn && { appliedOn }) }))
    const answered = api.answer(send(signup)).then((answer) => ({ answer, at: clock.now() }))
    await clock.run()
    expect(await answered).toMatchObject({ answer: { status: 200 }, at: START + 30_000 })
    expect(api.events()).toEqual([event({ at: START + after })])
  })

  it('delays let requests overtake each other', async () => {
    const clock = new VirtualClock(START)
    const api = newApi({}, clock)
    api.setFault(({ body }) => (body.includes('slow') ? { kind: 'delay', milliseconds: 8000 } : undefined))
    void api.answer(update({ ...ann, firstName: 'slow' }))
    void api.answer(update({ ...ann, firstName: 'fast' }))
    await clock.run()
    expect(api.contacts()).toEqual([contact({ firstName: 'slow' })])
  })

  it('are chosen by the request and do not touch handle', async () => {
    const api = newApi()
    api.setFault(({ path }) => (path.endsWith('/send') ? { kind: 'drop', applied: false } : undefined))
    expect(await api.answer(update(ann))).toMatchObject({ status: 200 })
    expect(await api.answer(send(signup))).toBe('dropped')
    expect(api.handle(send(signup)).status).toBe(200)
  })
})
