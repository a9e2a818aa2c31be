/** What people set this project up for first: settings, events as the SDKs send them, and the requests that come of them. */
import type { AppConfig } from '../lib/shapes'
import { ingest } from '../simulators/posthog/events'
import type { RawEvent } from '../simulators/posthog/events'
import type { RecipeStart } from './contract'

export interface Recipe {
  readonly id: string
  readonly name: string
  /** What the recipe does, in one sentence. */
  readonly sentence: string
  /** The settings of the app that differ from the defaults, without the key. */
  readonly settings: Readonly<AppConfig>
  readonly steps: readonly RecipeStep[]
}

/** An event, and what comes of it in both editions. */
export interface RecipeStep {
  /** Without uuid and time: it happens whenever the recipe is tried. */
  readonly event: RawEvent
  /** The app's request; left out if the event is not sent. */
  readonly request?: RecipeRequest
  /** The destination's request where it differs, since PostHog gives a destination the stored person. */
  readonly requestToday?: RecipeRequest
}

export interface RecipeRequest {
  readonly method: 'POST' | 'PUT'
  readonly path: '/v1/events/send' | '/v1/contacts/update'
  readonly body: Readonly<Record<string, unknown>>
}

const ADA = 'user_1042'
const NEWSLETTER = 'cm06f5v0e45nf0ml5754o9cix'

/** What posthog-js adds to the events of a person whom it has identified. */
const BROWSER = { $lib: 'web', $is_identified: true, $device_id: '0190c8f2-2b7c-7d0e-9f53-5a2f8e1c4b6d' }
const BACK_END = { $lib: 'posthog-node' }

function inBrowser(event: string, properties: Readonly<Record<string, unknown>>): RawEvent {
  return { event, distinct_id: ADA, properties: { ...BROWSER, ...properties } }
}

function onBackEnd(event: string, properties: Readonly<Record<string, unknown>>): RawEvent {
  return { event, distinct_id: ADA, properties: { ...BACK_END, ...properties } }
}

function update(body: Readonly<Record<string, unknown>>): RecipeRequest {
  return { method: 'PUT', path: '/v1/contacts/update', body: { ...body, userId: ADA } }
}

function send(body: Readonly<Record<string, unknown>>): RecipeRequest {
  return { method: 'POST', path: '/v1/events/send', body: { ...body, userId: ADA } }
}

const email = 'ada@example.com'

export const recipes: readonly Recipe[] = [
  {
    id: 'welcome',
    name: 'A welcome email after sign-up',
    sentence:
      'The event "user signed up" creates the contact and starts the workflow that welcomes it, in one request.',
    settings: {
      trackedEvents: 'user signed up',
      eventProperties: 'method: {event.properties.method}',
      contactEvents: 'user signed up',
      contactProperties: 'firstName: {person.properties.firstname}',
    },
    steps: [
      {
        event: inBrowser('user signed up', { method: 'google', $set: { email, firstname: 'Ada' } }),
        request: send({ firstName: 'Ada', eventName: 'user signed up', eventProperties: { method: 'google' }, email }),
      },
    ],
  },
  {
    id: 'plan',
    name: 'The plan kept in sync',
    sentence: 'Whenever the plan of a person changes, in the browser or on the back end, so does the contact in Loops.',
    settings: {
      trackedEvents: '',
      contactEvents: '$identify, $set, subscription changed',
      contactProperties: 'plan: {person.properties.plan}',
    },
    steps: [
      {
        event: inBrowser('$identify', { $set: { email, plan: 'free' } }),
        request: update({ plan: 'free', email }),
      },
      {
        event: inBrowser('$set', { $set: { plan: 'pro' } }),
        request: update({ plan: 'pro' }),
        requestToday: update({ plan: 'pro', email }),
      },
      {
        event: onBackEnd('subscription changed', { $set: { email, plan: 'team' } }),
        request: update({ plan: 'team', email }),
      },
    ],
  },
  {
    id: 'newsletter',
    name: 'A newsletter list by consent',
    sentence: 'The person property "newsletter" puts a contact on the mailing list, or takes it off.',
    settings: {
      trackedEvents: '',
      contactEvents: '$identify, $set',
      contactProperties: '',
      contactMailingLists: `${NEWSLETTER}: {person.properties.newsletter}`,
    },
    steps: [
      {
        event: inBrowser('$identify', { $set: { email, newsletter: true } }),
        request: update({ mailingLists: { [NEWSLETTER]: true }, email }),
      },
      {
        event: inBrowser('$set', { $set: { email, newsletter: false } }),
        request: update({ mailingLists: { [NEWSLETTER]: false }, email }),
      },
    ],
  },
  {
    id: 'purchase',
    name: 'A purchase with its properties',
    sentence: 'A purchase of more than 0 is sent with its total, currency and product, for a thank-you email.',
    settings: {
      trackedEvents: 'purchase',
      eventProperties:
        'total: {event.properties.total}, currency: {event.properties.currency}, product: {event.properties.product.name}',
      eventFilters: 'total > 0',
      contactEvents: '',
    },
    steps: [
      {
        event: onBackEnd('purchase', {
          total: 49.5,
          currency: 'EUR',
          product: { name: 'Desk lamp', sku: 'L-12' },
          $set: { email },
        }),
        request: send({
          eventName: 'purchase',
          eventProperties: { total: 49.5, currency: 'EUR', product: 'Desk lamp' },
          email,
        }),
      },
      {
        event: onBackEnd('purchase', { total: 0, currency: 'EUR', product: { name: 'Voucher' }, $set: { email } }),
      },
    ],
  },
  {
    id: 'back-end-address',
    name: 'When only your back end knows the email',
    sentence:
      'The back end identifies the person with the email; events of the browser then find the contact by its user ID.',
    settings: {
      trackedEvents: 'report exported',
      eventProperties: 'format: {event.properties.format}',
      contactEvents: '$identify',
      contactProperties: '',
    },
    steps: [
      { event: onBackEnd('$identify', { $set: { email } }), request: update({ email }) },
      {
        event: inBrowser('report exported', { format: 'pdf' }),
        request: send({ eventName: 'report exported', eventProperties: { format: 'pdf' } }),
        requestToday: send({ eventName: 'report exported', eventProperties: { format: 'pdf' }, email }),
      },
    ],
  },
]

/** The recipes with their events, which happen now, a second apart. */
export function recipesNow(): RecipeStart[] {
  return recipes.map(({ id, name, sentence, settings, steps }) => ({
    id,
    name,
    sentence,
    settings,
    events: steps.map(({ event }, place) => ingest(event, { now: Date.now() - (steps.length - place) * 1000 })),
  }))
}
