import type { LoopsState, Result } from '../../tools/playground/contract'
import { apiKey } from '../app/setup'
import { event, settings, question, sentToLoops, session, ask, post, answer } from './setup'

jest.setTimeout(60_000)

describe('an event that is sent', () => {
  const send = { ...question, event, to: 'simulator' }

  test('reaches the simulator with any key, once', async () => {
    const first = await answer<Result>('send', send)
    expect(first.requests[0]?.answer).toEqual({ status: 200, body: '{"success":true}' })
    expect(first.errors).toEqual([])
    expect(first.logs).toEqual(['LOG Connected to Loops: the API key belongs to the team "Company name".'])

    const state = JSON.parse((await ask('/playground/loops')).body) as LoopsState
    expect(state.contacts).toMatchObject([{ email: 'ada@example.com', userId: 'user_1' }])
    expect(state.events).toEqual([
      { eventName: 'purchase', email: 'ada@example.com', eventProperties: { total: 49.5 } },
    ])

    const identify = { ...send, event: { ...event, event: '$identify', uuid: '018f0000-0000-7000-8000-000000000002' } }
    await answer('send', identify)
    const again = await answer<Result>('send', { ...identify, event: { ...identify.event, uuid: 'another' } })
    expect(again).toMatchObject({
      requests: [],
      reason: 'The event is skipped: Loops has accepted the same update of its contact within ten minutes.',
    })
  })

  test.each<[string, object, object, string]>([
    [
      'its uuid was sent before',
      { properties: { ...event.properties, total: 50 } },
      {},
      'An event with this uuid was sent before, and Loops accepts each once: change or remove "uuid" to send it again.',
    ],
    [
      'Loops takes its uuid once',
      { properties: { ...event.properties, total: 50 } },
      { excludedEmails: 'example.org' },
      'An event with this uuid was sent before, and Loops accepts each once: change or remove "uuid" to send it again.',
    ],
  ])('has a reason if %s', async (_name, changes, changedSettings, reason) => {
    await answer('send', send)
    const again = { ...send, event: { ...event, ...changes }, settings: { ...settings, ...changedSettings } }
    expect((await answer<Result>('send', again)).reason).toBe(reason)
  })

  test('has a reason if Loops knows no contact with its user ID', async () => {
    const ofStranger = (uuid: string) => ({ ...send, event: { ...event, uuid, properties: {} } })
    const results = []
    for (const uuid of ['a', 'b', 'c']) results.push(await answer<Result>('send', ofStranger(uuid)))
    const skipped = 'The event is skipped: Loops has just answered that it knows no contact with its user ID.'
    expect(results.map(({ reason }) => reason)).toEqual([undefined, skipped, skipped])
    expect(results.at(-1)?.verdict).toEqual({ matched: ['Events to send'] })
  })

  test('tells that it waits for its slot of the rate limit', async () => {
    const slowly = { ...send, settings: { ...settings, requestsPerSecond: '0.1' } }
    const another = { ...event, uuid: '018f0000-0000-7000-8000-000000000003' }
    const results = [await answer<Result>('send', slowly), await answer<Result>('send', { ...slowly, event: another })]
    expect(results.at(-1)).toMatchObject({
      requests: [],
      errors: [expect.stringMatching(/^The event waits in PostHog's job queue: next try in \d\d seconds\.$/)],
    })
  })

  test('tells what Loops rejects, with the second try five seconds later', async () => {
    const result = await answer<Result>('send', { ...send, event: { ...event, properties: {} } })
    expect(result.requests.map((request) => request.answer?.status)).toEqual([400, 400])
    expect(result.errors).toEqual([expect.stringMatching(/^Error: Loops answered 400 to \/v1\/events\/send/)])
  })

  test('joins the mailing lists of the settings', async () => {
    const eventMailingLists = 'cm9a5z0hz00fz0ml8d3k2p1qr: true'
    const result = await answer<Result>('send', { ...send, settings: { ...settings, eventMailingLists } })
    expect(result.requests[0]?.answer).toMatchObject({ status: 200 })
    expect(session.simulator.state().lists.at(-1)).toEqual({
      id: 'cm9a5z0hz00fz0ml8d3k2p1qr',
      name: 'From your settings',
      members: ['ada@example.com'],
    })
  })

  test('does not leave the app if its settings are wrong, or say dry run', async () => {
    const wrong = await answer<Result>('send', { ...send, settings: { ...settings, email: 'x' } })
    expect(wrong).toMatchObject({ requests: [], errors: [expect.stringMatching(/^Loops settings: Email of the user/)] })
    const dry = await answer<Result>('send', { ...send, settings: { ...settings, dryRun: 'Yes' } })
    expect(dry.reason).toBe('The app only logs the request, since its own setting "Dry run" is on.')
    expect(session.simulator.state().contacts).toEqual([])
  })

  test('reaches the real Loops with the key, once that is confirmed, and no answer holds the key', async () => {
    const { body } = await post('send', { ...send, to: 'loops', confirmed: true })
    expect(sentToLoops).toContainEqual(['https://app.loops.so/api/v1/events/send', `Bearer ${apiKey}`])
    expect(body).toContain('Hello ••••••••')
    expect(body).not.toContain(apiKey)
    expect(session.simulator.state().contacts).toEqual([])
  })
})
