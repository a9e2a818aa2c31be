/** PostHog's persons, page by page. */
import { UsageError } from '../lib/usage-error'
import { isRecord, ownProperty } from '../../src/json'
import type { Person } from './contact'
import { patiently } from './patience'
import type { Patience } from './patience'
import type { Json, PosthogClient } from '../posthog-api/client'
import { Refusal } from '../posthog-api/refusal'

export interface PersonsSource {
  readonly client: PosthogClient
  /** A project ID or `@current`. */
  readonly project: string
  readonly patience: Patience
}

export interface PersonsPage {
  readonly persons: readonly Person[]
  /** The query of the next page; `undefined` after the last one. */
  readonly next: string | undefined
}

/** PostHog servers of 2021 and 2022 give at most 1,000 persons at once. An hour allows 1,200 requests. */
export const FIRST_PAGE = '?limit=1000'

/**
 * Asks for a page of persons. A page may hold fewer persons than its limit, or none, although there are more: only `next`
 * tells (PostHog/posthog#24787).
 *
 * @param query `FIRST_PAGE`, or `next` of the page before.
 * @throws UsageError if PostHog refuses, or the answer holds no persons or names itself as the next page; `GaveUp`; `Stopped`.
 */
export async function personsPage(source: PersonsSource, query: string): Promise<PersonsPage> {
  const answer = await patiently(() => pageAt(source, query), source.patience)
  const results = ownProperty(answer, 'results')
  const next = ownProperty(answer, 'next')
  if (!Array.isArray(results)) throw new UsageError('PostHog answers without a list of persons.')
  const nextQuery = typeof next === 'string' ? queryOf(next) : undefined
  if (nextQuery === query) throw new UsageError('PostHog returns the same page of persons again and again.')
  return { persons: results.map(personFrom), next: nextQuery }
}

async function pageAt({ client, project }: PersonsSource, query: string): Promise<Json> {
  try {
    return await client.get(`/api/projects/${project}/persons/${query}`)
  } catch (error) {
    throw error instanceof Refusal && error.isNotFound ? await client.noProject(project) : error
  }
}

/**
 * How many persons there are, for the estimate; `undefined` if PostHog does not tell: the key may lack the scope
 * "query:read", and servers before 2023 have no HogQL.
 */
export async function countOfPersons({ client, project }: PersonsSource): Promise<number | undefined> {
  const body = { query: { kind: 'HogQLQuery', query: 'select count() from persons' } }
  const path = `/api/projects/${project}/query/`
  const answer = await client.send({ method: 'POST', path, body }).catch(() => undefined)
  const results = ownProperty(answer, 'results')
  const row: unknown = Array.isArray(results) ? results[0] : undefined
  const count: unknown = Array.isArray(row) ? row[0] : undefined
  return typeof count === 'number' ? count : undefined
}

/** Only the query: behind a proxy, PostHog may give a URL of its own network, and the key goes to no other server. */
function queryOf(address: string): string {
  return new URL(address, 'http://localhost').search
}

function personFrom(result: unknown): Person {
  const id = ownProperty(result, 'uuid') ?? ownProperty(result, 'id')
  const distinctIds = ownProperty(result, 'distinct_ids')
  const properties = ownProperty(result, 'properties')
  const createdAt = Date.parse(String(ownProperty(result, 'created_at')))
  return {
    ...((typeof id === 'string' || typeof id === 'number') && { id: String(id) }),
    createdAt: Number.isNaN(createdAt) ? 0 : createdAt,
    distinctIds: Array.isArray(distinctIds) ? distinctIds.map(String) : [],
    properties: isRecord(properties) ? properties : {},
  }
}
