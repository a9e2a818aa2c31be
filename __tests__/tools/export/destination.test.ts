/** `npm run export-contacts` with the settings of a destination, in each form in which people have them. */
import built from '../../../dist/destination.json'
import { formOfApp } from '../../../destination/from-settings/form'
import { destinationFromSettings } from '../../../destination/from-settings/from-settings'
import { exported, person, startPostHog } from './setup'

const settings = {
  email: '{person.properties.work.email}, {person.properties.email}',
  userId: 'acc-{person.properties.uid}',
  excludedEmails: 'example.net',
  contactProperties: '{"plan": "{person.properties.plan}", "source": "posthog", "seats": 5}',
  contactFilters: 'person.plan is set',
}
const persons = [
  person({ email: 'ada@example.com', uid: 7, plan: 'pro' }),
  person({ 'work.email': 'grace@example.com', email: 'old@example.com', uid: 8, plan: 'free' }),
  person({ email: 'eve@example.net', plan: 'pro' }),
  person({ email: 'alan@example.com' }),
]
const contacts = [
  { Email: 'ada@example.com', 'User ID': 'acc-7', plan: 'pro', Source: 'posthog', seats: '5' },
  { Email: 'grace@example.com', 'User ID': 'acc-8', plan: 'free', Source: 'posthog', seats: '5' },
]
const { body } = destinationFromSettings(settings)
const update = built.mappings[0]

function updating(contactProperties: object, changes: object = {}) {
  return { ...update, inputs: { ...update?.inputs, contactProperties: { value: contactProperties } }, ...changes }
}

describe('npm run export-contacts with a destination', () => {
  it.each<[string, object | undefined]>([
    ['the settings of the app', settings],
    ['the playground’s file', formOfApp(settings)],
    ['dist/destination.json', body],
    [
      'a hog function of PostHog',
      { ...body, id: 'x', enabled: true, inputs: { ...body?.inputs, apiKey: { secret: true } } },
    ],
  ])('reads %s', async (_, config = {}) => {
    const { url } = await startPostHog(persons)
    const result = await exported(url, { config })
    expect([result.told, result.contacts]).toEqual(['', contacts])
  })

  it('joins the mappings that update contacts, and says which property is computed', async () => {
    const { url } = await startPostHog([person({ email: 'ada@example.com', plan: 'pro', first: 'Ada' })])
    const config = {
      type: 'destination',
      mappings: [
        updating({ plan: '{person.properties.plan}', name: '{upper(person.properties.first)}' }),
        updating({ first: '{person.properties.first}' }, { name: 'More' }),
      ],
    }
    const { told, contacts: found } = await exported(url, { config })
    expect(told).toContain(
      'Contact properties: "name" is computed, and the export reads properties only: it has no column.\n',
    )
    expect(found).toMatchObject([{ Email: 'ada@example.com', plan: 'pro', first: 'Ada' }])
  })

  it.each<[string, object, string]>([
    [
      'an email that is computed',
      { type: 'destination', inputs: { email: { value: '{lower(person.properties.email)}' } } },
      'the destination computes it, and the export reads properties only: write {person.properties.NAME}, or several properties in {[...]}.\n',
    ],
    [
      'mappings with different filters',
      {
        type: 'destination',
        mappings: [
          updating({}),
          updating(
            {},
            {
              name: 'More',
              filters: { ...update?.filters, properties: [{ key: 'plan', type: 'person', operator: 'is_set' }] },
            },
          ),
        ],
      },
      'The mappings "Update contacts", "More" update contacts with different filters: leave one of them in the file.\n',
    ],
    [
      'what the page refuses',
      { inputs: { userId: 'event.distinct_id' }, mappings: [{ name: 'Send events', events: ['purchase'] }] },
      'User ID: "event.distinct_id" has a property outside braces: write {event.distinct_id}.\n',
    ],
  ])('refuses %s', async (_, config, sentence) => {
    const { url, asked } = await startPostHog(persons)
    const { exitCode, told } = await exported(url, { config })
    expect([exitCode, told, asked]).toEqual([1, expect.stringContaining(sentence), []])
  })
})
