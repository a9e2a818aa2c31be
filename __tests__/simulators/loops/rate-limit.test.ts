import { VirtualClock } from '../../../tools/lib/clock'
import { LoopsApi } from '../../../tools/simulators/loops/loops-api'
import { START, request, get, update, newApi, ann } from './setup'

describe('the rate limit (G3)', () => {
  const limited = (clock: VirtualClock) => newApi({ requestsPerSecond: 2 }, clock)
  const exceeded = {
    status: 429,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '0',
    },
    body: '{"success":false,"message":"Rate limit exceeded."}',
  }

  it('counts all endpoints together and changes nothing beyond the limit', () => {
    const api = limited(new VirtualClock())
    const remaining = [get('/lists'), update({})].map((each) => api.handle(each).headers['x-ratelimit-remaining'])
    expect(remaining).toEqual(['1', '0'])
    expect(api.handle(update(ann))).toEqual(exceeded)
    expect(api.contacts()).toEqual([])
  })

  it.each([
    { after: 999, statuses: [429, 429] },
    { after: 1000, statuses: [200, 429] },
    { after: 1500, statuses: [200, 200] },
  ])('slides: $after ms after the first request', async ({ after, statuses }) => {
    const clock = new VirtualClock(START)
    const api = limited(clock)
    api.handle(get('/lists'))
    await clock.run(START + 500)
    api.handle(get('/lists'))
    await clock.run(START + after)
    expect([api.handle(get('/lists')).status, api.handle(get('/lists')).status]).toEqual(statuses)
  })

  it.each([
    { what: 'unknown key', each: { ...get('/lists'), headers: {} }, status: 401 },
    { what: 'wrong method', each: request('POST', '/v1/lists'), status: 405 },
    { what: 'unknown path', each: get('/nothing'), status: 404 },
  ])('is told with, but not used up by: $what', ({ each, status }) => {
    const { status: answered, headers } = limited(new VirtualClock()).handle(each)
    expect(answered).toBe(status)
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '2' })
    expect(headers).not.toHaveProperty('retry-after')
  })

  it('is not used up by what it rejects', async () => {
    const clock = new VirtualClock(START)
    const api = limited(clock)
    for (const wanted of [200, 200, 429, 429]) expect(api.handle(get('/lists')).status).toBe(wanted)
    await clock.run(START + 1000)
    expect(api.handle(get('/lists')).headers['x-ratelimit-remaining']).toBe('1')
  })

  it('is 10 unless told', () => {
    const api = new LoopsApi({ clock: new VirtualClock() })
    const statuses = Array.from({ length: 11 }, () => api.handle(get('/lists')).status)
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429])
  })

  it('looks the same when it is a fault', async () => {
    const api = limited(new VirtualClock())
    api.setFault(() => ({ kind: 'status', status: 429 }))
    expect(await api.answer(update(ann))).toEqual(exceeded)
    api.setFault(() => undefined)
    expect(await api.answer(get('/lists'))).toMatchObject({ headers: { 'x-ratelimit-remaining': '1' } })
  })
})
