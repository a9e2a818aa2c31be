import type { Verdicts } from '../../tools/playground/contract'
import { LiveEvents } from '../../tools/playground/live-events'
import { question, session, port, ask, post, answer } from './setup'
import type { Answered } from './setup'

jest.setTimeout(60_000)

describe('live events', () => {
  const capture = (body: object, headers: Record<string, string> = {}): Promise<Answered> =>
    ask('/e/', { method: 'POST', headers, body: JSON.stringify(body) })

  test('are taken from any page, and ingested', async () => {
    const captured = await capture(
      { event: 'signed up', properties: { distinct_id: 'user_1', $browser: 'Chrome' } },
      { Host: 'app.example.com', Origin: 'https://app.example.com' },
    )
    expect(captured).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': 'https://app.example.com' },
    })
    expect(session.live.all()).toMatchObject([
      { event: { event: 'signed up', distinct_id: 'user_1', properties: { $set: { $browser: 'Chrome' } } } },
    ])
  })

  test('are told as they happen', async () => {
    await capture({ event: 'before', distinct_id: 'user_1' })
    const response = await fetch(`http://127.0.0.1:${port}/playground/live`)
    await capture({ event: 'after', distinct_id: 'user_1' })
    await post('clear', {})
    const told: string[] = []
    for await (const chunk of response.body ?? []) {
      told.push(Buffer.from(chunk as Uint8Array).toString())
      if (told.join('').includes('event: all\ndata: []')) break
    }
    expect(told.join('').match(/^event: \w+|"event":"\w+"/gm)).toEqual([
      'event: all',
      '"event":"before"',
      'event: captured',
      '"event":"after"',
      'event: all',
    ])
  })

  test('have verdicts, all or the newest alone', async () => {
    await capture({ event: 'purchase', distinct_id: 'user_1' })
    await capture({ event: 'other', distinct_id: 'user_1' })
    const [first, second] = session.live.all().map(({ id }) => id)
    const all = await answer<Verdicts>('verdicts', question)
    expect(all).toEqual({
      recorded: [
        { matched: ['Events to send'] },
        {
          matched: ['Events to send'],
          skipped: 'it has no email, and its distinct_id "guest" is shared by many people',
        },
      ],
      live: [
        { id: first, verdict: { matched: ['Events to send'] } },
        { id: second, verdict: { matched: [] } },
      ],
    })
    expect(await answer('verdicts', { ...question, after: first })).toEqual({ recorded: [], live: all.live.slice(1) })
  })

  test('are the last 500, and of large ones fewer', () => {
    const live = new LiveEvents()
    for (let place = 1; place <= 502; place++) live.capture({ event: `e${place}`, distinct_id: 'a' })
    expect(live.all().map(({ event: { event: name } }) => name)).toEqual(
      Array.from({ length: 500 }, (_, place) => `e${place + 3}`),
    )
    const large = { event: 'large', distinct_id: 'a', properties: { note: 'x'.repeat(12 * 1024 * 1024) } }
    for (let place = 0; place < 4; place++) live.capture(large)
    expect(live.all()).toHaveLength(2)
  })
})
