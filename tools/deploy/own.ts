/** Which destination of a project the command updates, and which it leaves alone. */
import { MARK } from '../../destination/from-settings/mark'
import { UsageError } from '../lib/usage-error'
import type { Json, PosthogClient } from '../posthog-api/client'
import type { Server } from './server'
import { pageOf } from './shown'

export interface OwnDestination extends Json {
  readonly id: string
}

/**
 * The destination with the mark, with its inputs. One whose source no longer sends to Loops no longer belongs to this project.
 *
 * @throws UsageError if there are several.
 */
export async function findOwn(client: PosthogClient, server: Server): Promise<OwnDestination | undefined> {
  const [own, ...others] = server.destinations.filter((one) => isMarked(one) && sendsToLoops(one))
  if (own === undefined) return undefined
  if (others.length > 0) {
    const pages = [own, ...others].map(
      ({ id, enabled }) => `${pageOf(client.address, server.project, id)} (turned ${enabled === true ? 'on' : 'off'})`,
    )
    throw new UsageError(
      `PostHog has several destinations with the mark ${MARK}: ${pages.join(', ')}. Remove it from the description of all but one, or delete the others.`,
    )
  }
  const id = String(own['id'])
  return { ...(await client.get(`/api/projects/${server.project.id}/hog_functions/${id}/`)), id }
}

/** Other destinations that are turned on and send to Loops. */
export function rivalsOf(own: OwnDestination | undefined, { destinations }: Server): string[] {
  return destinations
    .filter((one) => one['id'] !== own?.id && one['enabled'] === true && sendsToLoops(one))
    .map(({ id, name }) => `"${String(name)}" (${String(id)})`)
}

/** A sentence for each destination with the mark whose source no longer belongs to this project. */
export function strangersIn({ destinations }: Server): string[] {
  return destinations
    .filter((one) => isMarked(one) && !sendsToLoops(one))
    .map(
      ({ id, name }) =>
        `The destination "${String(name)}" (${String(id)}) has the mark ${MARK}, but its source does not send to Loops: this command does not touch it.`,
    )
}

function isMarked({ description }: Json): boolean {
  return typeof description === 'string' && description.includes(MARK)
}

function sendsToLoops({ hog }: Json): boolean {
  return String(hog).includes('app.loops.so')
}
