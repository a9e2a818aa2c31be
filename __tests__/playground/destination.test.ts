import { TODAY } from '../../tools/playground/contract'
import type { DestinationSettings, LoopsState, Problem, Result, Start, Verdicts } from '../../tools/playground/contract'
import { destinationStart } from '../../destination/from-settings/form'
import { apiKey } from '../app/setup'
import { answer, anonymous, ask, event, post, sentToLoops, settings } from './setup'

jest.setTimeout(60_000)

/** The destination with the key, and with changes to what sends events. */
function destinationWith(changes: Partial<DestinationSettings['mappings'][number]>): DestinationSettings {
  const { inputs, mappings } = destinationStart().settings
  const [update, send] = mappings
  if (update === undefined || send === undefined) throw new Error('The destination has two mappings')
  const mapping = { ...send, events: ['purchase'], ...changes }
  return {
    inputs: { ...inputs, apiKey, maxEventAge: '' },
    mappings: [update, { ...mapping, inputs: { ...send.inputs, ...changes.inputs } }],
  }
}

const rows = { eventProperties: { total: '{event.properties.total}' } }
const question = { settings: {}, server: TODAY, destination: destinationWith({ inputs: rows }) }

function withMapping(changes: Partial<DestinationSettings['mappings'][number]>) {
  return { ...question, destination: destinationWith({ inputs: rows, ...changes }), event }
}

const purchase = {
  mapping: 'Send events',
  method: 'POST',
  url: 'https://app.loops.so/api/v1/events/send',
  headers: {
    Authorization: 'Bearer ••••••••',
    'Content-Type': 'application/json',
    'Idempotency-Key': `${event.uuid}-72d3353cfa20657b`,
  },
  body: '{"eventName":"purchase","eventProperties":{"total":49.5},"email":"ada@example.com","userId":"user_1"}',
}

describe('the destination', () => {
  test('shows its form as destination.json declares it, without a key', async () => {
    const { destination } = JSON.parse((await ask('/playground/start')).body) as Start
    expect(destination.fields.map(({ key }) => key)[0]).toBe('apiKey')
    expect(destination.settings.inputs).not.toHaveProperty('apiKey')
    expect(destination.settings.mappings.map(({ name, events }) => [name, events])).toEqual([
      ['Update contacts', ['$identify', '$set']],
      ['Send events', ['$pageview']],
    ])
  })

  test('makes both kinds of request', async () => {
    expect(await answer<Result>('mocked', { ...question, event })).toEqual({
      verdict: { matched: ['Events to send'] },
      requests: [purchase],
      missing: [],
      warnings: [],
      errors: [],
      logs: [],
    })
    const identify = {
      ...event,
      event: '$identify',
      properties: { $set: { email: 'ada@example.com', firstname: 'Ada' } },
    }
    const { verdict, requests } = await answer<Result>('mocked', { ...question, event: identify })
    expect(verdict).toEqual({ matched: ['Update contacts'] })
    expect(requests).toMatchObject([
      {
        mapping: 'Update contacts',
        method: 'PUT',
        url: 'https://app.loops.so/api/v1/contacts/update',
        body: '{"firstName":"Ada","email":"ada@example.com","userId":"user_1"}',
      },
    ])
  })

  test('reaches the simulator, and shows the answer', async () => {
    const first = await answer<Result>('send', { ...question, event, to: 'simulator' })
    expect(first.requests).toEqual([{ ...purchase, answer: { status: 200, body: '{"success":true}' } }])
    const again = await answer<Result>('send', { ...question, event, to: 'simulator' })
    expect(again.requests[0]?.answer).toMatchObject({ status: 409 })
    expect(again.logs).toEqual([
      'ERROR HTTP fetch failed on attempt 1 with status code 409.',
      'INFO Loops has this event already.',
    ])
    const state = JSON.parse((await ask('/playground/loops')).body) as LoopsState
    expect(state.events).toHaveLength(1)
  })

  test('warns in its log of a contact property that Loops lacks, until Loops has it', async () => {
    const [update, send] = destinationStart().settings.mappings
    const destination = {
      inputs: destinationWith({}).inputs,
      mappings: [
        { ...update, inputs: { ...update?.inputs, contactProperties: { plan: '{person.properties.plan}' } } },
        send,
      ],
    }
    const logsOf = async (uuid: string) => {
      const identify = { ...event, uuid, event: '$identify' }
      return (await answer<Result>('send', { ...question, destination, event: identify, to: 'simulator' })).logs
    }
    expect(await logsOf('1')).toEqual([
      expect.stringMatching(/^WARN The settings name .* lacks: contact property "plan"\./),
    ])
    expect(await logsOf('2')).toEqual([])
  })

  test('shows the refusal of Loops as its error', async () => {
    const stranger = { ...event, distinct_id: 'stranger', properties: { total: 1 } }
    const result = await answer<Result>('send', { ...question, event: stranger, to: 'simulator' })
    expect(result.requests[0]?.answer).toMatchObject({ status: 400 })
    expect(result.errors).toEqual([expect.stringMatching(/^Send events: Loops answered 400: /)])
  })

  test.each<[string, object, string]>([
    [
      'no mapping names it',
      { ...question, event: { ...event, event: 'other' } },
      'The event matches no setting: no mapping has its name.',
    ],
    [
      'its name differs in capitals',
      { ...question, event: { ...event, event: 'Purchase' } },
      'The event matches no setting: "Purchase" differs from "purchase" only in capitals.',
    ],
    [
      'a filter does not match',
      withMapping({ filters: [{ key: 'total', operator: 'gt', value: 100, type: 'event' }] }),
      'The event matches no setting: filter 1 does not match: total is 49.5, not > 100.',
    ],
    [
      'nobody is known',
      { ...question, event: anonymous },
      'Nothing is sent: the event has no email, and its distinct_id "guest" is shared by many people.',
    ],
  ])('has a reason if %s', async (_name, body, reason) => {
    const result = await answer<Result>('mocked', body)
    expect({ requests: result.requests, reason: result.reason }).toEqual({ requests: [], reason })
  })

  test('fills in what PostHog gives besides the event', async () => {
    const eventProperties = { by: '{project.name}, {source.name}', group: '{groups.company.properties.name}' }
    const { requests, errors } = await answer<Result>('mocked', withMapping({ inputs: { eventProperties } }))
    expect(errors).toEqual([])
    expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({
      eventProperties: { by: 'Default project, Loops: contacts and events' },
    })
  })

  test('has a verdict for each event of the list', async () => {
    expect(await answer<Verdicts>('verdicts', question)).toEqual({
      recorded: [
        { matched: ['Events to send'] },
        {
          matched: ['Events to send'],
          skipped: 'Nothing is sent: the event has no email, and its distinct_id "guest" is shared by many people.',
        },
      ],
      live: [],
    })
  })

  test('refuses what is no Hog at its input', async () => {
    const destination = destinationWith({ inputs: { eventProperties: { total: '{event.}' } } })
    const problems = await answer<Problem[]>('settings', { ...question, destination })
    expect(problems).toMatchObject([{ key: '1.eventProperties' }])
    expect(problems[0]?.sentence).toMatch(/ is not a placeholder: write \{event\.properties\.NAME\}/)
  })

  test('refuses mappings that are all without events, which PostHog would run for every event', async () => {
    const { inputs, mappings } = question.destination
    const destination = { inputs, mappings: mappings.map((mapping) => ({ ...mapping, events: [] })) }
    const sentence = 'No mapping has an event, so nothing would be sent. Add an event to a mapping.'
    expect(await answer<Problem[]>('settings', { ...question, destination })).toEqual([{ key: null, sentence }])
    for (const path of ['mocked', 'send']) {
      expect(await answer<Result>(path, { ...question, destination, event, to: 'simulator' })).toMatchObject({
        requests: [],
        reason: 'The destination is off until its form is fixed.',
        problems: [{ key: null, sentence }],
      })
    }
  })

  test('is never sent to the real Loops unconfirmed, and with the key only', async () => {
    expect(await post('send', { ...question, event, to: 'loops' })).toMatchObject({ status: 403 })
    const { body } = await post('send', { ...question, event, to: 'loops', confirmed: true })
    expect(sentToLoops).toEqual([['https://app.loops.so/api/v1/events/send', `Bearer ${apiKey}`]])
    expect(body).not.toContain(apiKey)
  })

  test('says what is mapped and not in the event', async () => {
    const more = { eventProperties: { total: '{event.properties.total}', plan: '{event.properties.plan}' } }
    expect((await answer<Result>('mocked', withMapping({ inputs: more }))).missing).toEqual(['plan'])
  })

  test('suggests the mailing lists of the simulator, and those of the account with its key and a confirmation', async () => {
    const ids = ['cm06f5v0e45nf0ml5754o9cix', 'cm16k73gq014h0mmj5b6jdi9r']
    const lists = await answer<{ id: string }[]>('lists', { ...question, to: 'simulator' })
    expect(lists.map(({ id }) => id)).toEqual(ids)
    expect(await post('lists', { ...question, to: 'loops' })).toMatchObject({ status: 403 })
    await answer('lists', { ...question, to: 'loops', confirmed: true })
    expect(sentToLoops).toEqual([['https://app.loops.so/api/v1/lists', `Bearer ${apiKey}`]])
  })

  test('takes settings of the app, refuses those that it cannot have, and gives its own back without the key', async () => {
    const { apiKey: _, ...config } = settings
    const form = await answer<DestinationSettings>('destination-form', { name: 'a.json', text: JSON.stringify(config) })
    expect(form.mappings.map(({ name, events }) => [name, events])).toEqual([
      ['Update contacts', ['$identify']],
      ['Send events', ['purchase']],
    ])
    expect(form.mappings[1]?.inputs.eventProperties).toEqual({ total: '{event.properties.total}' })
    const kept = await answer<DestinationSettings>('destination-form', { text: JSON.stringify(question.destination) })
    expect(kept).toEqual({ ...question.destination, inputs: { ...question.destination.inputs, apiKey: undefined } })
    const refused = await post('destination-form', {
      name: 'a.json',
      text: JSON.stringify({ ...config, trackedEvents: 'order *' }),
    })
    expect(refused).toMatchObject({ status: 400 })
    expect(refused.body).toContain('A destination cannot take these settings. Events to send: ')
  })
})
