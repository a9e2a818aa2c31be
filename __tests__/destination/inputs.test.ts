import { apiKey, eventWith } from '../app/setup'
import { globalsOf, loadDestination } from './setup'
import type { FirstStep, LoadedDestination, Values } from './setup'
import { vms } from './vms'

let destination: LoadedDestination

beforeAll(async () => {
  destination = await loadDestination()
})

const event = eventWith({ total: 5, $set: { email: 'ada@example.com' } })
const right = { action: 'both', email: '{person.properties.email}', userId: '{event.distinct_id}' }

function step(values: Values): FirstStep {
  return destination.first(globalsOf(event), { ...right, ...values })
}

describe('a wrong input', () => {
  it.each<[Values, string]>([
    [
      { apiKey: '' },
      'Loops API key: it is missing or has special characters inside. Copy it from Loops, Settings -> API.',
    ],
    [{ apiKey: null }, 'Loops API key: it is missing'],
    [{ apiKey: 12345678 }, 'Loops API key: it is missing'],
    [{ apiKey: 'short' }, 'Loops API key: it is missing'],
    [{ apiKey: `${apiKey} ${apiKey}` }, 'Loops API key: it is missing'],
    [{ action: 'send' }, 'Action: "send" must be "event", "contact" or "both".'],
    [{ action: null }, 'Action: a value of type null must be'],
    [{ action: ['event'] }, 'Action: a value of type array must be'],
    [{ action: apiKey }, 'Action: "(API key)" must be'],
    [
      { maxEventAge: 'a day' },
      'Maximum event age (hours): "a day" must be a number: write one like 24, or leave it empty.',
    ],
    [{ maxEventAge: -1 }, 'Maximum event age (hours): "-1" must be a number'],
    [{ maxEventAge: { hours: 24 } }, 'Maximum event age (hours): a value of type object must be a number'],
    [{ excludedEmails: `${'x'.repeat(90)}${apiKey}` }, `Excluded emails: "${'x'.repeat(90)}(API key)" is neither`],
  ])('%j sends nothing and says why', (values, message) => {
    const { request, error } = step(values)
    expect(request).toBeUndefined()
    expect(error?.message.startsWith(message)).toBe(true)
  })

  it.each<[Values, string]>([
    [{ contactProperties: 'plan' }, 'Contact properties: "plan" must be a dictionary: it is left out.'],
    [{ eventProperties: ['plan'] }, 'Event properties: a value of type array must be a dictionary: it is left out.'],
    [{ mailingLists: 5 }, 'Mailing lists: a value of type integer must be a dictionary: it is left out.'],
    [{ eventNames: true }, 'Event names: a value of type boolean must be a dictionary: it is left out.'],
    ...[
      'email',
      'userId',
      'eventName',
      'eventProperties',
      'mailingLists',
      'id',
      'listId',
      'softDeleteAt',
      'teamId',
      'updatedAt',
      'optInStatus',
    ].map((name): [Values, string] => [
      { contactProperties: { [name]: 'x' } },
      `Contact properties: "${name}" has an input of its own or is reserved by Loops: it is left out.`,
    ]),
    [{ contactProperties: { ' ': 'x' } }, 'Contact properties: " " cannot be a name in Loops: it is left out.'],
    [
      { eventProperties: { ['n'.repeat(499)]: 'x' } },
      `Event properties: "${'n'.repeat(100)}" cannot be a name in Loops: it is left out.`,
    ],
    [
      { eventProperties: JSON.parse('{"__proto__": "x"}') as unknown },
      'Event properties: "__proto__" cannot be a name in Loops: it is left out.',
    ],
  ])('%j is left out of the request, and the log says so', (values, sentence) => {
    const { request, sentences, error } = step(values)
    expect(error).toBeUndefined()
    expect(sentences).toEqual([sentence])
    expect(request?.body).toEqual({
      eventName: 'purchase',
      eventProperties: {},
      email: 'ada@example.com',
      userId: 'user_1',
    })
  })

  it('prints no more lines than PostHog collects', () => {
    const rows = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [' '.repeat(index), 'x']))
    const { request, sentences } = step({ contactProperties: rows })
    expect(request).toBeDefined()
    expect(sentences).toHaveLength(25)
    expect(sentences[24]).toContain('exceeded maximum log entries')
  })
})

describe.each(vms)('whatever an input holds, in the VM %s', (_, vm) => {
  const keys = [
    ...['apiKey', 'email', 'userId', 'excludedEmails', 'maxEventAge', 'mailingListsFromEvents', 'action', 'eventNames'],
    ...[
      'eventProperties',
      'includeAllEventProperties',
      'contactProperties',
      'includeAllPersonProperties',
      'mailingLists',
    ],
  ]
  const contents: unknown[] = [
    ...[null, undefined, '', ' ', 'text', 0, 5, -1.5, true, false, [], [null], [['a']], ['a', 5], {}, { a: null }],
    ...[
      { a: { b: [1] } },
      { a: ['x', { y: 1 }] },
      '{event}',
      '{event.properties}',
      '{person.properties.email}',
      '{1 / 0}',
    ],
    ...['{toDateTime(event.timestamp)}', "{toDate('2024-05-01')}", "{toDateTime('x')}", '{now()}', '{event.missing}'],
    ...["{Error('x')}", { __hogDateTime__: true }, { __hogClosure__: true, callable: null, upvalues: [] }],
  ]
  const cases = keys.flatMap((key) => contents.map((content) => [key, content] as const))

  it.each(keys)('%s: the run ends in a request or in a sentence', (key) => {
    for (const [, content] of cases.filter(([one]) => one === key)) {
      const { request, sentences, error } = destination.first(globalsOf(event), { ...right, [key]: content }, vm)
      // An error of the VM has no name of a type in front.
      const isSaid = sentences.length > 0 && (error === undefined || 'payload' in error)
      expect([content, request !== undefined || isSaid, error?.message]).toEqual([content, true, error?.message])
    }
  })

  it.each([{ properties: null }, { properties: 'text' }, { event: null }, { distinct_id: 5 }, { timestamp: 5 }, {}])(
    'an event of %j',
    (changes) => {
      const globals = { event: { ...changes }, person: { properties: null } }
      const values = { ...right, includeAllEventProperties: true, includeAllPersonProperties: true, maxEventAge: 24 }
      const { request, sentences, error } = destination.first(globals, values, vm)
      expect(error).toBeUndefined()
      expect(request !== undefined || sentences.length > 0).toBe(true)
    },
  )
})
