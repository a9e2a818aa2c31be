import { ingest } from '../../../tools/simulators/posthog/events'

describe('ingestion', () => {
  it('makes the event that an app receives from a raw event', () => {
    const captured = ingest(
      {
        event: '$pageview',
        properties: { distinct_id: 12, utm_source: 'x', $os: 'Linux', $set: { a: 1, b: 1 }, $set_once: { c: 1 } },
        $set: { b: 2 },
        $set_once: { d: 1 },
        timestamp: '2024-05-01T12:00:00+02:00',
      },
      { teamId: 3, newUuid: () => 'new' },
    )
    expect(captured).toEqual({
      uuid: 'new',
      event: '$pageview',
      distinct_id: '12',
      team_id: 3,
      properties: {
        distinct_id: 12,
        utm_source: 'x',
        $os: 'Linux',
        $set: { utm_source: 'x', $os: 'Linux', a: 1, b: 2 },
        $set_once: { $initial_utm_source: 'x', $initial_os: 'Linux', c: 1, d: 1 },
      },
      timestamp: '2024-05-01T10:00:00.000Z',
    })
  })

  it('leaves a server event alone but for what is missing', () => {
    const raw = { event: 'paid', distinct_id: 'ada', uuid: 'given', offset: 2000 }
    expect(ingest(raw, { now: Date.UTC(2024, 0, 1) })).toEqual({
      uuid: 'given',
      event: 'paid',
      distinct_id: 'ada',
      team_id: 1,
      properties: {},
      timestamp: '2023-12-31T23:59:58.000Z',
    })
    expect(() => ingest({ event: 'paid' })).toThrow("The event 'paid' has no distinct_id.")
  })
})
