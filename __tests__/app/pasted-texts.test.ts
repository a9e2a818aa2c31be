/** Every text that people paste is honoured as meant, or refused with the remedy. */
import type { SettingKey } from '../../src/settings/field'
import { apiKey, eventWith, isWanted, problemsIn, requestFrom, settingsFor, translated } from './setup'
import * as listsAndFilters from './pasted-lists-and-filters'
import * as ofOtherTools from './pasted-from-other-tools'
import * as texts from './pasted-texts'
import type { PastedText } from './pasted-texts'

type Tables = Readonly<Partial<Record<SettingKey, readonly PastedText[]>>>
const tables: readonly Tables[] = [texts, listsAndFilters, ofOtherTools]
const rows = tables
  .flatMap(Object.entries<readonly PastedText[]>)
  .flatMap(([setting, table]) =>
    table.map(([text, refusedOrMeant]) => [setting as SettingKey, text, refusedOrMeant] as const),
  )

const properties = {
  ...{ total: 49.5, plan: 'pro', newsletter: true, 'full name': 'Ada L', items: [{ name: 'Book' }] },
  ...{ 'a, b': 'with a comma', 'the "mail"': 'quoted@example.com' },
}

/** What the setting means, in the form of the object in the row. */
function meaningOf(setting: SettingKey, text: string, asked: object): object {
  const event = eventWith({ ...properties, $set: { email: 'ada@example.com', plan: 'free' } })
  const config = { trackedEvents: '*', contactEvents: '$set', eventProperties: '', [setting]: text }
  const body = (): Record<string, unknown> => requestFrom(event, config).body
  const meanings: Readonly<Partial<Record<SettingKey, () => object>>> = {
    trackedEvents: () =>
      answers(asked, (name) => {
        const translation = translated(eventWith({}, { event: name }), config)
        return translation && 'request' in translation ? translation.request.body.eventName : undefined
      }),
    excludedEmails: () =>
      answers(asked, (address) => 'skipped' in (translated(eventWith({ $set: { email: address } }), config) ?? {})),
    eventFilters: () => ({ holds: isWanted(event, settingsFor(config)) }),
    email: () => ({ email: body().email }),
    userId: () => ({ userId: body().userId }),
    eventProperties: () => body().eventProperties as object,
    contactProperties: () => requestFrom(event, { ...config, trackedEvents: '', contactEvents: '*' }).body,
    eventMailingLists: () => body().mailingLists as object,
  }
  return meanings[setting]?.() ?? { [setting]: settingsFor(config)[setting as 'posthogUrl'] }
}

function answers(asked: object, answer: (name: string) => unknown): object {
  return Object.fromEntries(Object.keys(asked).map((name) => [name, answer(name)]))
}

describe('a text that people paste', () => {
  it.each(rows)('%s: %j: %j', (setting, text, refusedOrMeant) => {
    if (typeof refusedOrMeant === 'object') {
      expect(meaningOf(setting, text, refusedOrMeant)).toEqual(refusedOrMeant)
    } else {
      const message = problemsIn({ [setting]: text })
      expect(message).toContain(refusedOrMeant)
      expect(message).toMatch(/: (write|remove|type|leave) /)
      expect(message).not.toContain(apiKey)
    }
  })

  it('is one of at least 120, each there once', () => {
    process.stderr.write(`Texts that people paste into the settings: ${rows.length}\n`)
    expect(rows.length).toBeGreaterThanOrEqual(120)
    expect(new Set(rows.map(([setting, text]) => `${setting} ${text}`)).size).toBe(rows.length)
  })
})
