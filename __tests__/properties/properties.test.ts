import fc from 'fast-check'
import { composeWebhook } from '../../index'
import { settingFields } from '../../src/settings/field'
import { loopsValue } from '../../src/loops/values'
import { parseSettings } from '../../src/settings/settings'
import { needsPerson } from '../../src/translate/needs-person'
import { heldBackReason, unmetReasonWithValues } from '../../src/translate/skip-reasons'
import { translate } from '../../src/translate/translate'
import type { CapturedEvent } from '../../src/posthog/event'
import type { Config } from '../../src/settings/field'
import type { Settings } from '../../src/settings/settings'
import type { LoopsRequest } from '../../src/loops/request'
import type { Translation } from '../../src/translate/translate'
import { LoopsApi } from '../../tools/simulators/loops/loops-api'
import { eventWith, receivedAt, settingsFor } from '../app/setup'
import { anyText, capturedEvent, frozen, jsonValue } from './events'
import { whoIs } from './identity-oracle'
import { nameCase, nameInLoops } from './names-oracle'
import { always } from './runs'
import { anySettings, meantSettings, misplacedKey } from './settings'
import type { MeantMapping, MeantSettings } from './settings'

type AppMeta = Parameters<typeof composeWebhook>[1]

beforeAll(() => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined)
})

/** `composeWebhook` takes no more of `meta` than this. */
function metaWith(config: Config): AppMeta {
  return { config, global: {} } as AppMeta
}

const eventAndSettings = fc.tuple(capturedEvent, meantSettings)

/** The request that the event gives, if any, together with what led to it. */
function requestOf(event: CapturedEvent, { config }: MeantSettings): LoopsRequest | undefined {
  const translation = translate(event, parseSettings(config), receivedAt)
  return translation && 'request' in translation ? translation.request : undefined
}

/** The translation as text. What a filter found may be nested too deeply for JSON, so the reason stands for it. */
function bytesOf(translation: Translation, settings: Settings): string {
  if (translation === undefined) return ''
  if ('unmet' in translation) return unmetReasonWithValues(translation.unmet, settings)
  const { heldBack, ...result } = translation
  return JSON.stringify(result) + (heldBack === undefined ? '' : heldBackReason(heldBack, settings))
}

describe('any settings', () => {
  const labels = Object.values(settingFields).map(({ label }) => label)

  always('are taken, or refused in one line that names a label and keeps the key', anySettings, (config) => {
    const message = refusalOf(frozen(config))
    if (message === undefined) return
    expect(message.startsWith('Loops settings: ')).toBe(true)
    expect([...labels, 'Both event lists are empty'].some((label) => message.includes(`${label}: `))).toBe(true)
    expect(message).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
    expect(piecesOf(config.apiKey.trim()).filter((piece) => message.includes(piece))).toEqual([])
  })

  always('never show what looks like a key of Loops, though the key is missing', misplacedKey, ({ key, config }) => {
    const message = refusalOf(frozen(config)) ?? ''
    expect(message).toMatch(/^Loops settings: /)
    expect(piecesOf(key).filter((piece) => message.includes(piece))).toEqual([])
  })

  always('are taken where they are written as documented', meantSettings, ({ config }) => {
    expect(refusalOf(config)).toBeUndefined()
  })

  always('are refused with a key that no HTTP header takes', fc.tuple(anyText, anyText), (parts) => {
    const apiKey = parts.join('\u0000')
    const message = refusalOf({ apiKey: `key-of-the-team${apiKey}key-of-the-team` })
    expect(message?.startsWith(`Loops settings: ${settingFields.apiKey.label}: `)).toBe(true)
    expect(message).not.toContain('key-of-the-team')
  })

  /** The message with which the settings are refused; whatever is no message is thrown on. */
  function refusalOf(config: Config): string | undefined {
    try {
      parseSettings(config)
      return undefined
    } catch (error) {
      if (error instanceof Error && error.name === 'Error') return error.message
      throw error
    }
  }

  /** What would betray the key: 16 characters of it in a row, however they are quoted. */
  function piecesOf(key: string): string[] {
    const starts = Array.from({ length: key.length - 15 }, (_, start) => key.slice(start, start + 16))
    return starts.flatMap((piece) => [piece, JSON.stringify(piece).slice(1, -1)])
  }
})

describe('any event', () => {
  always('gives the same bytes each time, and is not changed', eventAndSettings, ([event, { config }]) => {
    const settings = parseSettings(frozen(config))
    const first = bytesOf(translate(frozen(event), settings, receivedAt), settings)
    expect(bytesOf(translate(event, settings, receivedAt), settings)).toBe(first)
    expect(bytesOf(translate(event, parseSettings(config), receivedAt), settings)).toBe(first)
    expect(typeof needsPerson(event, settings, receivedAt)).toBe('boolean')
  })

  always('becomes what translate says when it is a webhook, at once', eventAndSettings, ([event, meant]) => {
    const webhook = composeWebhook(frozen(event), metaWith(frozen(meant.config)))
    const request = requestOf(event, meant)
    const { apiKey } = meant.config
    const key = request?.idempotencyKey
    const headers = { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' }
    expect(webhook).toEqual(
      request === undefined
        ? null
        : {
            url: `https://app.loops.so/api${request.path}`,
            method: request.method,
            headers: { ...headers, ...(key !== undefined && { 'Idempotency-Key': key }) },
            body: JSON.stringify(request.body),
          },
    )
    expect(Object.values(webhook?.headers ?? {}).join('')).toMatch(/^[\x20-\x7e]*$/)
  })

  always('gives nothing that Loops refuses', eventAndSettings, ([event, meant]) => {
    const webhook = composeWebhook(event, metaWith(meant.config))
    if (webhook === null) return
    const loops = loopsOf(meant.config.apiKey)
    const { email, userId } = JSON.parse(webhook.body) as Record<string, unknown>
    if (email === undefined) loops({ email: 'known@example.com', userId })
    expect(loops(webhook.body, webhook)).toEqual([200, expect.stringContaining('"success":true')])
  })

  /** A Loops of its own. What depends on the account alone is no reason to refuse. */
  function loopsOf(apiKey: string) {
    const api = new LoopsApi({
      apiKey,
      requestsPerSecond: 10,
      strictness: { unknownMailingList: 'ignore', typeMismatch: 'drop' },
    })
    return (body: unknown, { method = 'PUT', url = '/v1/contacts/update', headers = {} } = {}): [number, string] => {
      const response = api.handle({
        method,
        path: url.replace('https://app.loops.so', ''),
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      return [response.status, response.body]
    }
  }
})

describe('any request', () => {
  always('has no name or value that is reserved, too long, or null unasked', eventAndSettings, ([event, meant]) => {
    const request = requestOf(event, meant)
    if (request === undefined) return
    const { body } = request
    const json = JSON.stringify(body)
    expect(JSON.stringify(JSON.parse(json))).toBe(json)
    const { eventName, eventProperties, mailingLists, email, userId, ...contact } = body
    expect(Object.keys(contact).filter((name) => reserved.includes(name))).toEqual([])
    expect(tooLong([body, eventProperties, mailingLists])).toEqual([])
    expect(Object.values(eventProperties ?? {}).filter((value) => typeof value === 'object')).toEqual([])
    expect(Object.values(mailingLists ?? {}).filter((value) => typeof value !== 'boolean')).toEqual([])
    const nulls = Object.keys(contact).filter((name) => typeof contact[name] === 'object')
    expect(nulls.filter((name) => contact[name] !== null || !isUnset(name, event, meant))).toEqual([])
  })

  always('has the name of an event if it is one, and no colon in it', eventAndSettings, ([event, meant]) => {
    const request = requestOf(event, meant)
    if (request === undefined) return
    const { eventName, eventProperties } = request.body
    const isEvent = request.path === '/v1/events/send'
    expect(request.method).toBe(isEvent ? 'POST' : 'PUT')
    expect([typeof eventName, typeof eventProperties]).toEqual(
      isEvent ? ['string', 'object'] : ['undefined', 'undefined'],
    )
    expect(String(eventName)).toMatch(/^[^:]+$/)
  })

  always('has $ names and `subscribed` only where a mapping gives them', eventAndSettings, ([event, meant]) => {
    const { eventProperties, ...contact } = requestOf(event, meant)?.body ?? {}
    expect(unasked(eventProperties ?? {}, meant.eventMapping, (name) => name.startsWith('$'))).toEqual([])
    const isAsked = (name: string): boolean => name.startsWith('$') || name === 'subscribed'
    expect(unasked(contact, meant.contactMapping, isAsked)).toEqual([])
  })

  const reserved = ['id', 'listId', 'softDeleteAt', 'teamId', 'updatedAt', 'optInStatus', '__proto__']

  /** The JSON of each name and each plain value that is longer than Loops allows. */
  function tooLong(objects: readonly unknown[]): string[] {
    const parts = objects.flatMap((one) => Object.entries(one ?? {}).flat() as unknown[])
    const plain = parts.filter((part) => typeof part !== 'object')
    return plain.map((part) => JSON.stringify(part)).filter((json) => json.length > 500)
  }

  function unasked(sent: object, mapping: MeantMapping, isMeant: (name: string) => boolean): string[] {
    return Object.keys(sent).filter((name) => isMeant(name) && mapping.every(([mapped]) => mapped !== name))
  }

  /** Whether the event removes the person property that feeds this one. */
  function isUnset(
    name: string,
    { properties = {} }: CapturedEvent,
    { config, contactMapping }: MeantSettings,
  ): boolean {
    const unset: unknown = properties['$unset']
    const removed = (Array.isArray(unset) ? unset : Object.keys(unset as object)).map((one) =>
      typeof one === 'string' ? one : '',
    )
    const [, value] = contactMapping.find(([mapped]) => mapped === name) ?? []
    const [part] = typeof value === 'object' ? value : []
    const isIncluded = config.includeAllPersonProperties === 'Yes' && removed.some((one) => one.trim() === name)
    return isIncluded || (part !== undefined && 'personProperty' in part && removed.includes(part.personProperty))
  }
})

describe('identity', () => {
  const everyEvent = { trackedEvents: '*', contactEvents: '', eventFilters: '' }

  always('is what the specification says', eventAndSettings, ([event, meant]) => {
    if (event.event === '') return
    const translation = translate(event, parseSettings({ ...meant.config, ...everyEvent }), receivedAt)
    expect(translation).toBeDefined()
    expect(translation && 'request' in translation ? identityIn(translation.request) : skippedAs(translation)).toEqual(
      whoIs(event, meant),
    )
  })

  function identityIn({ body, emailIfUnknown }: LoopsRequest): unknown {
    const { email, userId } = body
    return {
      ...(email !== undefined && { email }),
      ...(userId !== undefined && { userId }),
      ...(emailIfUnknown !== undefined && { emailIfUnknown }),
    }
  }

  function skippedAs(translation: Translation): unknown {
    if (translation === undefined || !('skipped' in translation)) return translation
    return translation.skipped
      .replace(/^.*exclude.*$/, 'left out')
      .replace(/^.*neither.*$/, 'nobody')
      .replace(/^its only email is its distinct_id.*$/, 'nobody but by a distinct_id')
  }
})

describe('event names', () => {
  always('match as a regular expression would', nameCase, (one) => {
    const config = { trackedEvents: one.text, contactEvents: '' }
    const translation = translate(eventWith({}, { event: one.event }), settingsFor(config), receivedAt)
    const sent = translation && 'request' in translation ? translation.request.body.eventName : undefined
    expect(sent).toBe(nameInLoops(one))
  })
})

describe('loopsValue', () => {
  const value = fc.oneof(
    { weight: 9, arbitrary: jsonValue },
    { weight: 1, arbitrary: fc.date({ noInvalidDate: false }) },
  )

  always('fits, and stays what it is when it is made to fit again', value, (one) => {
    const fitting = loopsValue(one)
    if (fitting === undefined) return
    expect(JSON.stringify(fitting).length).toBeLessThanOrEqual(500)
    expect(loopsValue(fitting)).toBe(fitting)
    if (typeof one === 'number' || typeof one === 'boolean') expect(fitting).toBe(one)
  })

  always('cuts text behind as many whole characters as fit', jsonValue, (one) => {
    if (typeof one !== 'string' || ['', 'undefined', 'null', '[object Object]'].includes(one)) return
    const fitting = String(loopsValue(one))
    expect(one.startsWith(fitting)).toBe(true)
    const [next = ''] = one.slice(fitting.length, fitting.length + 2)
    expect(next === '' || JSON.stringify(fitting + next).length > 500).toBe(true)
    expect(
      /[\ud800-\udbff]$/.test(fitting) && /^[\udc00-\udfff]/.test(one.slice(fitting.length, fitting.length + 1)),
    ).toBe(false)
  })

  always('reaches Loops as it is', value, (one) => {
    const config = { trackedEvents: '*', eventProperties: 'value: {event.properties.value}' }
    const translation = translate(eventWith({ value: one }), settingsFor(config), receivedAt)
    const request = translation && 'request' in translation ? translation.request : undefined
    const fitting = loopsValue(one)
    expect(request?.body.eventProperties).toEqual(fitting === undefined ? {} : { value: fitting })
  })
})
