/** The first lines of a replay: which edition runs, and with which events and settings. */
import { relative } from 'node:path'
import type { DestinationBody, DestinationMapping } from '../../destination/from-settings/body'
import { builtDestination } from '../../destination/from-settings/body'
import type { InputSchema, Inputs } from '../../destination/from-settings/types'
import { settingFields } from '../lib/app-files'
import type { AppConfig } from '../lib/shapes'
import { recordedEventsPath } from '../simulators/posthog/recorded-events'
import { commandFor } from './options'
import type { ReplayOptions } from './options'
import { plain } from './report'

/** The settings as their file has them: the app's, or those of the destination. */
export type GivenSettings = { readonly app: AppConfig } | { readonly destination: DestinationBody }

/** @param notes what the reader should know about the settings. */
export function heading(
  options: ReplayOptions,
  target: string,
  given: GivenSettings,
  notes: readonly string[],
): string {
  const { server, events, config } = options
  const name = server === 'today' ? 'today (destination)' : `${server.name} (app)`
  return [
    `PostHog ${name} -> ${target}`,
    ...editionLines(options, given),
    `Events: ${events ?? `${shownPath(recordedEventsPath)}, dated as of today`}`,
    `Settings: ${config === undefined ? 'the defaults' : shownPath(config)}`,
    ...settingLines(given).map((line) => `  ${plain(line)}`),
    ...notes,
    '',
    '',
  ].join('\n')
}

/** Who the edition is for, and the command that runs the other one. */
function editionLines(options: ReplayOptions, given: GivenSettings): string[] {
  if (options.server !== 'today') {
    const app = 'The app is for self-hosted servers built until 2025-07-24.'
    return [
      `${app} For PostHog Cloud and newer servers, run the destination:`,
      `  ${plain(commandFor('today', options))}`,
    ]
  }
  const destination = 'The destination is for PostHog Cloud and self-hosted servers built since mid-September 2025.'
  // The app does not know the inputs of the destination.
  if ('destination' in given && given.destination !== builtDestination) return [destination]
  return [`${destination} For older servers, run the app:`, `  ${plain(commandFor('app', options))}`]
}

function shownPath(path: string): string {
  const short = relative('', path)
  return plain(short.startsWith('..') ? path : short)
}

/** A line for each setting that differs from its default; none with an API key. */
function settingLines(given: GivenSettings): string[] {
  if ('destination' in given) return linesOfDestination(given.destination)
  const { app } = given
  return settingFields().flatMap(({ key, default: fallback }) => {
    const value = app[key]
    return key === 'apiKey' || value === undefined || value === fallback
      ? []
      : [`${key}: ${shownValue(value, app['apiKey'])}`]
  })
}

function linesOfDestination({ inputs, inputs_schema: schemas, filters, mappings }: DestinationBody): string[] {
  const names = mappings.map(({ name }) => name)
  const all = builtDestination.mappings.map(({ name }) => name)
  return [
    ...inputLines(inputs, schemas),
    ...filterLines(filters.properties),
    ...(all.every((name) => names.includes(name)) ? [] : [`mappings: ${names.join(', ')}`]),
    ...mappings.flatMap((mapping) => linesOfMapping(mapping).map((line) => `${mapping.name}, ${line}`)),
  ]
}

function linesOfMapping({ name, inputs, inputs_schema: schemas, filters }: DestinationMapping): string[] {
  const usual = builtDestination.mappings.find((mapping) => mapping.name === name)
  const events = namesOf(filters.events)
  return [
    ...(events === namesOf(usual?.filters.events ?? []) ? [] : [`events: ${shownValue(events)}`]),
    ...filterLines(filters.properties),
    ...inputLines(inputs, schemas),
  ]
}

function namesOf(events: DestinationMapping['filters']['events']): string {
  return events.map(({ id }) => id ?? 'every event').join(', ') || 'every event'
}

function filterLines(properties: readonly unknown[] = []): string[] {
  return properties.length === 0 ? [] : [`filters: ${shownValue(properties)}`]
}

function inputLines(inputs: Inputs, schemas: readonly InputSchema[]): string[] {
  return Object.entries(inputs).flatMap(([key, { value }]) => {
    const { default: fallback, hidden, secret } = schemas.find((schema) => schema.key === key) ?? {}
    const isShown = secret !== true && hidden !== true && JSON.stringify(value) !== JSON.stringify(fallback)
    return isShown ? [`${key}: ${shownValue(value)}`] : []
  })
}

/** What a key of Loops or PostHog looks like. */
const KEYS = /[0-9a-f]{32,}|\bph[cxs]_\w+/gi

const LONGEST_VALUE = 200

function shownValue(value: unknown, apiKey = ''): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const masked = (apiKey.length < 8 ? text : text.replaceAll(apiKey, '[API key]')).replace(KEYS, '[API key]')
  if (masked === '') return '(empty)'
  return masked.length > LONGEST_VALUE ? `${masked.slice(0, LONGEST_VALUE)}…` : masked
}
