/** What is wrong with the shape of a configuration is said with the part that is wrong. */
import built from '../../dist/destination.json'
import { bodyOf, given, plan, purchase, send } from './configurations'

describe('readConfiguration', () => {
  it.each<[content: unknown, sentence: string]>([
    [[], 'FILE contains no settings: write a JSON object like {"trackedEvents": "purchase"}.'],
    [{ trackedEvent: 'a' }, 'FILE has an unknown setting "trackedEvent": did you mean "trackedEvents"?'],
    [{ TrackedEvents: 'a' }, 'FILE has an unknown setting "TrackedEvents": did you mean "trackedEvents"?'],
    [{ contactProps: 'a' }, 'FILE has an unknown setting "contactProps": did you mean "contactProperties"?'],
    [{ input: {} }, 'FILE has an unknown setting "input": did you mean "inputs"?'],
    [{ events: 'a' }, expect.stringMatching(/^FILE has an unknown setting "events": use apiKey, email, /) as string],
    [{ inputs: {}, trackedEvents: 'a' }, 'FILE has an unknown key "trackedEvents": use inputs, mappings.'],
    [{ inputs: {}, mapping: [] }, 'FILE has an unknown key "mapping": did you mean "mappings"?'],
    [{ inputs: { userid: 'a' } }, 'FILE has an unknown input "userid": did you mean "userId"?'],
    [
      { inputs: {}, mappings: [{ name: 'Send events', event: ['a'] }] },
      'FILE: the mapping "Send events" has an unknown key "event": did you mean "events"?',
    ],
    [
      { inputs: {}, mappings: [{ name: 'Send events', input: {} }] },
      'FILE: the mapping "Send events" has an unknown key "input": did you mean "inputs"?',
    ],
    [
      { inputs: {}, mappings: [{ events: ['a'], inputs: { action: 'event', eventProps: {} } }] },
      'FILE: mapping 1 has an unknown input "eventProps": did you mean "eventProperties"?',
    ],
    [
      { inputs: {}, mappings: [{ name: 'Send events', inputs: { plan: 'pro' } }] },
      expect.stringMatching(
        /^FILE: the mapping "Send events" has an unknown input "plan": use action, .*, includeAllEventProperties\.$/,
      ) as string,
    ],
    [
      { id: 'a', hog: 'x', filters: {}, type: 'destination' },
      "FILE has no inputs, which a list of PostHog lacks: use PostHog's answer of hog_functions/a/.",
    ],
    [
      { count: 1, results: [{ id: 'a', hog: 'x' }] },
      "FILE has no inputs, which a list of PostHog lacks: use PostHog's answer of hog_functions/ID/.",
    ],
    [{ ...built, input: {} }, 'FILE has an unknown key "input": did you mean "inputs"?'],
    [{ ...built, made: 1 }, expect.stringMatching(/^FILE has an unknown key "made": use type, name, /) as string],
    [
      { ...built, inputs: { ...built.inputs, userid: { value: 'a' } } },
      'FILE has an unknown input "userid": did you mean "userId"?',
    ],
    [
      { ...built, inputs: { email: { valeu: 'a' } } },
      'FILE has an invalid input "email": write its value as {"value": …}.',
    ],
    [
      { ...built, inputs: { email: { value: 'a', templatin: 'liquid' } } },
      'FILE: the input "email" has an unknown key "templatin": did you mean "templating"?',
    ],
    [
      { ...built, mappings: [{ ...send, inputs: { action: { value: 'event', valeu: 1 } } }] },
      'FILE: the input "action" of the mapping "Send events" has an unknown key "valeu": did you mean "value"?',
    ],
    [
      { ...built, mappings: [{ ...send, event: ['a'] }] },
      'FILE: the mapping "Send events" has an unknown key "event": use name, inputs_schema, inputs, filters.',
    ],
    [
      { ...built, mappings: [{ ...send, inputs: { action: { value: 'event' }, eventProps: { value: {} } } }] },
      'FILE: the mapping "Send events" has an unknown input "eventProps": did you mean "eventProperties"?',
    ],
    [
      { ...built, mappings: [{ ...send, filters: { source: 'events', event: purchase } }] },
      'FILE: the filters of the mapping "Send events" have an unknown key "event": did you mean "events"?',
    ],
    [
      { ...given, mappings: [{ ...given.mappings[1], filters: { source: 'events', event: purchase } }] },
      'FILE: the filters of the mapping "Send events" have an unknown key "event": did you mean "events"?',
    ],
    [{ trackedEvents: 5 }, 'FILE has "trackedEvents", whose value must be text: write "5".'],
    [{ maxEventAge: 24 }, 'FILE has "maxEventAge", whose value must be text: write "24".'],
    [{ dryRun: true }, 'FILE has "dryRun", whose value must be text: write "No" or "Yes".'],
    [{ delivery: null }, 'FILE has "delivery", whose value must be text: write "direct" or "webhook".'],
    [{ apiKey: 123456789 }, 'FILE has "apiKey", whose value must be text: put it in quotes.'],
    [
      { trackedEvents: ['user signed up', 'b'] },
      'FILE has "trackedEvents", whose value must be text: write "user signed up, b".',
    ],
    [{ trackedEvents: ['a, b'] }, 'FILE has "trackedEvents", whose value must be text: write "[\\"a, b\\"]".'],
    [{ trackedEvents: { a: 'b' } }, 'FILE has "trackedEvents", whose value must be text: write "{\\"a\\":\\"b\\"}".'],
    [
      { contactProperties: { plan: '{person.properties.plan}', n: 5 } },
      'FILE has "contactProperties", whose value must be text: write "{\\"plan\\":\\"{person.properties.plan}\\",\\"n\\":5}".',
    ],
    [
      { eventFilters: [{ key: 'plan', value: 'pro' }] },
      'FILE has "eventFilters", whose value must be text: write "[{\\"key\\":\\"plan\\",\\"value\\":\\"pro\\"}]".',
    ],
    [{ type: 'destination', inputs: [] }, expect.stringMatching(/^FILE has invalid "inputs"/) as string],
    [
      { ...built, inputs: { userId: '{person.id}' } },
      'FILE has an invalid input "userId": write its value as {"value": …}.',
    ],
    [
      { ...built, mappings: [{ ...send, inputs: { action: { value: 'event' }, eventProperties: { plan: 'pro' } } }] },
      'FILE: the mapping "Send events" has an invalid input "eventProperties": write its value as {"value": …}.',
    ],
    [
      { ...built, mappings: [{ ...send, inputs: [] }] },
      'FILE: the mapping "Send events" has invalid "inputs": write {"email": {"value": "{person.properties.email}"}}.',
    ],
    [
      { type: 'destination', inputs: {}, mappings: {} },
      expect.stringMatching(/^FILE has invalid "mappings"/) as string,
    ],
    [
      { hog: "fetch('https://app.loops.so')", inputs: {}, mappings: null },
      'FILE contains another hog function: the destination of this project has "mappings".',
    ],
    [{ ...given, filters: [] }, 'FILE has invalid "filters": write them as in dist/destination.json.'],
    [{ inputs: [] }, 'This is not a destination: "inputs" must be an object like {"userId": "{event.distinct_id}"}.'],
    [
      { inputs: {}, mappings: {} },
      'This is not a destination: "mappings" must be a list like [{"name": "Send events"}].',
    ],
    [
      { inputs: {}, mappings: [5] },
      'This is not a destination: mapping 1 must be an object like {"name": "Send events"}.',
    ],
    [
      { mappings: [{ name: 'Update contacts' }, { name: 'Send events', events: 'purchase' }] },
      'This is not a destination: mapping 2: "events" must be a list like ["purchase"].',
    ],
    [
      { mappings: [{ name: 'Send events', events: [5] }] },
      'This is not a destination: mapping 1: "events" must be a list like ["purchase"].',
    ],
    [{ mappings: [{ name: 5 }] }, 'This is not a destination: mapping 1: "name" must be a text like "Send events".'],
    [
      { mappings: [{ name: 'Send events', filters: 'plan = pro' }] },
      'This is not a destination: mapping 1: "filters" must be a list like [{"key": "plan", "type": "event", "operator": "exact", "value": "pro"}].',
    ],
    [
      { mappings: [{ name: 'Send events', inputs: [] }] },
      'This is not a destination: mapping 1: "inputs" must be an object like {"action": "event"}.',
    ],
    [
      { ...built, mappings: [{ ...send, filters: { source: 'events', events: ['purchase'] } }] },
      'FILE: the filters of the mapping "Send events" have invalid "events": write [{"id": "purchase", "name": "purchase", "type": "events", "order": 0}].',
    ],
    [
      { ...built, mappings: [{ ...send, filters: { source: 'events', events: purchase, properties: 'plan' } }] },
      'FILE: the filters of the mapping "Send events" have invalid "properties": write [{"key": "plan", "type": "event", "operator": "exact", "value": "pro"}].',
    ],
    [
      { inputs: {}, mappings: [{ name: 'Send events', events: [] }] },
      expect.stringMatching(/^No mapping has an event/) as string,
    ],
    [
      { inputs: {}, mappings: [{ name: 'Plans', events: ['a'], inputs: { contactProperties: plan, action: '' } }] },
      '"Plans" has no action: write "action": "contact", "event" or "both" in its inputs.',
    ],
    [
      { inputs: {}, mappings: [{ name: 'Send events' }, { events: ['purchase'] }] },
      'Mapping 2 has no action: write "action": "contact", "event" or "both" in its inputs.',
    ],
    [
      { ...given, mappings: [{ ...send, name: 'Plans', inputs: { contactProperties: { value: plan } } }] },
      '"Plans" has no action: write "action": {"value": "contact"}, "event" or "both", in its inputs.',
    ],
  ])('refuses %j', async (content, sentence) => {
    expect(await bodyOf(content)).toEqual([sentence])
  })
})
